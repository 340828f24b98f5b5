// barid import|export maildir|mbox|eml
#include <array>
#include <memory>

#include "cli/commands.hpp"
#include "cli/transfer.hpp"

namespace cli {
namespace {

struct Format {
    const char* name;
    const char *import_help, *import_path;
    const char *export_help, *export_path;
};
constexpr std::array formats{
    Format{"maildir", "from a Maildir++ folder", "the Maildir++ folder", "to a Maildir++ folder",
           "the Maildir++ folder to make"},
    Format{"mbox", "from one mbox file", "the file",
           "to a directory of mbox files, one for each folder: INBOX.mbox, Work/2026.mbox",
           "the directory to make"},
    Format{"eml", "from .eml files", "a directory of them, or one file",
           "to a directory of .eml files, one for each message, in a directory for each folder",
           "the directory to make"},
};

void add_direction(CLI::App& app, Context& context, bool import) {
    auto* family = app.add_subcommand(import ? "import" : "export",
                                      import ? "bring mail into an account" : "take an account's mail out");
    family->require_subcommand(1);
    for (const Format& format : formats) {
        auto options = std::make_shared<TransferOptions>();
        options->format = format.name;
        auto* command = family->add_subcommand(format.name, import ? format.import_help : format.export_help);
        command->add_option("address", options->address, "the account")->required();
        auto* path =
            command->add_option("path", options->path, import ? format.import_path : format.export_path)
                ->required();
        if (import) path->check(CLI::ExistingPath);
        command->add_option("--folder", options->folder,
                            import ? "put all below this folder" : "only this folder");
        command->add_flag("--quiet", options->quiet, "no progress");
        command->callback([=, &context] {
            auto client = AdminClient::connect(context.socket);
            if (!client) return context.fail(client.error());
            options->json = context.json;
            context.exit_code =
                import ? run_import(std::move(*client), *options) : run_export(std::move(*client), *options);
        });
    }
}

}  // namespace

void add_transfer_commands(CLI::App& app, Context& context) {
    add_direction(app, context, true);
    add_direction(app, context, false);
}

}  // namespace cli

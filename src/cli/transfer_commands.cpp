// barid import|export maildir|mbox|eml
#include <memory>

#include "cli/commands.hpp"
#include "cli/transfer.hpp"

namespace cli {
namespace {

void add_direction(CLI::App& app, Context& context, bool import) {
    auto* family = app.add_subcommand(import ? "import" : "export",
                                      import ? "bring mail into an account" : "take an account's mail out");
    family->require_subcommand(1);
    for (const char* format : {"maildir", "mbox", "eml"}) {
        auto options = std::make_shared<TransferOptions>();
        options->format = format;
        auto* command =
            family->add_subcommand(format, std::string(import ? "from " : "to ") + format + " files");
        command->add_option("address", options->address, "the account")->required();
        auto* path = command->add_option("path", options->path)->required();
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

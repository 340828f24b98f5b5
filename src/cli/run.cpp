#include "cli/run.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {

void Context::fail(const Failure& failure) {
    exit_code = failure.exit_code;
    if (json) {
        fmt::print("{}\n",
                   Json{{"error", failure.message}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
        fmt::print(stderr, "barid: {}\n", failure.message);
    }
}

void Context::call(const std::string& operation, Json arguments,
                   const std::function<void(const Json&)>& show) {
    answer = nullptr;
    auto client = AdminClient::connect(socket);
    if (!client) return fail(client.error());
    auto result = client->call(operation, std::move(arguments));
    if (!result) return fail(result.error());
    if (json) {
        fmt::print("{}\n", result->dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
        show(*result);
    }
    answer = std::move(*result);
}

namespace {

/// The first word that no command has taken; empty: there is none.
std::string unknown_word(const CLI::App& app) {
    const std::vector<std::string> left = app.remaining(true);
    return left.empty() ? std::string() : left.front();
}

}  // namespace

int run(int argc, char** argv, const Programs& programs) {
    CLI::App app("Barid, a mail server: IMAP, POP3, SMTP, LMTP, ActiveSync", "barid");
    app.set_version_flag("--version", std::string("barid ") + base::version);
    app.require_subcommand(1);
    app.fallthrough();
    Context context;
    context.examine = programs.examine;
    const char* from_environment = std::getenv("BARID_SOCKET");
    context.socket =
        from_environment != nullptr && *from_environment != '\0' ? from_environment : "/run/barid/admin.sock";
    app.add_option("--socket", context.socket, "admin socket of the running server (BARID_SOCKET)");
    app.add_flag("--json", context.json, "print JSON");

    ServeOptions serve_options;
    auto* serve = app.add_subcommand("serve", "run the server");
    serve->add_option("-c,--config", serve_options.config, "configuration file")->capture_default_str();
    serve->callback([&] { context.exit_code = programs.serve(serve_options); });

    DevOptions dev_options;
    auto* dev = app.add_subcommand("dev", "run a demo server on 127.0.0.1, with accounts and a certificate");
    dev->add_option("--data", dev_options.data, "keep the data here");
    dev->add_option("--port-base", dev_options.port_base, "IMAP is this + 143, and so on")
        ->capture_default_str()
        ->check(CLI::Range(0, 60000));
    dev->add_flag("--search-index,!--no-search-index", dev_options.search_index,
                  "index texts in the background");
    dev->add_option("--users", dev_options.users, "also make u1…uN@example.test")
        ->check(CLI::Range(0, 100000));
    dev->add_option("--log", dev_options.log_level, "trace, debug, info, warn, error")->capture_default_str();
    dev->add_option("--threads", dev_options.threads, "of the pool; 0: one a core")->capture_default_str();
    dev->callback([&] {
        dev_options.json = context.json;
        context.exit_code = programs.dev(dev_options);
    });

    add_directory_commands(app, context);
    add_server_commands(app, context);
    add_mail_commands(app, context);
    add_domain_commands(app, context);
    add_quarantine_commands(app, context);
    add_report_commands(app, context);
    add_folder_commands(app, context);
    add_share_commands(app, context);
    add_absence_commands(app, context);
    add_device_commands(app, context);
    add_policy_commands(app, context);
    add_transfer_commands(app, context);
    add_config_commands(app, context);

    try {
        app.parse(argc, argv);
    } catch (const CLI::RequiredError& error) {
        // What is missing says little where a word was mistyped: "log tail" lacks a command only because
        // "tail" is none.
        const std::string word = unknown_word(app);
        if (word.empty()) return app.exit(error), 2;
        fmt::print(stderr, "barid: unknown command or option '{}'\nRun with --help for more information.\n",
                   printable(word));
        return 2;
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    return context.exit_code;
}

}  // namespace cli

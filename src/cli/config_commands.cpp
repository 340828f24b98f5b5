// barid config check|show|explain: they read the file itself and need no server.
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "config/config.hpp"

namespace cli {
namespace {

constexpr int found_problems = 3;

void print(Context& context, const config::Text& text, int when_bad) {
    fmt::print("{}{}", text.text, text.text.ends_with('\n') || text.text.empty() ? "" : "\n");
    if (!text.good) context.exit_code = when_bad;
}

}  // namespace

void add_config_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("config", "the configuration file");
    family->require_subcommand(1);
    struct Values {
        std::string file = "/etc/barid/barid.toml", key;
        bool origin = false;
    };
    auto values = std::make_shared<Values>();
    auto* check = family->add_subcommand("check", "find what is wrong in it; exit code 3 when something is");
    check->add_option("-c,--config,file", values->file)->capture_default_str();
    check->callback(
        [=, &context] { print(context, config::check_text(values->file, context.examine), found_problems); });
    auto* show = family->add_subcommand("show", "every setting as it is in force");
    show->add_option("-c,--config,file", values->file)->capture_default_str();
    show->add_flag("--origin", values->origin, "say where each value comes from");
    show->callback(
        [=, &context] { print(context, config::show_text(values->file, values->origin), found_problems); });
    auto* explain =
        family->add_subcommand("explain", "what a setting means: explain imap, explain store.path");
    explain->add_option("key", values->key, "a key or the start of one; all without");
    explain->callback([=, &context] { print(context, config::explain_text(values->key), 1); });
}

}  // namespace cli

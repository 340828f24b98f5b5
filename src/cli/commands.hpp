// The families of subcommands; each adds itself to the command line and runs when CLI11 finds it there.
#pragma once
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/admin_client.hpp"
#include "cli/run.hpp"

namespace cli {

/// What all subcommands share.
struct Context {
    std::string socket;  ///< of the running server
    bool json = false;
    int exit_code = 0;
    Json answer;  ///< of the last call; null: it failed
    config::Examine examine;

    /// Calls one operation and hands its result to `show`, or prints it as JSON; prints what went wrong.
    void call(const std::string& operation, Json arguments, const std::function<void(const Json&)>& show);
    /// Prints the message and notes the exit code.
    void fail(const Failure& failure);
};

void add_absence_commands(CLI::App& app, Context& context);
void add_directory_commands(CLI::App& app, Context& context);
void add_device_commands(CLI::App& app, Context& context);
void add_domain_commands(CLI::App& app, Context& context);
void add_folder_commands(CLI::App& app, Context& context);
void add_mail_commands(CLI::App& app, Context& context);
void add_policy_commands(CLI::App& app, Context& context);
void add_quarantine_commands(CLI::App& app, Context& context);
void add_report_commands(CLI::App& app, Context& context);
void add_server_commands(CLI::App& app, Context& context);
void add_share_commands(CLI::App& app, Context& context);
void add_transfer_commands(CLI::App& app, Context& context);
void add_config_commands(CLI::App& app, Context& context);

/// Whom a list of rights is changed for, and what he may do then. Both outlive the command line.
void add_rights_options(CLI::App* command, std::string& who, std::string& rights);

/// "10GiB", "500 MB", "1048576"; throws CLI::ValidationError.
std::uint64_t parse_size(const std::string& text);

}  // namespace cli

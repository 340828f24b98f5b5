// barid device: phones and computers that synchronise by ActiveSync
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

/// Shared with the callbacks, which run after this function has returned.
struct Values {
    std::string mailbox, device;
    bool allow = false, account_only = false;
};
using ValuesPtr = std::shared_ptr<Values>;

std::string text_of(const Json& row, const char* key) { return row[key].get<std::string>(); }

void show_devices(const Json& devices) {
    Table table({"device", "type", "version", "last seen", "state", "model", "user agent"});
    for (const Json& row : devices)
        table.add({text_of(row, "id"), text_of(row, "type"), text_of(row, "version"),
                   text_of(row, "last_seen"), text_of(row, "state"), text_of(row, "model"),
                   text_of(row, "user_agent")});
    table.print();
}

void show_device(const Json& row) {
    for (const auto& [key, value] : row.items()) {
        const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
        fmt::print("{:17} {}\n", key, printable(shown));
    }
}

CLI::App* subcommand(CLI::App* family, const ValuesPtr& values, const char* name, const char* what) {
    auto* command = family->add_subcommand(name, what);
    command->add_option("mailbox", values->mailbox, "an address of the mailbox")->required();
    command->add_option("device", values->device, "its id, as `device list` shows it")->required();
    return command;
}

Json named(const ValuesPtr& values) { return {{"mailbox", values->mailbox}, {"device", values->device}}; }

std::function<void(const Json&)> said(const ValuesPtr& values, const char* what) {
    return [values, what](const Json&) { fmt::print("device {} {}\n", printable(values->device), what); };
}

}  // namespace

void add_device_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("device", "phones and computers that synchronise by ActiveSync");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    auto* list = family->add_subcommand("list", "the devices of a mailbox");
    list->add_option("mailbox", values->mailbox, "an address of the mailbox")->required();
    list->callback([=, &context] {
        Json arguments = {{"mailbox", values->mailbox}};
        context.call("device.list", std::move(arguments), show_devices);
    });
    auto* show = subcommand(family, values, "show", "all that is known of one");
    show->callback([=, &context] { context.call("device.show", named(values), show_device); });
    auto* password = subcommand(family, values, "password", "what unlocks it for who has forgotten his own");
    password->callback([=, &context] {
        context.call("device.password", named(values),
                     [](const Json& out) { fmt::print("{}\n", printable(text_of(out, "password"))); });
    });
    auto* block = subcommand(family, values, "block", "refuse it, or let it in again");
    block->add_flag("--allow", values->allow, "let it in again; also one that was wiped");
    block->callback([=, &context] {
        Json arguments = named(values);
        arguments["allow"] = values->allow;
        context.call("device.block", std::move(arguments),
                     said(values, values->allow ? "allowed" : "blocked"));
    });
    auto* wipe = subcommand(family, values, "wipe", "have it erase itself when it comes next");
    wipe->add_flag("--account-only", values->account_only, "only what it has of this mailbox (16.1)");
    wipe->callback([=, &context] {
        Json arguments = named(values);
        arguments["account_only"] = values->account_only;
        context.call("device.wipe", std::move(arguments), said(values, "will be wiped"));
    });
    auto* remove = subcommand(family, values, "remove", "forget it: it starts anew when it comes again");
    remove->callback(
        [=, &context] { context.call("device.remove", named(values), said(values, "removed")); });
}

}  // namespace cli

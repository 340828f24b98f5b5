// barid share: what mailboxes share with each other
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

/// Shared with the callbacks, which run after this function has returned.
struct Values {
    std::string mailbox, owner, folder, kind, who, rights;
};
using ValuesPtr = std::shared_ptr<Values>;

std::string text_of(const Json& row, const char* key) { return row[key].get<std::string>(); }

void show_shares(const Json& shares) {
    Table given({"shares", "kind", "with", "rights"});
    for (const Json& row : shares["by"])
        given.add(
            {text_of(row, "folder"), text_of(row, "kind"), text_of(row, "who"), text_of(row, "rights")});
    given.print();
    Table taken({"may use", "kind", "rights", "subscribed"});
    for (const Json& row : shares["with"])
        taken.add({text_of(row, "folder"), text_of(row, "kind"), text_of(row, "rights"),
                   row["subscribed"].get<bool>() ? "yes" : "no"});
    taken.print();
}

void add_folder(CLI::App* command, const ValuesPtr& values) {
    command->add_option("owner", values->owner, "an address of its owner; a post office: its public folders")
        ->required();
    command->add_option("folder", values->folder, "such as Calendar, or Projects/2026")->required();
    command->add_option("--kind", values->kind,
                        "mail, calendar, contacts, tasks or notes: where two folders have that name");
}

Json named(const ValuesPtr& values) {
    Json out = {{"owner", values->owner}, {"folder", values->folder}};
    if (!values->kind.empty()) out["kind"] = values->kind;
    return out;
}

void show_subscribed(const ValuesPtr& values, const Json& answer) {
    const std::string rights = text_of(answer, "rights");
    fmt::print("folder {} subscribed\n", printable(values->folder));
    if (rights.find('l') == std::string::npos || rights.find('r') == std::string::npos)
        fmt::print("it does not show before its owner gives the rights l and r (barid share acl)\n");
}

}  // namespace

void add_share_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("share", "folders that mailboxes share, of mail and all else");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    auto* acl = family->add_subcommand("acl", "who may do what with a folder (RFC 4314)");
    add_folder(acl, values);
    add_rights_options(acl, values->who, values->rights);
    acl->callback([=, &context] {
        Json arguments = named(values);
        arguments["who"] = values->who;
        arguments["rights"] = values->rights;
        context.call("share.acl", std::move(arguments),
                     [values](const Json&) { fmt::print("folder {} changed\n", printable(values->folder)); });
    });
    auto* list = family->add_subcommand("list", "what a mailbox shares, and what others share with it");
    list->add_option("mailbox", values->mailbox, "an address of the mailbox")->required();
    list->callback([=, &context] {
        Json arguments = {{"mailbox", values->mailbox}};
        context.call("share.list", std::move(arguments), show_shares);
    });
    auto* subscribe =
        family->add_subcommand("subscribe", "the mailbox's devices show a folder that is shared with it");
    subscribe
        ->add_option("mailbox", values->mailbox,
                     "an address of the mailbox; a post office: all of its mailboxes (not for mail)")
        ->required();
    add_folder(subscribe, values);
    subscribe->callback([=, &context] {
        Json arguments = named(values);
        arguments["mailbox"] = values->mailbox;
        context.call("share.subscribe", std::move(arguments),
                     [values](const Json& answer) { show_subscribed(values, answer); });
    });
    auto* unsubscribe = family->add_subcommand("unsubscribe", "they do not show it any more");
    unsubscribe->add_option("mailbox", values->mailbox, "an address of the mailbox, or a post office")
        ->required();
    add_folder(unsubscribe, values);
    unsubscribe->callback([=, &context] {
        Json arguments = named(values);
        arguments["mailbox"] = values->mailbox;
        context.call("share.unsubscribe", std::move(arguments), [values](const Json&) {
            fmt::print("folder {} not subscribed any more\n", printable(values->folder));
        });
    });
}

}  // namespace cli

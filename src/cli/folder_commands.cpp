// barid folder: public folders of a post office
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

/// Shared with the callbacks, which run after this function has returned.
struct Values {
    std::string office, name, to, who, rights;
};
using ValuesPtr = std::shared_ptr<Values>;

void show_folders(const Json& folders) {
    Table table({"folder", "messages", "size", "rights"});
    for (const Json& row : folders) {
        std::string rights;
        for (const auto& [who, letters] : row["acl"].items())
            rights += fmt::format("{}{} {}", rights.empty() ? "" : ", ", who, letters.get<std::string>());
        const bool selectable = row["selectable"].get<bool>();
        table.add({row["name"], selectable ? std::to_string(row["messages"].get<std::uint64_t>()) : "",
                   selectable ? human_bytes(row["bytes"].get<std::uint64_t>()) : "", rights});
    }
    table.print();
}

void show_quota(const Json& quota) {
    const auto limit = quota["quota_bytes"].get<std::uint64_t>();
    fmt::print("{} in {} messages, quota {}\n", human_bytes(quota["bytes"].get<std::uint64_t>()),
               quota["messages"].get<std::uint64_t>(), limit == 0 ? "none" : human_bytes(limit));
}

CLI::App* subcommand(CLI::App* family, const ValuesPtr& values, const char* name, const char* what) {
    auto* command = family->add_subcommand(name, what);
    command->add_option("postoffice", values->office, "the post office")->required();
    return command;
}

Json named(const ValuesPtr& values) { return {{"postoffice", values->office}, {"name", values->name}}; }

std::function<void(const Json&)> said(const ValuesPtr& values, const char* what) {
    return [values, what](const Json&) { fmt::print("folder {} {}\n", printable(values->name), what); };
}

}  // namespace

void add_rights_options(CLI::App* command, std::string& who, std::string& rights) {
    command
        ->add_option("who", who,
                     "anyone, or a mailbox; with - before it (and -- before that): rights taken away")
        ->required();
    command->add_option("rights", rights, "letters of lrswipkxtea; none: the entry goes");
}

void add_folder_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("folder", "public folders, which clients show as Public/…");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    auto* add = subcommand(family, values, "add", "make a public folder");
    add->add_option("name", values->name, "levels separated by /")->required();
    add->add_option("--anyone", values->rights,
                    "rights of all mailboxes (default: lrs, or those of the folder above)");
    add->callback([=, &context] {
        Json arguments = named(values);
        if (add->count("--anyone") != 0) arguments["anyone"] = values->rights;
        context.call("folder.add", std::move(arguments), said(values, "added"));
    });
    auto* list = subcommand(family, values, "list", "all public folders with their rights");
    list->callback([=, &context] {
        Json arguments = {{"postoffice", values->office}};
        context.call("folder.list", std::move(arguments), show_folders);
    });
    auto* acl = subcommand(family, values, "acl", "who may do what (RFC 4314)");
    acl->add_option("name", values->name)->required();
    add_rights_options(acl, values->who, values->rights);
    acl->callback([=, &context] {
        Json arguments = named(values);
        arguments["who"] = values->who;
        arguments["rights"] = values->rights;
        context.call("folder.acl", std::move(arguments), said(values, "changed"));
    });
    auto* quota = subcommand(family, values, "quota", "what public folders take in all, and may take");
    quota->add_option("--set", values->to, "such as 10GiB; 0: none");
    quota->callback([=, &context] {
        Json arguments = {{"postoffice", values->office}};
        if (!values->to.empty()) arguments["quota_bytes"] = parse_size(values->to);
        context.call("folder.quota", std::move(arguments), show_quota);
    });
    auto* rename = subcommand(family, values, "rename", "give it another name");
    rename->add_option("name", values->name)->required();
    rename->add_option("to", values->to)->required();
    rename->callback([=, &context] {
        Json arguments = named(values);
        arguments["to"] = values->to;
        context.call("folder.rename", std::move(arguments), said(values, "renamed"));
    });
    auto* remove = subcommand(family, values, "remove", "remove it with its messages");
    remove->add_option("name", values->name)->required();
    remove->callback(
        [=, &context] { context.call("folder.remove", named(values), said(values, "removed")); });
}

}  // namespace cli

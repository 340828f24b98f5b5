// barid postoffice|domain|account
#include <charconv>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

std::string yes_no(const Json& value) { return value.is_boolean() && value.get<bool>() ? "yes" : "no"; }

std::string joined(const Json& list) {
    std::string out;
    for (const Json& item : list) {
        if (!out.empty()) out += ' ';
        out += item.get<std::string>();
    }
    return out;
}

std::string limit(const Json& octets) {
    return octets.get<std::uint64_t>() == 0 ? "none" : human_bytes(octets.get<std::uint64_t>());
}

/// Values of one subcommand; shared with its callback, which runs after this function has returned.
struct Values {
    std::string name, office, catch_all, password, hash, quota;
    std::vector<std::string> aliases;
    std::uint32_t mailboxes_max = 0;
    bool password_stdin = false;
    std::string enabled, login, administrator, node;
    std::string delivery, arc_seal, smart_host, smart_host_trusted, keep_copy;
    std::vector<std::string> redirects;
};
using ValuesPtr = std::shared_ptr<Values>;

/// Where the mailboxes are: on this server or on another one of its configuration.
void add_node_option(CLI::App* command, const ValuesPtr& values, const char* what) {
    command->add_option("--node", values->node, what);
}

void put_node(Json& arguments, const CLI::App* command, const ValuesPtr& values) {
    if (command->count("--node") != 0) arguments["node"] = values->node;
}

std::string node_or_none(const Json& row) {
    const std::string node = row["node"];
    return node.empty() ? "none" : node;
}

void set_yes_no(Json& arguments, const char* key, const std::string& value) {
    if (!value.empty()) arguments[key] = value == "yes";
}

void add_smart_host_options(CLI::App* command, const ValuesPtr& values) {
    command->add_option(
        "--smart-host", values->smart_host,
        "where mail of its users for the world goes: smtp://user:password@host:587; empty: none");
    command
        ->add_option("--smart-host-authenticated-only", values->smart_host_trusted,
                     "not for mail that strangers sent and a mailbox sends on")
        ->check(CLI::IsMember({"yes", "no"}));
}

void put_smart_host(Json& arguments, const CLI::App* command, const ValuesPtr& values) {
    if (command->count("--smart-host") != 0) arguments["smart_host"] = values->smart_host;
    set_yes_no(arguments, "smart_host_trusted_only", values->smart_host_trusted);
}

void add_postoffice(CLI::App& app, Context& context) {
    auto* family =
        app.add_subcommand("postoffice", "post offices: the tenants that own domains and mailboxes");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    const auto with_settings = [values](CLI::App* command) {
        command->add_option("name", values->name)->required();
        command->add_option("--mailboxes-max", values->mailboxes_max,
                            "how many mailboxes it may have (0: no limit)");
        command->add_option("--quota", values->quota, "of a new mailbox, such as 10GiB");
        add_node_option(command, values, "the server that has its mailboxes; empty: this one");
    };
    const auto settings = [values](CLI::App* command) {
        Json arguments = {{"name", values->name}};
        if (command->count("--mailboxes-max") != 0) arguments["mailboxes_max"] = values->mailboxes_max;
        if (command->count("--quota") != 0) arguments["quota_bytes_default"] = parse_size(values->quota);
        put_node(arguments, command, values);
        return arguments;
    };
    const auto said = [values](const char* what) {
        return [values, what](const Json&) { fmt::print("post office {} {}\n", values->name, what); };
    };
    auto* add = family->add_subcommand("add", "make a post office");
    with_settings(add);
    add->callback([=, &context] { context.call("postoffice.add", settings(add), said("added")); });
    auto* set = family->add_subcommand("set", "change its settings");
    with_settings(set);
    set->add_option("--enabled", values->enabled)->check(CLI::IsMember({"yes", "no"}));
    add_smart_host_options(set, values);
    set->callback([=, &context] {
        Json arguments = settings(set);
        put_smart_host(arguments, set, values);
        set_yes_no(arguments, "enabled", values->enabled);
        context.call("postoffice.set", std::move(arguments), said("changed"));
    });
    auto* list = family->add_subcommand("list", "all post offices");
    list->callback([&context] {
        context.call("postoffice.list", Json::object(), [](const Json& result) {
            Table table({"post office", "enabled", "mailboxes max", "quota"});
            for (const Json& row : result) {
                table.add({row["name"], yes_no(row["enabled"]),
                           std::to_string(row["mailboxes_max"].get<std::uint32_t>()),
                           limit(row["quota_bytes_default"])});
            }
            table.print();
        });
    });
    auto* show = family->add_subcommand("show", "one post office with its domains");
    show->add_option("name", values->name)->required();
    show->callback([=, &context] {
        context.call("postoffice.show", Json{{"name", values->name}}, [](const Json& row) {
            fmt::print(
                "name           {}\nenabled        {}\nmailboxes max  {}\nquota          {}\nnode           "
                "{}\n"
                "domains        {}\n",
                row["name"].get<std::string>(), yes_no(row["enabled"]),
                row["mailboxes_max"].get<std::uint32_t>(), limit(row["quota_bytes_default"]),
                node_or_none(row), joined(row["domains"]));
        });
    });
    auto* remove = family->add_subcommand("remove", "an empty one");
    remove->add_option("name", values->name)->required();
    remove->callback(
        [=, &context] { context.call("postoffice.remove", Json{{"name", values->name}}, said("removed")); });
}

void add_domain(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("domain", "domains of post offices");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    const auto said = [values](const char* what) {
        return [values, what](const Json&) { fmt::print("domain {} {}\n", values->name, what); };
    };
    auto* add = family->add_subcommand("add", "give a domain to a post office");
    add->add_option("name", values->name)->required();
    add->add_option("--postoffice", values->office)->required();
    add->add_option("--catch-all", values->catch_all, "address that takes mail for unknown ones");
    add_node_option(add, values, "the server that has its mailboxes; empty: the post office's");
    add->callback([=, &context] {
        const Json arguments = {{"name", values->name},
                                {"postoffice", values->office},
                                {"catch_all", values->catch_all},
                                {"node", values->node}};
        context.call("domain.add", arguments, said("added"));
    });
    auto* set = family->add_subcommand("set", "change its settings");
    set->add_option("name", values->name)->required();
    set->add_option("--catch-all", values->catch_all, "address; empty: none");
    add_node_option(set, values, "the server that has its mailboxes; empty: the post office's");
    set->add_option("--delivery", values->delivery,
                    "local; split: unknown mailboxes are elsewhere; backup: all of them are")
        ->check(CLI::IsMember({"local", "split", "backup"}));
    set->add_option("--arc-seal", values->arc_seal,
                    "whether what its mailboxes and groups send on is sealed (ARC); default: mta.arc_seal")
        ->check(CLI::IsMember({"default", "yes", "no"}));
    add_smart_host_options(set, values);
    set->add_option("--enabled", values->enabled)->check(CLI::IsMember({"yes", "no"}));
    set->callback([=, &context] {
        Json arguments = {{"name", values->name}};
        if (!values->arc_seal.empty()) arguments["arc_seal"] = values->arc_seal;
        if (set->count("--catch-all") != 0) arguments["catch_all"] = values->catch_all;
        put_node(arguments, set, values);
        if (!values->delivery.empty()) arguments["delivery"] = values->delivery;
        put_smart_host(arguments, set, values);
        set_yes_no(arguments, "enabled", values->enabled);
        context.call("domain.set", std::move(arguments), said("changed"));
    });
    const auto print_rows = [](const Json& result) {
        Table table({"domain", "post office", "enabled", "catch-all", "node", "delivery", "smart host"});
        for (const Json& row : result) {
            table.add({row["name"], row["postoffice"], yes_no(row["enabled"]), row["catch_all"],
                       node_or_none(row), row["delivery"], row["smart_host"]});
        }
        table.print();
    };
    auto* list = family->add_subcommand("list", "all domains");
    list->add_option("--postoffice", values->office, "only of this one");
    list->callback([=, &context] {
        Json arguments = Json::object();
        if (!values->office.empty()) arguments["postoffice"] = values->office;
        context.call("domain.list", std::move(arguments), print_rows);
    });
    auto* show = family->add_subcommand("show", "one domain");
    show->add_option("name", values->name)->required();
    show->callback([=, &context] {
        context.call("domain.show", Json{{"name", values->name}},
                     [=](const Json& row) { print_rows(Json::array({row})); });
    });
    auto* remove = family->add_subcommand("remove", "one that no address uses");
    remove->add_option("name", values->name)->required();
    remove->callback(
        [=, &context] { context.call("domain.remove", Json{{"name", values->name}}, said("removed")); });
}

void show_account(const Json& row) {
    fmt::print("account    {}\naddresses  {}\nlogin      {}@{} or any address\nenabled    {}, login {}\n",
               row["account"].get<std::uint32_t>(), joined(row["addresses"]), row["name"].get<std::string>(),
               row["postoffice"].get<std::string>(), yes_no(row["enabled"]), yes_no(row["login_allowed"]));
    const std::string served_by = row["served_by"];
    fmt::print("node       {}, served by {}\n", node_or_none(row),
               served_by.empty() ? "this server" : served_by);
    if (row["administrator"].get<bool>())
        fmt::print("may        see and set the quotas of its post office\n");
    fmt::print("used       {} in {} messages, quota {}\n\n", human_bytes(row["bytes"]),
               row["messages"].get<std::uint64_t>(), limit(row["quota_bytes"]));
    Table table({"folder", "messages", "unseen", "size"});
    for (const Json& folder : row["folders"]) {
        if (!folder["selectable"].get<bool>()) continue;
        table.add({folder["name"], std::to_string(folder["messages"].get<std::uint32_t>()),
                   std::to_string(folder["unseen"].get<std::uint32_t>()), human_bytes(folder["bytes"])});
    }
    table.print();
}

/// The password from standard input, without its line end, so that it shows in no process list.
std::string password_from_stdin() {
    std::string line;
    std::getline(std::cin, line);
    return line;
}

void add_password_options(CLI::App* command, const ValuesPtr& values) {
    command->add_flag("--password-stdin", values->password_stdin, "read the password from standard input");
    command->add_option("--hash", values->hash, "an imported crypt(3) or argon2id hash");
}

void put_password(Json& arguments, const ValuesPtr& values) {
    if (values->password_stdin) arguments["password"] = password_from_stdin();
    if (!values->hash.empty()) arguments["hash"] = values->hash;
}

void tell_password(const Json& result) {
    if (result.contains("password")) fmt::print("password {}\n", result["password"].get<std::string>());
}

/// All accounts, page by page.
void list_accounts(Context& context, const std::string& office) {
    auto client = AdminClient::connect(context.socket);
    if (!client) return context.fail(client.error());
    Table table({"account", "post office", "name", "enabled", "quota", "addresses"});
    Json all = Json::array();
    std::string after;
    for (;;) {
        auto page = client->call("account.list", Json{{"postoffice", office}, {"after", after}});
        if (!page) return context.fail(page.error());
        if (page->empty()) break;
        after = page->back()["name"].get<std::string>() + "@" + page->back()["postoffice"].get<std::string>();
        for (Json& row : *page) {
            if (context.json) {
                all.push_back(std::move(row));
                continue;
            }
            table.add({std::to_string(row["account"].get<std::uint32_t>()), row["postoffice"], row["name"],
                       yes_no(row["enabled"]), limit(row["quota_bytes"]), joined(row["addresses"])});
        }
    }
    if (context.json) {
        fmt::print("{}\n", all.dump());
    } else {
        table.print();
    }
}

void add_account_changes(CLI::App* family, Context& context, const ValuesPtr& values) {
    auto* add = family->add_subcommand("add", "make a mailbox; prints a new password unless it is given one");
    add->add_option("address", values->name)->required();
    add->add_option("--name", values->office, "login name in its post office (default: the local part)");
    add->add_option("--alias", values->aliases, "more addresses");
    add->add_option("--quota", values->quota, "such as 10GiB");
    add_password_options(add, values);
    add_node_option(add, values, "the server that has it; here: this one; empty: the domain's");
    add->callback([=, &context] {
        Json arguments = {{"address", values->name}};
        put_node(arguments, add, values);
        if (!values->office.empty()) arguments["name"] = values->office;
        if (!values->aliases.empty()) arguments["alias"] = values->aliases;
        if (!values->quota.empty()) arguments["quota_bytes"] = parse_size(values->quota);
        put_password(arguments, values);
        context.call("account.add", std::move(arguments), [values](const Json& result) {
            fmt::print("account {} added\n", values->name);
            tell_password(result);
        });
    });
    auto* set = family->add_subcommand("set", "change its settings");
    set->add_option("address", values->name)->required();
    set->add_option("--addresses", values->aliases, "all its addresses, the primary one first");
    set->add_option("--quota", values->quota, "such as 10GiB; 0: none");
    add_node_option(set, values, "the server that has it; here: this one; empty: the domain's");
    set->add_option("--enabled", values->enabled)->check(CLI::IsMember({"yes", "no"}));
    set->add_option("--login", values->login, "may it log in")->check(CLI::IsMember({"yes", "no"}));
    set->add_option("--administrator", values->administrator, "may it set quotas of its post office by IMAP")
        ->check(CLI::IsMember({"yes", "no"}));
    set->add_option("--redirect", values->redirects, "send its mail on to these addresses; \"\": to none");
    set->add_option("--keep-copy", values->keep_copy, "of what is sent on")
        ->check(CLI::IsMember({"yes", "no"}));
    set->callback([=, &context] {
        Json arguments = {{"address", values->name}};
        if (!values->aliases.empty()) arguments["addresses"] = values->aliases;
        if (!values->quota.empty()) arguments["quota_bytes"] = parse_size(values->quota);
        put_node(arguments, set, values);
        set_yes_no(arguments, "enabled", values->enabled);
        set_yes_no(arguments, "login_allowed", values->login);
        set_yes_no(arguments, "administrator", values->administrator);
        set_yes_no(arguments, "keep_copy", values->keep_copy);
        if (set->count("--redirect") != 0) {
            std::erase(values->redirects, "");
            arguments["redirects"] = values->redirects;
        }
        context.call("account.set", std::move(arguments),
                     [values](const Json&) { fmt::print("account {} changed\n", values->name); });
    });
    auto* password =
        family->add_subcommand("password", "set a password; prints a new one unless it is given");
    password->add_option("address", values->name)->required();
    add_password_options(password, values);
    password->callback([=, &context] {
        Json arguments = {{"address", values->name}};
        put_password(arguments, values);
        context.call("account.password", std::move(arguments), [values](const Json& result) {
            fmt::print("password of {} changed\n", values->name);
            tell_password(result);
        });
    });
    auto* remove = family->add_subcommand("remove", "remove a mailbox and all its mail");
    remove->add_option("address", values->name)->required();
    remove->callback([=, &context] {
        context.call("account.remove", Json{{"address", values->name}},
                     [values](const Json&) { fmt::print("account {} removed\n", values->name); });
    });
}

void add_account(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("account", "mailboxes");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    add_account_changes(family, context, values);
    auto* list = family->add_subcommand("list", "all accounts");
    list->add_option("--postoffice", values->office, "only of this one");
    list->callback([=, &context] { list_accounts(context, values->office); });
    auto* show = family->add_subcommand("show", "one account with its folders");
    show->add_option("address", values->name)->required();
    show->callback(
        [=, &context] { context.call("account.show", Json{{"address", values->name}}, show_account); });
}

}  // namespace

std::uint64_t parse_size(const std::string& text) {
    static const std::vector<std::pair<std::string, std::uint64_t>> units{{"", 1},
                                                                          {"B", 1},
                                                                          {"K", 1ULL << 10},
                                                                          {"KiB", 1ULL << 10},
                                                                          {"kB", 1000},
                                                                          {"KB", 1000},
                                                                          {"M", 1ULL << 20},
                                                                          {"MiB", 1ULL << 20},
                                                                          {"MB", 1000000},
                                                                          {"G", 1ULL << 30},
                                                                          {"GiB", 1ULL << 30},
                                                                          {"GB", 1000000000},
                                                                          {"T", 1ULL << 40},
                                                                          {"TiB", 1ULL << 40},
                                                                          {"TB", 1000000000000}};
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string unit(end, text.data() + text.size());
    unit.erase(0, unit.find_first_not_of(' '));
    for (const auto& [name, factor] : units) {
        if (error == std::errc{} && unit == name && number <= UINT64_MAX / factor) return number * factor;
    }
    throw CLI::ValidationError("size", "'" + text + "' is no size; write 10GiB, 500MB or a number of octets");
}

void add_directory_commands(CLI::App& app, Context& context) {
    add_postoffice(app, context);
    add_domain(app, context);
    add_account(app, context);
}

}  // namespace cli

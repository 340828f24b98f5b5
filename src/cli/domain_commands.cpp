// barid dkim | dns | discovery: what proves that a domain's mail is its own, what DNS must say, what clients
// are told.
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

std::string word(const Json& row, const char* name) {
    return row.contains(name) ? row[name].get<std::string>() : std::string();
}

void show_keys(const Json& rows) {
    Table table({"domain", "selector", "algorithm", "bits", "active", "test mode", "made"});
    for (const Json& row : rows)
        table.add({word(row, "domain"), word(row, "selector"), word(row, "algorithm"),
                   row.contains("bits") ? std::to_string(row["bits"].get<unsigned>()) : "?",
                   row["active"].get<bool>() ? "yes" : "no", row["testing"].get<bool>() ? "yes" : "no",
                   word(row, "created")});
    table.print();
}

void show_record(const Json& key) { fmt::print("{}\n", word(key, "zone")); }

struct KeyValues {
    std::string domain, selector, algorithm = "rsa", file;
    std::uint64_t bits = 2048;
    bool testing = false, active = false;
};

void add_key_making(CLI::App* family, Context& context) {
    auto values = std::make_shared<KeyValues>();
    auto* add = family->add_subcommand("add", "make a key; prints what DNS must say of it");
    add->add_option("domain", values->domain)->required();
    add->add_option("--selector", values->selector, "its name in DNS; the year and month unless it is given");
    add->add_option("--algorithm", values->algorithm)->check(CLI::IsMember({"rsa", "ed25519"}));
    add->add_option("--bits", values->bits, "of an RSA key");
    add->add_option("--file", values->file, "take the key of this PEM file");
    add->add_flag("--test-mode", values->testing, "its record says t=y: failures should mean nothing");
    add->add_flag("--active", values->active, "sign with it at once, whatever DNS says");
    add->callback([=, &context] {
        Json arguments = {{"domain", values->domain},
                          {"algorithm", values->algorithm},
                          {"bits", values->bits},
                          {"testing", values->testing},
                          {"active", values->active}};
        if (!values->selector.empty()) arguments["selector"] = values->selector;
        if (!values->file.empty()) {
            std::ifstream in(values->file, std::ios::binary);
            if (!in) throw CLI::ValidationError("--file", "cannot be read");
            arguments["pem"] =
                std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        }
        context.call("dkim.add", std::move(arguments), [](const Json& key) {
            show_record(key);
            if (!key["active"].get<bool>())
                fmt::print("; when DNS has it: barid dkim key activate {} {}\n", word(key, "domain"),
                           word(key, "selector"));
        });
    });
}

void add_keys(CLI::App* family, Context& context) {
    auto values = std::make_shared<KeyValues>();
    auto* list = family->add_subcommand("list", "all keys");
    list->add_option("domain", values->domain, "only of this one");
    list->callback([=, &context] {
        Json arguments = Json::object();
        if (!values->domain.empty()) arguments["domain"] = values->domain;
        context.call("dkim.list", std::move(arguments), show_keys);
    });
    const auto one = [&](const char* name, const char* what, std::function<void()> run) {
        auto* command = family->add_subcommand(name, what);
        command->add_option("domain", values->domain)->required();
        command->add_option("selector", values->selector)->required();
        command->callback(std::move(run));
        return command;
    };
    const auto set = [values, &context](const char* key, bool to, const char* said) {
        context.call("dkim.set", Json{{"domain", values->domain}, {"selector", values->selector}, {key, to}},
                     [values, said](const Json&) { fmt::print("key {} {}\n", values->selector, said); });
    };
    one("show", "what DNS must say of it", [=, &context] {
        context.call("dkim.show", Json{{"domain", values->domain}, {"selector", values->selector}},
                     show_record);
    });
    one("activate", "sign mail of the domain with it", [=] { set("active", true, "signs now"); });
    one("deactivate", "sign no more with it", [=] { set("active", false, "signs no more"); });
    one("test-mode", "its record says t=y", [=] { set("testing", true, "is in test mode"); });
    one("production", "its record says t=y no more", [=] { set("testing", false, "is in use"); });
    one("remove", "forget it: what it signed is still verified while DNS has it", [=, &context] {
        context.call("dkim.remove", Json{{"domain", values->domain}, {"selector", values->selector}},
                     [values](const Json&) { fmt::print("key {} removed\n", values->selector); });
    });
}

void show_check(const Json& result) {
    for (const Json& row : result["records"]) {
        const std::string state = word(row, "state");
        const bool good = state == "good";
        const char* mark = good ? "ok      " : row["must"].get<bool>() ? "PROBLEM " : "missing ";
        fmt::print("{}{} {} ({})\n", mark, word(row, "name"), word(row, "type"), word(row, "what"));
        if (good) continue;
        fmt::print("        {}{}\n        {}\n", state,
                   word(row, "why").empty() ? "" : ": " + printable(word(row, "why")), word(row, "zone"));
        for (const Json& found : row["found"])
            fmt::print("        there is: {}\n", printable(found.get<std::string>()));
    }
}

void add_dns(CLI::App& app, Context& context) {
    struct Values {
        std::string domain;
        bool check = false;
    };
    auto values = std::make_shared<Values>();
    auto* dns = app.add_subcommand("dns", "what DNS must say of a domain, as lines of a zone file");
    dns->add_option("domain", values->domain)->required();
    dns->add_flag("--check", values->check, "look whether it does; exit code 3 when mail is in danger");
    dns->callback([=, &context] {
        context.call("dns.records", Json{{"domain", values->domain}, {"check", values->check}},
                     [values](const Json& result) {
                         if (values->check) return show_check(result);
                         for (const Json& row : result["records"])
                             fmt::print("; {}{}\n{}\n", word(row, "what"),
                                        row["must"].get<bool>() ? "" : " (of use)", word(row, "zone"));
                     });
        if (context.answer.is_object() && context.answer.value("problems", 0) != 0) context.exit_code = 3;
    });
}

void show_discovery(const Json& result) {
    Table table({"service", "host", "port", "security"});
    for (const Json& row : result["services"])
        table.add({word(row, "service"), word(row, "host"), std::to_string(row["port"].get<unsigned>()),
                   word(row, "security")});
    table.print();
    for (const char* name : {"activesync", "autodiscover", "setup", "profile"})
        if (!word(result, name).empty()) fmt::print("{:13}{}\n", name, word(result, name));
}

void add_discovery(CLI::App& app, Context& context) {
    struct Values {
        std::string address;
        bool code = false;
    };
    auto values = std::make_shared<Values>();
    auto* command = app.add_subcommand("discovery", "what clients of an address are told of this server");
    command->add_option("address", values->address)->required();
    command->add_flag("--qr", values->code, "Apple's profile as a QR code, to scan from the terminal");
    command->callback([=, &context] {
        context.call("discovery.show", Json{{"address", values->address}}, [values](const Json& result) {
            if (!values->code) return show_discovery(result);
            fmt::print("{}{}\n", word(result, "profile_code"), word(result, "profile"));
        });
    });
}

}  // namespace

void add_domain_commands(CLI::App& app, Context& context) {
    auto* dkim = app.add_subcommand("dkim", "signatures of the mail of our domains");
    dkim->require_subcommand(1);
    auto* family = dkim->add_subcommand("key", "keys that sign");
    family->require_subcommand(1);
    add_key_making(family, context);
    add_keys(family, context);
    add_discovery(app, context);
    add_dns(app, context);
}

}  // namespace cli

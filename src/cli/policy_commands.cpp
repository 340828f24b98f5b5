// barid policy: what phones and computers that synchronise by ActiveSync must obey
#include <charconv>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

struct Values {
    std::string who;
    std::vector<std::string> settings, names;
    bool all = false;
};

/// As `policy set` takes it: a number, or "a,b".
std::string value_of(const Json& value) {
    if (!value.is_array()) return value.dump();
    std::string out;
    for (const Json& one : value)
        out += (out.empty() ? "" : ",") + (one.is_string() ? one.get<std::string>() : one.dump());
    return out;
}

void show_policy(const Json& row) {
    Table table({"setting", "set here", "in force"});
    const Json& own = row["set"];
    for (const auto& [name, value] : row["effective"].items())
        table.add(
            {name, own.contains(name) ? printable(value_of(own[name])) : "", printable(value_of(value))});
    table.print();
}

/// "Name=1" is a number, "Name=a,b" a list of texts.
Json parse_settings(const std::vector<std::string>& settings) {
    Json out = Json::object();
    for (const std::string& one : settings) {
        const std::size_t equals = one.find('=');
        if (equals == std::string::npos) throw CLI::ValidationError(one, "not Setting=value");
        const std::string name = one.substr(0, equals), text = one.substr(equals + 1);
        std::int64_t number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failed == std::errc() && end == text.data() + text.size()) {
            out[name] = number;
            continue;
        }
        Json list = Json::array();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t comma = std::min(text.find(',', at), text.size());
            list.push_back(text.substr(at, comma - at));
            at = comma + 1;
        }
        out[name] = std::move(list);
    }
    return out;
}

}  // namespace

void add_policy_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("policy", "what devices that synchronise by ActiveSync must obey");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    const auto subcommand = [family, values](const char* name, const char* what) {
        auto* command = family->add_subcommand(name, what);
        command->add_option("who", values->who, "a post office, or an address of a mailbox")->required();
        return command;
    };
    const auto said = [values](const char* what) {
        return [values, what](const Json&) { fmt::print("policy of {} {}\n", printable(values->who), what); };
    };
    auto* show = subcommand("show", "what is set there, and what is in force");
    show->callback([=, &context] { context.call("policy.show", Json{{"who", values->who}}, show_policy); });
    auto* set = subcommand("set", "add or change settings; devices hear of it with their next request");
    set->add_option("settings", values->settings,
                    "Setting=value by the names of MS-ASPROV: DevicePasswordEnabled=1; lists: a,b")
        ->required();
    set->callback([=, &context] {
        Json arguments = {{"who", values->who}, {"settings", parse_settings(values->settings)}};
        context.call("policy.set", std::move(arguments), said("changed"));
    });
    auto* unset = subcommand("unset", "take settings away");
    unset->add_option("names", values->names, "settings");
    unset->add_flag("--all", values->all, "all of them");
    unset->callback([=, &context] {
        if (values->all == !values->names.empty())
            throw CLI::ValidationError("unset", "takes settings, or --all");
        Json arguments = {{"who", values->who}, {"names", values->names}};
        context.call("policy.unset", std::move(arguments), said("changed"));
    });
}

}  // namespace cli

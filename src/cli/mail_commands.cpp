// barid queue | trace | route | group
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

struct Selection {
    std::vector<std::string> ids;
    std::string from, to, lane, state, words, message_id, older, reason;
    bool all = false;
    std::uint64_t max = 1'000;
};
using SelectionPtr = std::shared_ptr<Selection>;

/// "90", "90s", "15m", "4h", "2d" as seconds.
std::uint64_t parse_seconds(const std::string& text) {
    std::uint64_t unit = 1;
    std::string digits = text;
    if (!digits.empty()) {
        const char last = digits.back();
        unit = last == 'm' ? 60 : last == 'h' ? 3'600 : last == 'd' ? 86'400 : 1;
        if (last == 's' || unit != 1) digits.pop_back();
    }
    std::uint64_t number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9' || number > 1'000'000'000)
            throw CLI::ValidationError("--older: such as 90s, 15m, 4h, 2d");
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (digits.empty()) throw CLI::ValidationError("--older: such as 90s, 15m, 4h, 2d");
    return number * unit;
}

void add_filters(CLI::App* command, const SelectionPtr& values) {
    command->add_option("--from", values->from, "the sender contains this");
    command->add_option("--to", values->to, "a recipient contains this");
    command->add_option("--lane", values->lane, "waits for this next hop");
    command->add_option("--state", values->state)
        ->check(CLI::IsMember({"pending", "deferred", "held", "failed", "relayed", "delivered"}));
    command->add_option("--words", values->words, "the last answer contains this");
    command->add_option("--message-id", values->message_id);
    command->add_option("--older", values->older, "than this: 15m, 4h, 2d");
}

Json filters(const Selection& values) {
    Json out = Json::object();
    const auto set = [&out](const char* name, const std::string& value) {
        if (!value.empty()) out[name] = value;
    };
    set("from", values.from);
    set("to", values.to);
    set("lane", values.lane);
    set("state", values.state);
    set("words", values.words);
    set("message_id", values.message_id);
    if (!values.older.empty()) out["older"] = parse_seconds(values.older);
    if (!values.ids.empty()) out["ids"] = values.ids;
    if (values.all) out["all"] = true;
    return out;
}

std::string said(const Json& recipient) {
    if (!recipient.contains("words")) return {};
    std::string out = recipient["status"];
    if (!recipient["host"].get<std::string>().empty()) out += " " + recipient["host"].get<std::string>();
    return out + " " + printable(recipient["words"].get<std::string>());
}

void show_list(const Json& messages) {
    Table table({"id", "arrived", "size", "from", "to", "state", "next attempt", "last answer"});
    for (const Json& message : messages) {
        bool first = true;
        for (const Json& one : message["recipients"]) {
            table.add({first ? message["id"].get<std::string>() : "",
                       first ? message["arrived"].get<std::string>() : "",
                       first ? human_bytes(message["bytes"].get<std::uint64_t>()) : "",
                       first ? "<" + printable(message["from"].get<std::string>()) + ">" : "",
                       printable(one["address"].get<std::string>()), one["state"],
                       one.value("next_attempt", std::string()), said(one)});
            first = false;
        }
    }
    table.print();
    fmt::print("{} messages\n", messages.size());
}

void show_step(const Json& step) {
    const auto ms = step["time"].get<std::int64_t>();
    std::string line = fmt::format("{}.{:03} {} {:<10}", ms / 1000, ms % 1000, step["id"].get<std::string>(),
                                   step["event"].get<std::string>());
    for (const auto& [key, value] : step.items()) {
        if (key == "time" || key == "id" || key == "event" || !value.is_string()) continue;
        line += fmt::format(" {}={}", key, printable(value.get<std::string>()));
    }
    fmt::print("{}\n", line);
}

void show_message(const Json& message) {
    show_list(Json::array({message}));
    fmt::print("\n{}\n", printable(message.value("header", std::string())));
    for (const Json& step : message["trace"])
        if (step.is_object()) show_step(step);
}

void show_lanes(const Json& result) {
    Table table({"lane", "messages", "busy", "next attempt", "blocked until"});
    for (const Json& lane : result["lanes"]) {
        table.add({lane["lane"], std::to_string(lane["messages"].get<std::uint64_t>()),
                   fmt::format("{} of {}", lane["busy"].get<std::uint32_t>(),
                               lane["busy_max"].get<std::uint32_t>()),
                   lane["next_attempt"], lane["blocked_until"]});
    }
    table.print();
}

void add_queue(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("queue", "mail that waits");
    family->require_subcommand(1);
    auto values = std::make_shared<Selection>();
    auto* list = family->add_subcommand("list", "messages, their recipients and the last answers");
    add_filters(list, values);
    list->add_option("--max", values->max, "messages at most")->capture_default_str();
    list->callback([=, &context] {
        Json arguments = filters(*values);
        arguments["max"] = values->max;
        context.call("queue.list", std::move(arguments), show_list);
    });
    auto* show = family->add_subcommand("show", "one message: recipients, header, trace");
    show->add_option("id", values->ids)->required()->expected(1);
    show->callback(
        [=, &context] { context.call("queue.show", Json{{"queue_id", values->ids.front()}}, show_message); });
    auto* lanes = family->add_subcommand("lanes", "the next hops and who waits for them");
    lanes->callback([&context] { context.call("queue.lanes", Json::object(), show_lanes); });
    struct Action {
        const char* name;
        const char* what;
    };
    for (const Action& action : {Action{"retry", "try again now"}, Action{"hold", "keep from being sent"},
                                 Action{"release", "what was held"}, Action{"bounce", "return to the sender"},
                                 Action{"remove", "drop without a word"}}) {
        auto* command = family->add_subcommand(action.name, action.what);
        command->add_option("id", values->ids, "of `barid queue list`");
        command->add_flag("--all", values->all, "every message");
        if (std::string_view(action.name) == "bounce") command->add_option("--reason", values->reason);
        add_filters(command, values);
        command->callback([=, &context, name = std::string(action.name)] {
            Json arguments = filters(*values);
            if (arguments.empty()) throw CLI::RequiredError("id, a filter or --all");
            if (!values->reason.empty()) arguments["reason"] = values->reason;
            context.call("queue." + name, std::move(arguments), [&context](const Json& result) {
                fmt::print("{} done\n", result["done"].size());
                for (const Json& one : result["failed"]) {
                    fmt::print("{}: {}\n", one["id"].get<std::string>(), one["why"].get<std::string>());
                    context.exit_code = 1;
                }
            });
        });
    }
}

void add_trace(CLI::App& app, Context& context) {
    struct Values {
        std::string what, since;
        std::uint64_t max = 100;
        bool follow = false;
    };
    auto values = std::make_shared<Values>();
    auto* trace = app.add_subcommand("trace", "what happened to a message");
    trace->add_option("what", values->what,
                      "an address, a message id (<…>), or a queue id; none: the last messages");
    trace->add_option("--max", values->max, "messages at most")->capture_default_str();
    trace->add_flag("-f,--follow", values->follow, "go on as it happens");
    trace->callback([=, &context] {
        Json arguments = Json::object();
        const bool message_id = values->what.starts_with('<');
        const bool address = !message_id && values->what.find('@') != std::string::npos;
        if (message_id) arguments["message_id"] = values->what;
        if (address) arguments["address"] = values->what;
        if (!message_id && !address && !values->what.empty()) arguments["queue_id"] = values->what;
        const auto show = [&context](const Json& steps) {
            for (const Json& step : steps) {
                if (context.json)
                    fmt::print("{}\n", step.dump(-1, ' ', false, Json::error_handler_t::replace));
                else
                    show_step(step);
            }
            std::fflush(stdout);
        };
        if (!values->follow) {
            arguments["max"] = values->max;
            context.call("trace.find", std::move(arguments), show);
            return;
        }
        arguments.erase("message_id");
        auto client = AdminClient::connect(context.socket);
        if (!client) return context.fail(client.error());
        const auto ended =
            client->call("trace.follow", std::move(arguments), [&](const Json& event, const std::string&) {
                show(event["steps"]);
                return Result<void>();
            });
        if (!ended) context.fail(ended.error());
    });
}

void add_route(CLI::App& app, Context& context) {
    struct Values {
        std::string address, from;
        bool trusted = false;
    };
    auto values = std::make_shared<Values>();
    auto* family = app.add_subcommand("route", "where mail goes");
    family->require_subcommand(1);
    auto* explain = family->add_subcommand("explain", "what would happen to mail for an address, and why");
    explain->add_option("address", values->address)->required();
    explain->add_option("--from", values->from, "the sender; none: <>");
    explain->add_flag("--authenticated", values->trusted, "the sender has logged in");
    explain->callback([=, &context] {
        const Json arguments = {
            {"address", values->address}, {"from", values->from}, {"trusted", values->trusted}};
        context.call("route.explain", arguments, [](const Json& result) {
            for (const Json& step : result["steps"])
                fmt::print("{} {:<22} {}\n", step["matched"].get<bool>() ? "=>" : "  ",
                           step["rule"].get<std::string>(), step["why"].get<std::string>());
            for (const Json& target : result["targets"])
                fmt::print("   to {} by {}{}\n", target["address"].get<std::string>(),
                           target["by"].get<std::string>(),
                           target["via"].get<std::string>().empty()
                               ? ""
                               : ", sent on by " + target["via"].get<std::string>());
            if (result.contains("code"))
                fmt::print("   {} {} {}\n", result["code"].get<int>(), result["status"].get<std::string>(),
                           result["words"].get<std::string>());
        });
    });
}

void add_group(CLI::App& app, Context& context) {
    struct Values {
        std::string address, office, enabled;
        std::vector<std::string> members;
    };
    auto values = std::make_shared<Values>();
    auto* family = app.add_subcommand("group", "addresses that stand for others");
    family->require_subcommand(1);
    const auto said = [values](const char* what) {
        return [values, what](const Json&) { fmt::print("group {} {}\n", values->address, what); };
    };
    auto* add = family->add_subcommand("add", "make a group");
    add->add_option("address", values->address)->required();
    add->add_option("--member", values->members, "an address, of this server or any; may be repeated");
    add->callback([=, &context] {
        context.call("group.add", Json{{"address", values->address}, {"members", values->members}},
                     said("added"));
    });
    auto* set = family->add_subcommand("set", "change it");
    set->add_option("address", values->address)->required();
    set->add_option("--member", values->members, "all its members from now on");
    set->add_option("--enabled", values->enabled)->check(CLI::IsMember({"yes", "no"}));
    set->callback([=, &context] {
        Json arguments = {{"address", values->address}};
        if (set->count("--member") != 0) arguments["members"] = values->members;
        if (!values->enabled.empty()) arguments["enabled"] = values->enabled == "yes";
        context.call("group.set", std::move(arguments), said("changed"));
    });
    const auto print_rows = [](const Json& rows) {
        Table table({"group", "post office", "enabled", "members"});
        for (const Json& row : rows) {
            std::string members;
            for (const Json& member : row["members"])
                members += (members.empty() ? "" : " ") + member.get<std::string>();
            table.add(
                {row["address"], row["postoffice"], row["enabled"].get<bool>() ? "yes" : "no", members});
        }
        table.print();
    };
    auto* list = family->add_subcommand("list", "all groups");
    list->add_option("--postoffice", values->office, "only of this one");
    list->callback([=, &context] {
        Json arguments = Json::object();
        if (!values->office.empty()) arguments["postoffice"] = values->office;
        context.call("group.list", std::move(arguments), print_rows);
    });
    auto* show = family->add_subcommand("show", "one group");
    show->add_option("address", values->address)->required();
    show->callback([=, &context] {
        context.call("group.show", Json{{"address", values->address}},
                     [print_rows](const Json& row) { print_rows(Json::array({row})); });
    });
    auto* remove = family->add_subcommand("remove", "drop it; its members stay");
    remove->add_option("address", values->address)->required();
    remove->callback(
        [=, &context] { context.call("group.remove", Json{{"address", values->address}}, said("removed")); });
}

}  // namespace

void add_mail_commands(CLI::App& app, Context& context) {
    add_queue(app, context);
    add_trace(app, context);
    add_route(app, context);
    add_group(app, context);
}

}  // namespace cli

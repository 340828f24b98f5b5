// barid status | session | store | search | log
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

void show_status(const Json& status) {
    fmt::print("barid {} on {}, pid {}, up {}\n", status["version"].get<std::string>(),
               status["hostname"].get<std::string>(), status["pid"].get<int>(),
               human_seconds(status["uptime_seconds"].get<std::uint64_t>()));
    fmt::print("cpu {:.1f} s, memory {}\n", static_cast<double>(status["cpu_ms"].get<std::uint64_t>()) / 1000,
               human_bytes(status["resident_bytes"]));
    if (status["sealed_rows"] == "closed")
        fmt::print("the sealing key is missing or another one: mail that needs it waits\n");
    if (status["sealed_rows"] == "unknown")
        fmt::print("whether the sealing key opens what is sealed cannot be told now\n");
    const Json& connections = status["connections"];
    fmt::print("connections {} open, {} accepted, {} refused, {} of them not let in\n",
               connections["open"].get<std::uint64_t>(), connections["accepted"].get<std::uint64_t>(),
               connections["refused"].get<std::uint64_t>(), connections["denied"].get<std::uint64_t>());
    fmt::print(
        "TLS handshakes {} running, {} waiting, {} failed\n", connections["tls_running"].get<std::uint64_t>(),
        connections["tls_waiting"].get<std::uint64_t>(), connections["tls_failed"].get<std::uint64_t>());
    for (const auto& [protocol, count] : status["sessions"].items())
        fmt::print("  {:<12} {}\n", protocol, count.get<std::uint64_t>());
    for (const char* part : {"store", "engine"}) {
        fmt::print("{}\n", part);
        for (const auto& [name, value] : status[part].items())
            fmt::print("  {:<28} {}\n", name, value.get<std::uint64_t>());
    }
}

void show_sessions(const Json& sessions) {
    Table table({"id", "protocol", "user", "address", "tls", "client", "folder", "state", "idle", "since"});
    for (const Json& row : sessions) {
        std::string layers = row["tls"];
        if (row["compressed"].get<bool>()) layers += layers.empty() ? "deflate" : " deflate";
        std::string state = row["state"];
        if (const std::string node = row["node"]; !node.empty()) state += " to " + node;
        table.add({std::to_string(row["id"].get<std::uint64_t>()), row["protocol"], row["user"],
                   row["address"], layers, row["client"], row["folder"], state,
                   human_seconds(static_cast<std::uint64_t>(std::max<std::int64_t>(0, row["idle_seconds"]))),
                   row["since"]});
    }
    table.print();
}

void show_check(const Json& report) {
    fmt::print("{} accounts, {} folders, {} messages, {} blobs, {}\n",
               report["accounts"].get<std::uint64_t>(), report["folders"].get<std::uint64_t>(),
               report["messages"].get<std::uint64_t>(), report["blobs"].get<std::uint64_t>(),
               human_bytes(report["bytes"]));
    for (const Json& problem : report["problems"])
        fmt::print("problem: {}\n", printable(problem.get<std::string>()));
    const auto total = report["problems_total"].get<std::uint64_t>();
    if (const auto leaked = report["leaked_blobs"].get<std::uint64_t>(); leaked != 0)
        fmt::print("{} unreachable blobs, which the collector will remove\n", leaked);
    fmt::print("{}\n", total == 0 ? "the store is sound" : fmt::format("{} problems", total));
}

void show_search(const Json& status) {
    const auto number = [&](const char* name) { return status[name].get<std::uint64_t>(); };
    if (status.contains("documents")) {
        fmt::print("{} messages, {} of them wait to be indexed\n", number("messages"), number("waiting"));
        fmt::print("index: {} documents in {} segments, {}\n", number("documents"), number("segments"),
                   human_bytes(status["bytes"]));
        return;
    }
    fmt::print("{} accounts wait, {} messages of those at work\n", number("accounts_waiting"),
               number("messages_waiting"));
    fmt::print("since the start: {} messages indexed in {:.1f} s of cpu, {} segments written, {} merged\n",
               number("messages_indexed"), static_cast<double>(number("cpu_ms")) / 1000,
               number("segments_written"), number("segments_merged"));
    if (number("segments_damaged") != 0 || number("failures") != 0)
        fmt::print("{} damaged segments made anew, {} failures\n", number("segments_damaged"),
                   number("failures"));
}

void add_search(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("search", "the index of texts");
    family->require_subcommand(1);
    auto address = std::make_shared<std::string>();
    auto* status = family->add_subcommand("status", "how far it is, in all or of one account");
    status->add_option("address", *address);
    status->callback([=, &context] {
        Json arguments = Json::object();
        if (!address->empty()) arguments["address"] = *address;
        context.call("search.status", std::move(arguments), show_search);
    });
    auto* rebuild =
        family->add_subcommand("rebuild", "forget an account's index and make it anew in the background");
    rebuild->add_option("address", *address)->required();
    rebuild->callback([=, &context] {
        const Json arguments = {{"address", *address}};
        context.call("search.rebuild", arguments,
                     [](const Json&) { fmt::print("the index is being made anew\n"); });
    });
}

void add_session(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("session", "who is connected");
    family->require_subcommand(1);
    struct Values {
        std::string user, protocol, address;
        std::uint64_t id = 0;
    };
    auto values = std::make_shared<Values>();
    auto* list = family->add_subcommand("list", "all sessions");
    list->add_option("--user", values->user, "only of this user");
    list->add_option("--protocol", values->protocol, "only imap, pop3, smtp, submission, lmtp");
    list->callback([=, &context] {
        Json arguments = Json::object();
        if (!values->user.empty()) arguments["user"] = values->user;
        if (!values->protocol.empty()) arguments["protocol"] = values->protocol;
        context.call("session.list", std::move(arguments), show_sessions);
    });
    auto* kick = family->add_subcommand("kick", "end a session, or all of a user or an address");
    auto* id = kick->add_option("id", values->id, "of `barid session list`");
    auto* user = kick->add_option("--user", values->user, "all of this user")->excludes(id);
    kick->add_option("--address", values->address, "all from an address or a network, 192.0.2.0/24")
        ->excludes(id)
        ->excludes(user);
    kick->callback([=, &context] {
        if (values->user.empty() && values->address.empty() && id->count() == 0)
            throw CLI::RequiredError("id, --user or --address");
        Json arguments = Json::object();
        if (id->count() != 0) arguments["id"] = values->id;
        if (!values->user.empty()) arguments["user"] = values->user;
        if (!values->address.empty()) arguments["address"] = values->address;
        context.call("session.kick", std::move(arguments), [](const Json& result) {
            fmt::print("{} kicked\n", result["kicked"].get<std::uint64_t>());
        });
    });
}

}  // namespace

void add_server_commands(CLI::App& app, Context& context) {
    auto* status = app.add_subcommand("status", "how the running server is");
    status->callback([&context] { context.call("status", Json::object(), show_status); });
    add_session(app, context);
    add_search(app, context);

    auto* store = app.add_subcommand("store", "the mail store");
    store->require_subcommand(1);
    auto* check = store->add_subcommand("check", "prove that headers, pages, logs and blobs agree");
    check->callback([&context] {
        auto client = AdminClient::connect(context.socket);
        if (!client) return context.fail(client.error());
        auto report = client->call("store.check", Json::object());
        if (!report) return context.fail(report.error());
        if (context.json) {
            fmt::print("{}\n", report->dump());
        } else {
            show_check(*report);
        }
        if ((*report)["problems_total"].get<std::uint64_t>() != 0) context.exit_code = 3;
    });
    auto* collect = store->add_subcommand("collect", "one round of background work now");
    collect->callback([&context] {
        context.call("store.collect", Json::object(), [](const Json&) { fmt::print("done\n"); });
    });

    auto* log = app.add_subcommand("log", "the server's log");
    log->require_subcommand(1);
    struct Values {
        std::string level, module;
    };
    auto values = std::make_shared<Values>();
    auto* level = log->add_subcommand("level", "change a level while the server runs");
    level->add_option("level", values->level, "trace, debug, info, warn, error, off")->required();
    level->add_option("--module", values->module, "only of this one: imap, store, net …");
    level->callback([=, &context] {
        const Json arguments = {{"level", values->level}, {"module", values->module}};
        context.call("log.level", arguments, [](const Json&) { fmt::print("level changed\n"); });
    });
}

}  // namespace cli

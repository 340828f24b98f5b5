// barid dmarc report | tls report: what others say about our mail; report send: what we say about theirs.
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

struct Values {
    std::string domain;
    std::uint64_t days = 30, max = 1'000;
};
using ValuesPtr = std::shared_ptr<Values>;

std::string word(const Json& row, const char* name) { return printable(row.value(name, std::string())); }
std::string count(const Json& row, const char* name) {
    return std::to_string(row.value(name, std::uint64_t{0}));
}

void show_list(const Json& reports) {
    Table table({"domain", "from", "begin", "end", "pass", "fail", "id"});
    for (const Json& one : reports)
        table.add({word(one, "domain"), word(one, "organization"), word(one, "begin"), word(one, "end"),
                   count(one, "pass"), count(one, "fail"), word(one, "id")});
    table.print();
    fmt::print("{} reports\n", reports.size());
}

void show_head(const Json& result, const char* what) {
    fmt::print("{}: {} {} passed, {} failed, in {} reports\n", word(result, "domain"), count(result, "pass"),
               what, count(result, "fail"), count(result, "reports"));
    for (const auto& [name, reports] : result["reporters"].items())
        fmt::print("  {} by {}\n", reports.get<std::uint64_t>(), printable(name));
}

void show_dmarc(const Json& result) {
    show_head(result, "messages");
    Table table({"source", "messages", "pass", "fail", "dkim", "spf", "quarantined", "rejected", "from"});
    for (const Json& one : result["sources"])
        table.add({word(one, "ip"), count(one, "messages"), count(one, "pass"), count(one, "fail"),
                   count(one, "dkim"), count(one, "spf"), count(one, "quarantined"), count(one, "rejected"),
                   word(one, "from")});
    table.print();
}

void show_tls(const Json& result) {
    show_head(result, "sessions");
    Table table({"failure", "sessions", "policy", "host", "reason"});
    for (const Json& one : result["failures"])
        table.add({word(one, "result"), count(one, "sessions"), word(one, "policy"), word(one, "host"),
                   word(one, "reason")});
    table.print();
}

void add_family(CLI::App& app, Context& context, const char* kind, const char* what,
                void (*show_result)(const Json&)) {
    auto* outer = app.add_subcommand(kind, what);
    outer->require_subcommand(1);
    auto* family = outer->add_subcommand("report", "reports that came for mta.report_addresses");
    family->require_subcommand(1);
    const std::string operation = std::string(kind) + ".report.";
    auto values = std::make_shared<Values>();
    auto* list = family->add_subcommand("list", "newest first");
    list->add_option("domain", values->domain, "only of this one");
    list->add_option("--days", values->days, "of the last days");
    list->add_option("--max", values->max, "so many at most");
    list->callback([=, &context] {
        Json arguments = {{"days", values->days}, {"max", values->max}};
        if (!values->domain.empty()) arguments["domain"] = values->domain;
        context.call(operation + "list", std::move(arguments), show_list);
    });
    auto* show = family->add_subcommand("show", "what they say together");
    show->add_option("domain", values->domain)->required();
    show->add_option("--days", values->days, "of the last days");
    show->callback([=, &context] {
        context.call(operation + "show", Json{{"domain", values->domain}, {"days", values->days}},
                     show_result);
    });
}

}  // namespace

void add_report_commands(CLI::App& app, Context& context) {
    add_family(app, context, "dmarc", "how mail from our domains fares elsewhere", show_dmarc);
    add_family(app, context, "tls", "how TLS with our hosts goes for others", show_tls);
    auto* report = app.add_subcommand("report", "what other domains hear from us");
    report->require_subcommand(1);
    auto* send = report->add_subcommand("send", "send now what has gathered, today's too");
    send->callback([&context] {
        context.call("reports.send", Json::object(), [](const Json& sent) {
            fmt::print("{} DMARC and {} TLS reports sent, {} that nobody wants, {} wait\n",
                       count(sent, "dmarc"), count(sent, "tls"), count(sent, "unwanted"),
                       count(sent, "waiting"));
        });
    });
}

}  // namespace cli

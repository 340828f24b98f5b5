// barid quarantine
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

struct Values {
    std::string id, before;
    std::vector<std::string> ids, to;
    std::uint64_t max = 1'000;
};

std::string text_of(const Json& row, const char* name) { return printable(row.value(name, std::string())); }

std::string recipients_of(const Json& row) {
    const Json& all = row["recipients"];
    if (all.empty()) return {};
    std::string out = printable(all[0].get<std::string>());
    if (all.size() > 1) out += fmt::format(" and {} more", all.size() - 1);
    return out;
}

void show_list(const Json& messages) {
    Table table({"id", "time", "size", "from", "to", "subject", "reason"});
    for (const Json& one : messages)
        table.add({one["id"], one["time"], human_bytes(one["bytes"].get<std::uint64_t>()),
                   "<" + text_of(one, "from") + ">", recipients_of(one), text_of(one, "subject"),
                   text_of(one, "reason")});
    table.print();
    fmt::print("{} messages\n", messages.size());
}

/// Lines with what a terminal must not see replaced.
void print_lines(const std::string& text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.pop_back();
        fmt::print("{}\n", printable(line));
        at = end + 1;
    }
}

void show_one(const Json& message) {
    fmt::print("id          {}\ntime        {}\nfilter      {}\nreason      {}\nfrom        <{}>\n",
               text_of(message, "id"), text_of(message, "time"), text_of(message, "filter"),
               text_of(message, "reason"), text_of(message, "from"));
    for (const Json& one : message["recipients"])
        fmt::print("to          <{}>\n", printable(one.get<std::string>()));
    fmt::print("client      {}\nuser        {}\nsize        {}\n\n", text_of(message, "client"),
               text_of(message, "user"), human_bytes(message["bytes"].get<std::uint64_t>()));
    print_lines(message.value("header", std::string()));
    fmt::print("\n");
    print_lines(message.value("body", std::string()));
    if (!message.value("whole", true)) fmt::print("…\n");
}

std::function<void(const Json&)> said(Context& context, const char* what) {
    return [&context, what](const Json& result) {
        for (const Json& id : result["done"]) fmt::print("{} {}\n", id.get<std::string>(), what);
        for (const Json& one : result["failed"]) {
            fmt::print(stderr, "{}: {}\n", printable(one["id"].get<std::string>()),
                       printable(one["why"].get<std::string>()));
            context.exit_code = 1;
        }
    };
}

}  // namespace

void add_quarantine_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("quarantine", "messages that a filter holds back");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    auto* list = family->add_subcommand("list", "newest first");
    list->add_option("--before", values->before, "those before this id: the next page");
    list->add_option("--max", values->max, "so many at most");
    list->callback([=, &context] {
        Json arguments = {{"max", values->max}};
        if (!values->before.empty()) arguments["before"] = values->before;
        context.call("quarantine.list", std::move(arguments), show_list);
    });
    auto* show =
        family->add_subcommand("show", "one message: envelope, reason, header and the body's beginning");
    show->add_option("id", values->id)->required();
    show->callback([=, &context] {
        Json arguments = {{"quarantine_id", values->id}};
        context.call("quarantine.show", std::move(arguments), show_one);
    });
    auto* release = family->add_subcommand("release", "send on to the recipients, without another look");
    release->add_option("ids", values->ids)->required();
    release->add_option("--to", values->to, "to these addresses instead");
    release->callback([=, &context] {
        Json arguments = {{"ids", values->ids}};
        if (!values->to.empty()) arguments["to_addresses"] = values->to;
        context.call("quarantine.release", std::move(arguments), said(context, "released"));
    });
    auto* remove = family->add_subcommand("remove", "for good");
    remove->add_option("ids", values->ids)->required();
    remove->callback([=, &context] {
        Json arguments = {{"ids", values->ids}};
        context.call("quarantine.remove", std::move(arguments), said(context, "removed"));
    });
}

}  // namespace cli

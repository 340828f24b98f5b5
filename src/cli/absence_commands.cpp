// barid oof: what is answered in the place of those who are out of office
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

struct Values {
    std::string mailbox, text, external_text, external_to = "all", start, end;
    bool html = false;
};
using ValuesPtr = std::shared_ptr<Values>;

void show_reply(const char* who, const Json& reply) {
    fmt::print("{:10} {}\n", who,
               reply["enabled"].get<bool>() ? printable(reply["text"].get<std::string>()) : "no answer");
}

void show(const Json& row) {
    fmt::print("{:10} {}\n", "state", row["state"].get<std::string>());
    if (!row["start"].get<std::string>().empty())
        fmt::print("{:10} {} to {}\n", "time", printable(row["start"].get<std::string>()),
                   printable(row["end"].get<std::string>()));
    show_reply("colleagues", row["internal"]);
    show_reply("contacts", row["contacts"]);
    show_reply("others", row["others"]);
}

CLI::App* subcommand(CLI::App* family, const ValuesPtr& values, const char* name, const char* what) {
    auto* command = family->add_subcommand(name, what);
    command->add_option("mailbox", values->mailbox, "an address of the mailbox")->required();
    return command;
}

}  // namespace

void add_absence_commands(CLI::App& app, Context& context) {
    auto* family = app.add_subcommand("oof", "answers in the place of those who are out of office");
    family->require_subcommand(1);
    auto values = std::make_shared<Values>();
    const auto named = [values] { return Json{{"mailbox", values->mailbox}}; };
    const auto said = [values](const char* what) {
        return [values, what](const Json&) {
            fmt::print("out-of-office answers of {} {}\n", printable(values->mailbox), what);
        };
    };
    auto* show_it = subcommand(family, values, "show", "what is answered, and when");
    show_it->callback([=, &context] { context.call("oof.show", named(), show); });
    auto* set = subcommand(family, values, "set", "answer from now on, or between two times");
    set->add_option("--text", values->text, "what people hear")->required();
    set->add_option("--external-text", values->external_text,
                    "what people of other post offices hear instead");
    set->add_option("--external-to", values->external_to, "which of those: all, contacts, nobody")
        ->check(CLI::IsMember({"all", "contacts", "nobody"}));
    set->add_option("--start", values->start, "2026-12-01T00:00:00Z; with --end");
    set->add_option("--end", values->end, "when it is over");
    set->add_flag("--html", values->html, "the texts are HTML");
    set->callback([=, &context] {
        Json arguments = named();
        arguments["text"] = values->text;
        if (set->count("--external-text") != 0) arguments["external_text"] = values->external_text;
        arguments["external_to"] = values->external_to;
        arguments["html"] = values->html;
        if (!values->start.empty()) arguments["start"] = values->start;
        if (!values->end.empty()) arguments["end"] = values->end;
        context.call("oof.set", std::move(arguments), said("set"));
    });
    auto* off = subcommand(family, values, "off", "answer no more; the texts are kept");
    off->callback([=, &context] { context.call("oof.off", named(), said("switched off")); });
}

}  // namespace cli

// What an operator reads: check, show, explain, and the reference page.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/keys.hpp"

namespace config {
namespace {

std::string default_of(const Key& key) {
    if (key.required) return "none: it must be set";
    if (key.initial.empty()) return key.type == Type::list ? "[]" : key.type == Type::levels ? "{}" : "\"\"";
    const auto value = value_of(key.type, key.bounds, key.initial);
    return value ? to_toml(key.type, *value) : std::string(key.initial);
}

/// "from 1 to 1024", or the words; empty where anything goes.
std::string range_of(const Key& key) {
    if (key.type == Type::choice) {
        std::string words(key.bounds.choices);
        std::ranges::replace(words, ' ', '|');
        return words;
    }
    if (key.type != Type::count && key.type != Type::size && key.type != Type::duration) return {};
    Value least, most;
    least.number = key.bounds.min;
    most.number = key.bounds.max;
    std::string out = fmt::format("from {} to {}", to_toml(key.type, least), to_toml(key.type, most));
    std::erase(out, '"');
    return out;
}

void explain(std::string& out, const Key& key) {
    fmt::format_to(std::back_inserter(out), "{}\n    {}\n    is {}", key.name, key.doc, describe(key.type));
    const std::string range = range_of(key);
    if (!range.empty()) out += ", " + range;
    fmt::format_to(std::back_inserter(out), "\n    default: {}\n", default_of(key));
}

/// The table a key is in: "" for those of the file's top.
std::string_view table_of(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view last_part(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string count_of(std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

Problem problem_of(const Config& config, std::string_view key, std::string text) {
    Problem out;
    out.text = std::move(text);
    const auto found = std::ranges::find(config.settings, key, &Setting::key);
    if (found == config.settings.end()) return out;
    const std::size_t colon = found->origin.rfind(':');
    out.file = found->origin.substr(0, colon);
    if (colon == std::string::npos) return out;  // a default is on no line
    const char* const end = found->origin.data() + found->origin.size();
    std::from_chars(found->origin.data() + colon + 1, end, out.line);
    out.column = out.line == 0 ? 0 : 1;
    return out;
}

Text check_text(const std::string& path, const Examine& examine) {
    auto loaded = load(path);
    Text out;
    std::vector<Problem> problems = loaded ? loaded->warnings : loaded.error();
    if (loaded && examine) {
        const std::vector<Problem> more = examine(*loaded);
        problems.insert(problems.end(), more.begin(), more.end());
    }
    std::size_t errors = 0;
    for (const Problem& one : problems) {
        out.text += to_string(one) + '\n';
        if (!one.warning) ++errors;
    }
    out.good = errors == 0;
    const std::size_t warnings = problems.size() - errors;
    out.text +=
        out.good ? fmt::format("{}: ok", path) : fmt::format("{}: {}", path, count_of(errors, "error"));
    if (warnings != 0) out.text += ", " + count_of(warnings, "warning");
    out.text += '\n';
    return out;
}

Text show_text(const std::string& path, bool origin) {
    auto loaded = load(path);
    if (!loaded) return check_text(path);
    Text out;
    std::string table;
    for (const Setting& one : loaded->settings) {
        const std::string current(table_of(one.key));
        if (current != table) {
            table = current;
            out.text += '\n' +
                        (table.find('[') != std::string::npos
                             ? fmt::format("[[{}]]", table.substr(0, table.find('[')))
                             : fmt::format("[{}]", table)) +
                        '\n';
        }
        out.text += fmt::format("{} = {}", last_part(one.key), one.value);
        if (origin) out.text += fmt::format("  # {}", one.origin);
        out.text += '\n';
    }
    return out;
}

Text explain_text(std::string_view wanted) {
    Text out;
    for (const std::string_view table : item_tables)
        if (wanted == fmt::format("{}[]", table) || wanted == fmt::format("[[{}]]", table)) wanted = table;
    for (const Key& key : keys()) {
        if (wanted.empty() || key.name == wanted || (is_table(wanted) && table_of(key.name) == wanted)) {
            if (!out.text.empty()) out.text += '\n';
            explain(out.text, key);
        }
    }
    if (!out.text.empty()) return out;
    std::vector<std::string> known;
    for (const Key& key : keys()) {
        known.emplace_back(key.name);
        if (!table_of(key.name).empty()) known.emplace_back(table_of(key.name));
    }
    const std::string hint = nearest(wanted, known);
    out.good = false;
    out.text = fmt::format("no key '{}'", wanted);
    if (!hint.empty()) out.text += fmt::format("; the nearest is '{}'", hint);
    out.text += '\n';
    return out;
}

std::string reference_markdown() {
    std::string out =
        "# Configuration\n\n"
        "`barid serve -c barid.toml` reads one TOML file. Only `hostname` is needed. The file says how the "
        "process runs;\n"
        "who exists (post offices, domains, mailboxes) is in the store and changed by commands.\n\n"
        "`barid config check` tells every fault with its line and column, `barid config show --origin` the "
        "values in\n"
        "effect, `barid config explain KEY` what is written here. This page is made from the same table.\n\n"
        "Sizes and times are texts with a unit (\"64MiB\", \"1h30m\") or numbers (octets, seconds). Without "
        "any\n"
        "`[[listener]]` the standard ones run: imap 143, imaps 993, pop3 110, pop3s 995, smtp 25, submission "
        "587,\n"
        "submissions 465, and lmtp on 127.0.0.1:24.\n";
    std::string_view table = "-";
    for (const Key& key : keys()) {
        if (table_of(key.name) != table) {
            table = table_of(key.name);
            const std::string title = table.empty() ? "Top of the file" : fmt::format("`[{}]`", table);
            out += fmt::format("\n## {}\n\n", is_item_table(table) ? fmt::format("`[[{}]]`", table) : title);
            out += "| key | is | default | |\n|---|---|---|---|\n";
        }
        std::string is(describe(key.type));
        std::string range = range_of(key);
        std::ranges::replace(range, '|', ' ');
        if (key.type == Type::choice)
            is = "one of: " + range;
        else if (!range.empty())
            is += ", " + range;
        out += fmt::format("| `{}` | {} | {} | {} |\n", last_part(key.name), is,
                           key.required ? "must be set" : fmt::format("`{}`", default_of(key)), key.doc);
    }
    return out;
}

}  // namespace config

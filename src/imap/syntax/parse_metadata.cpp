// GETMETADATA and SETMETADATA: RFC 5464 section 5. RETURN (METADATA …) of LIST: RFC 9590.
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using cmd::GetMetadata;

/// getmetadata-option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
bool parse_option(Cursor& in, GetMetadata& out) {
    if (in.skip_word("MAXSIZE")) {
        std::uint32_t size = 0;
        if (!in.space() || !in.number(size)) return false;
        out.size_max = size;
        return true;
    }
    if (!in.skip_word("DEPTH")) return in.fail("unknown option of GETMETADATA");
    std::string depth;
    if (!in.space() || !in.upper_atom(depth)) return false;
    if (depth == "0") {
        out.depth = GetMetadata::Depth::self;
    } else if (depth == "1") {
        out.depth = GetMetadata::Depth::children;
    } else if (depth == "INFINITY") {
        out.depth = GetMetadata::Depth::all;
    } else {
        return in.fail("unknown depth");
    }
    return true;
}

/// True when "(" opens options, not entries, which begin with "/".
bool at_options(const Cursor& in) {
    const std::string_view rest = in.rest();
    return rest.size() > 1 && rest[0] == '(' && rest[1] != '/' && rest[1] != '"' && rest[1] != '{';
}

bool parse_options(Cursor& in, GetMetadata& out) {
    return in.open() && parse_items(in, [&] { return parse_option(in, out); });
}

bool parse_entry_name(Cursor& in, std::string& out) {
    const std::size_t start = in.offset();
    if (!in.astring(out)) return in.fail("expected entry name");
    // RFC 5464 section 5: a path; no wildcards.
    const bool path = out.starts_with('/') && out.find_first_of("*%") == std::string::npos;
    return path || in.fail_at("not the name of an entry", start);
}

/// The server as a whole is "", which is no mailbox name.
bool parse_place(Cursor& in, std::string& out) {
    if (in.rest().starts_with("\"\"")) {
        in.advance(2);
        out.clear();
        return true;
    }
    return parse_mailbox(in, out);
}

/// value = nstring / literal8
bool parse_value(Cursor& in, std::optional<std::string>& out) {
    if (in.rest().starts_with("~{")) in.advance(1);
    return in.nstring(out);
}
}  // namespace

/// entries = entry / "(" entry *(SP entry) ")"
bool parse_metadata_entries(Cursor& in, std::vector<std::string>& out) {
    const auto entry = [&] { return parse_entry_name(in, out.emplace_back()); };
    return in.skip('(') ? parse_items(in, entry) : entry();
}

/// getmetadata = "GETMETADATA" [SP options] SP mailbox SP entries. The RFC's own examples have the options
/// behind the mailbox: both are taken.
Parsed<Command> parse_get_metadata(Cursor& in) {
    GetMetadata command;
    if (!in.space()) return in.error();
    if (in.peek() == '(' && (!parse_options(in, command) || !in.space())) return in.error();
    if (!parse_place(in, command.mailbox) || !in.space()) return in.error();
    if (at_options(in) && (!parse_options(in, command) || !in.space())) return in.error();
    if (!parse_metadata_entries(in, command.entries)) return in.error();
    // The examples of RFC 5464 section 4.4.1 name entries without parentheses.
    while (in.skip(' ') && !in.at_end()) {
        const bool room = command.entries.size() < ParseLimits::list_items_max || in.fail("too many entries");
        if (!room || !parse_entry_name(in, command.entries.emplace_back())) return in.error();
    }
    if (!in.end()) return in.error();
    return Command(std::move(command));
}

/// setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"
Parsed<Command> parse_set_metadata(Cursor& in) {
    cmd::SetMetadata command;
    const auto entry = [&] {
        auto& [name, value] = command.entries.emplace_back();
        return parse_entry_name(in, name) && in.space() && parse_value(in, value);
    };
    if (!in.space() || !parse_place(in, command.mailbox) || !in.space() || !in.open() ||
        !parse_items(in, entry) || !in.end())
        return in.error();
    return Command(std::move(command));
}

}  // namespace imap

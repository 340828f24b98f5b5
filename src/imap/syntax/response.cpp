#include "imap/syntax/response.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/utf7imap.hpp"
#include "base/utf8.hpp"
#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
/// Longer strings are literals: several clients read a quoted string into a line buffer.
constexpr std::size_t quoted_bytes_max = 8000;

/// The octets as a quoted string. What it cannot hold becomes a space.
void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    for (;;) {
        const std::size_t stop = text.find_first_of(std::string_view("\"\\\r\n\0", 5));
        out.append(text.substr(0, stop));
        if (stop == std::string_view::npos) break;
        const bool escapable = text[stop] == '"' || text[stop] == '\\';
        if (escapable) out.push_back('\\');
        out.push_back(escapable ? text[stop] : ' ');
        text.remove_prefix(stop + 1);
    }
    out.push_back('"');
}

/// RFC 9051 section 9: a literal holds any octet but NUL, which becomes "?".
void append_literal(std::string& out, std::string_view text) {
    out.push_back('{');
    write_number(out, text.size());
    out.append("}\r\n");
    const std::size_t start = out.size();
    out.append(text);
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', '?');
}

bool can_be_quoted(std::string_view text, WriteMode mode) {
    if (text.size() > quoted_bytes_max ||
        text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        return false;
    return base::is_ascii(text) || (mode.utf8 && base::is_utf8(text));
}

std::string_view word(Condition condition) {
    switch (condition) {
        case Condition::ok:
            return "OK ";
        case Condition::no:
            return "NO ";
        case Condition::bad:
            return "BAD ";
        case Condition::bye:
            return "BYE ";
        case Condition::preauth:
            return "PREAUTH ";
    }
    return "BAD ";
}

/// resp-text: TEXT-CHARs only, and no "[" at its start that would be read as a code.
void append_text(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    out.append(text);
    for (std::size_t i = start; i < out.size(); ++i) {
        if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
        if (static_cast<unsigned char>(out[i]) >= 0x80) out[i] = '?';
    }
}

void write_count(std::string& out, std::uint32_t count, std::string_view name) {
    out.append("* ");
    write_number(out, count);
    out.append(name);
}

std::string numbered(std::string_view name, std::uint64_t number) {
    std::string out(name);
    write_number(out, number);
    return out;
}

constexpr std::array<std::string_view, 5> system_flag_names{"\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
                                                            "\\Draft"};
}  // namespace

void write_number(std::string& out, std::uint64_t number) {
    std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void write_string(std::string& out, std::string_view text, WriteMode mode) {
    if (can_be_quoted(text, mode)) {
        append_quoted(out, text);
    } else {
        append_literal(out, text);
    }
}

void write_nstring(std::string& out, const std::optional<std::string_view>& text, WriteMode mode) {
    if (text) {
        write_string(out, *text, mode);
    } else {
        out.append("NIL");
    }
}

void write_astring(std::string& out, std::string_view text, WriteMode mode) {
    const bool is_atom =
        !text.empty() && !equals_upper(text, "NIL") &&
        std::all_of(text.begin(), text.end(), [](char c) { return is_in(astring_chars, c); });
    if (is_atom) {
        out.append(text);
    } else {
        write_string(out, text, mode);
    }
}

void write_mailbox(std::string& out, std::string_view name, WriteMode mode) {
    if (mode.utf8 && base::is_utf8(name)) {
        append_quoted(out, name);
        return;
    }
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return c >= 0x20 && c < 0x7F && c != '&' && c != '"' && c != '\\';
    });
    if (plain) {
        out.push_back('"');
        out.append(name);
        out.push_back('"');
    } else {
        append_quoted(out, base::utf8_to_utf7imap(name));
    }
}

void write_flag_list(std::string& out, const FlagList& flags) {
    out.push_back('(');
    bool first = true;
    const auto add = [&](std::string_view name) {
        if (!first) out.push_back(' ');
        first = false;
        out.append(name);
    };
    for (std::size_t bit = 0; bit < system_flag_names.size(); ++bit)
        if ((flags.system >> bit & 1U) != 0) add(system_flag_names[bit]);
    for (const std::string& keyword : flags.keywords) add(keyword);
    out.push_back(')');
}

void write_condition(std::string& out, std::string_view tag, Condition condition, std::string_view code,
                     std::string_view text) {
    out.append(tag);
    out.push_back(' ');
    out.append(word(condition));
    if (!code.empty()) {
        out.push_back('[');
        out.append(code);
        out.append("] ");
    }
    append_text(out, text);
    out.append("\r\n");
}

void write_continuation(std::string& out, std::string_view text) {
    out.append("+ ");
    append_text(out, text);
    out.append("\r\n");
}

namespace code {
std::string no_update(std::string_view tag) { return std::string("NOUPDATE \"").append(tag).append("\""); }
std::string undefined_filter(std::string_view name) { return std::string("UNDEFINED-FILTER ").append(name); }
std::string uid_validity(std::uint32_t value) { return numbered("UIDVALIDITY ", value); }
std::string uid_next(base::Uid next) { return numbered("UIDNEXT ", next.value); }
std::string highest_mod_seq(base::ModSeq value) { return numbered("HIGHESTMODSEQ ", value.value); }
std::string unseen(base::SeqNum first) { return numbered("UNSEEN ", first.value); }

std::string append_uid(std::uint32_t uid_validity, std::span<const base::Uid> uids) {
    std::string out = numbered("APPENDUID ", uid_validity);
    out.push_back(' ');
    write_ids(out, uids);
    return out;
}

std::string copy_uid(std::uint32_t uid_validity, std::span<const base::Uid> source,
                     std::span<const base::Uid> destination) {
    std::string out = numbered("COPYUID ", uid_validity);
    out.push_back(' ');
    write_ids(out, source);
    out.push_back(' ');
    write_ids(out, destination);
    return out;
}

std::string modified(std::span<const NumberRange> numbers) {
    std::string out = "MODIFIED ";
    write_set(out, numbers);
    return out;
}

std::string message_limit(std::uint32_t most, base::Uid lowest) {
    std::string out = "MESSAGELIMIT " + std::to_string(most);
    if (lowest) out.append(" ").append(std::to_string(lowest.value));
    return out;
}

std::string capability(std::string_view capabilities) {
    return std::string("CAPABILITY ").append(capabilities);
}

std::string permanent_flags(const FlagList& flags, bool new_keywords) {
    std::string out = "PERMANENTFLAGS ";
    write_flag_list(out, flags);
    if (!new_keywords) return out;
    out.pop_back();
    out.append(out.back() == '(' ? "\\*)" : " \\*)");
    return out;
}

std::string bad_url(std::string_view url) { return std::string("BADURL ").append(url); }

std::string mailbox_id(std::string_view id) { return std::string("MAILBOXID (").append(id).append(")"); }
}  // namespace code

void write_capability(std::string& out, std::string_view capabilities) {
    out.append("* CAPABILITY ").append(capabilities).append("\r\n");
}

void write_enabled(std::string& out, std::span<const std::string> capabilities) {
    out.append("* ENABLED");
    for (const std::string& capability : capabilities) out.append(" ").append(capability);
    out.append("\r\n");
}

void write_flags(std::string& out, const FlagList& flags) {
    out.append("* FLAGS ");
    write_flag_list(out, flags);
    out.append("\r\n");
}

void write_exists(std::string& out, std::uint32_t count) { write_count(out, count, " EXISTS\r\n"); }
void write_recent(std::string& out, std::uint32_t count) { write_count(out, count, " RECENT\r\n"); }
void write_expunge(std::string& out, base::SeqNum seq) { write_count(out, seq.value, " EXPUNGE\r\n"); }

void write_uid_batches(std::string& out, std::string_view tag, std::span<const NumberRange> batches) {
    out.append("* UIDBATCHES (TAG ");
    append_quoted(out, tag);
    out.push_back(')');
    char before = ' ';
    for (const NumberRange& batch : batches) {
        out.push_back(std::exchange(before, ','));
        write_number(out, batch.last);
        out.push_back(':');
        write_number(out, batch.first);
    }
    out.append("\r\n");
}

void write_vanished(std::string& out, bool earlier, std::span<const NumberRange> uids) {
    if (uids.empty()) return;
    out.append(earlier ? "* VANISHED (EARLIER) " : "* VANISHED ");
    write_set(out, uids);
    out.append("\r\n");
}

}  // namespace imap

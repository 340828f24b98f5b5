#include "pop3/syntax/parse_command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/base64.hpp"

namespace pop3 {
namespace {

using Result = base::Result<Command, ParseError>;

ParseError syntax(const char* what) { return {ParseError::Kind::syntax, what}; }

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return out;
}

/// The next word of `rest`; blanks around it go. Clients send more than one space, and spaces at the end.
std::string_view word(std::string_view& rest) {
    const auto begin = rest.find_first_not_of(' ');
    rest.remove_prefix(std::min(begin, rest.size()));
    const auto out = rest.substr(0, rest.find(' '));
    rest.remove_prefix(out.size());
    return out;
}
bool nothing_left(std::string_view rest) { return rest.find_first_not_of(' ') == std::string_view::npos; }

/// 1*DIGIT. A number that no mailbox has reads as the greatest: it will not be found, and nothing wraps.
template <class Int>
bool number(std::string_view text, Int& out) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec == std::errc::result_out_of_range) out = std::numeric_limits<Int>::max();
    return true;
}

template <class C>
Result plain(std::string_view rest) {
    if (!nothing_left(rest)) return syntax("no argument expected");
    return Command(C{});
}

/// DELE msg, RETR msg                                       RFC 1939 section 5
template <class C>
Result with_number(std::string_view rest) {
    C out;
    if (!number(word(rest), out.number)) return syntax("message number expected");
    if (!nothing_left(rest)) return syntax("one argument expected");
    return Command(out);
}

/// LIST [msg], UIDL [msg]                                   RFC 1939 sections 5, 7
template <class C>
Result with_optional_number(std::string_view rest) {
    C out;
    if (nothing_left(rest)) return Command(out);
    std::uint32_t value = 0;
    if (!number(word(rest), value)) return syntax("message number expected");
    if (!nothing_left(rest)) return syntax("one argument at most");
    out.number = value;
    return Command(out);
}

/// TOP msg n                                                RFC 1939 section 7
Result top(std::string_view rest) {
    cmd::Top out;
    if (!number(word(rest), out.number)) return syntax("message number expected");
    if (!number(word(rest), out.lines)) return syntax("number of lines expected");
    if (!nothing_left(rest)) return syntax("two arguments expected");
    return Command(out);
}

/// USER name. A name may hold spaces: it is all the rest.   RFC 1939 section 7
Result user(std::string_view rest) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    while (rest.ends_with(' ')) rest.remove_suffix(1);
    if (rest.empty()) return syntax("name expected");
    return Command(cmd::User{std::string(rest)});
}

/// PASS string: "Since the PASS command has exactly one argument, a POP3 server may treat spaces in the
/// argument as part of the password".                                    RFC 1939 section 7
Result pass(std::string_view rest) {
    if (rest.size() < 2) return syntax("password expected");
    return Command(cmd::Pass{base::Secret(std::string(rest.substr(1)))});
}

/// APOP name digest                                         RFC 1939 section 7
Result apop(std::string_view rest) {
    while (rest.ends_with(' ')) rest.remove_suffix(1);
    const auto space = rest.rfind(' ');
    if (space == std::string_view::npos || space == 0) return syntax("name and digest expected");
    const auto name = rest.substr(1, space - 1), digest = rest.substr(space + 1);
    if (name.empty() || digest.size() != 32 ||
        digest.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
        return syntax("name and digest expected");
    }
    return Command(cmd::Apop{std::string(name), std::string(digest)});
}

/// auth-command = "AUTH" SP sasl-mech [SP initial-response]  RFC 5034 section 4
Result auth(std::string_view rest) {
    cmd::Auth out;
    out.mechanism = upper(word(rest));
    const auto initial = word(rest);
    if (!nothing_left(rest)) return syntax("mechanism and initial response expected");
    if (initial == "=") {
        out.initial.emplace();
    } else if (!initial.empty()) {
        out.initial = base::base64_decode(initial);
        if (!out.initial) return syntax("initial response is not base64");
    }
    return Command(std::move(out));
}

/// LANG [range]                                             RFC 6856 section 3.2
Result lang(std::string_view rest) {
    cmd::Lang out;
    out.range = word(rest);
    if (!nothing_left(rest)) return syntax("one argument at most");
    return Command(std::move(out));
}

struct Row {
    CommandSpec spec;
    Result (*parse)(std::string_view rest);
};
constexpr std::uint8_t before = 1U << static_cast<unsigned>(State::authorization);
constexpr std::uint8_t after = 1U << static_cast<unsigned>(State::transaction);
constexpr std::array table{
    Row{{"APOP", before}, apop},
    Row{{"AUTH", before}, auth},
    Row{{"CAPA", before | after}, plain<cmd::Capa>},
    Row{{"DELE", after}, with_number<cmd::Dele>},
    Row{{"LANG", before | after}, lang},
    Row{{"LIST", after}, with_optional_number<cmd::List>},
    Row{{"NOOP", after}, plain<cmd::Noop>},
    Row{{"PASS", before}, pass},
    Row{{"QUIT", before | after}, plain<cmd::Quit>},
    Row{{"RETR", after}, with_number<cmd::Retr>},
    Row{{"RSET", after}, plain<cmd::Rset>},
    Row{{"STAT", after}, plain<cmd::Stat>},
    Row{{"STLS", before}, plain<cmd::Stls>},
    Row{{"TOP", after}, top},
    Row{{"UIDL", after}, with_optional_number<cmd::Uidl>},
    Row{{"USER", before}, user},
    Row{{"UTF8", before}, plain<cmd::Utf8>},
};

}  // namespace

base::Result<Parsed, ParseError> parse_command(std::string_view line) {
    const auto name_end = std::min(line.find(' '), line.size());
    const std::string name = upper(line.substr(0, name_end));
    const auto row = std::ranges::find_if(table, [&](const Row& r) { return name == r.spec.name; });
    if (row == table.end()) return ParseError(ParseError::Kind::unknown, "unknown command");
    if (line.find('\0') != std::string_view::npos) return syntax("NUL in a command");
    auto command = row->parse(line.substr(name_end));
    if (!command) return command.error();
    Parsed out;
    out.spec = &row->spec;
    out.command = std::move(*command);
    return out;
}

}  // namespace pop3

// One function a command, named after it; the table is at the end.
#include "smtp/syntax/parse_command.hpp"

#include <array>
#include <charconv>

namespace smtp {
namespace {

Parsed<Command> no_arguments(Cursor& in, Command command) {
    in.skip_spaces();
    if (!in.done()) return replies::no_arguments;
    return command;
}

template <class C>
Parsed<Command> parse_bare(Cursor& in) {
    return no_arguments(in, C{});
}

/// NOOP, HELP and the HTTP verbs: whatever follows is ignored.
template <class C>
Parsed<Command> parse_any(Cursor&) {
    return Command(C{});
}

/// VRFY, EXPN and ETRN need something.
template <class C>
Parsed<Command> parse_string(Cursor& in) {
    in.skip_spaces();
    if (in.done()) return replies::argument_needed;
    return Command(C{});
}

/// ehlo = "EHLO" SP ( Domain / address-literal ). Names that are not quite domains are in use and harmless;
/// what could break a Received field (blanks, parentheses, controls, 8-bit) is refused (RFC 5321
/// section 4.1.4).
Parsed<Command> parse_hello(Cursor& in, cmd::Hello::Kind kind) {
    if (!in.skip(' ')) return replies::hello_argument;
    in.skip_spaces();
    const std::string_view name = in.run(ch_hello);
    in.skip_spaces();
    if (name.empty() || name.size() > PathLimits::domain_max || !in.done()) return replies::hello_argument;
    cmd::Hello hello;
    hello.kind = kind;
    hello.name = std::string(name);
    return Command(std::move(hello));
}
Parsed<Command> parse_helo(Cursor& in) { return parse_hello(in, cmd::Hello::Kind::helo); }
Parsed<Command> parse_ehlo(Cursor& in) { return parse_hello(in, cmd::Hello::Kind::ehlo); }
Parsed<Command> parse_lhlo(Cursor& in) { return parse_hello(in, cmd::Hello::Kind::lhlo); }

/// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]
Parsed<Command> parse_mail(Cursor& in) {
    if (!in.skip(' ') || !in.skip_ignoring_case("FROM:")) return replies::mail_syntax;
    in.skip_spaces();  // quirk_space_after_colon: old scripts write "FROM: <a@b>"
    if (in.peek() != '<') return replies::mail_syntax;
    auto path = parse_reverse_path(in);
    if (!path) return path.error();
    auto parameters = parse_mail_parameters(in);
    if (!parameters) return parameters.error();
    if (path->eight_bit && !parameters->smtputf8) return replies::utf8_address;  // RFC 6531 section 3.5
    cmd::Mail mail;
    mail.from = std::move(*path);
    mail.parameters = std::move(*parameters);
    return Command(std::move(mail));
}

/// rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters]
Parsed<Command> parse_rcpt(Cursor& in) {
    if (!in.skip(' ') || !in.skip_ignoring_case("TO:")) return replies::rcpt_syntax;
    in.skip_spaces();
    if (in.peek() != '<') return replies::rcpt_syntax;
    auto path = parse_forward_path(in);
    if (!path) return path.error();
    auto parameters = parse_rcpt_parameters(in);
    if (!parameters) return parameters.error();
    cmd::Rcpt rcpt;
    rcpt.to = std::move(*path);
    rcpt.parameters = std::move(*parameters);
    return Command(std::move(rcpt));
}

/// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ], RFC 3030 section 2
Parsed<Command> parse_bdat(Cursor& in) {
    if (!in.skip(' ')) return replies::bdat_syntax;
    in.skip_spaces();
    const std::string_view digits = in.run(ch_digit);
    if (digits.empty() || !(in.done() || in.peek() == ' ')) return replies::bdat_syntax;
    cmd::Bdat bdat;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bdat.size);
    in.skip_spaces();
    if (!in.done()) bdat.last = in.skip_ignoring_case("LAST");
    in.skip_spaces();
    if (error != std::errc() || !in.done()) return Command(cmd::BdatUncountable{});
    return Command(bdat);
}

/// auth-command = "AUTH" SP sasl-mech [SP initial-response], RFC 4954 section 4
Parsed<Command> parse_auth(Cursor& in) {
    if (!in.skip(' ')) return replies::auth_syntax;
    in.skip_spaces();
    cmd::Auth auth;
    for (const char c : in.until(' ')) {
        if (!is(c, ch_alpha | ch_digit) && c != '-' && c != '_') return replies::auth_syntax;
        auth.mechanism += c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
    }
    if (auth.mechanism.empty() || auth.mechanism.size() > 20) return replies::auth_syntax;
    in.skip_spaces();
    if (!in.done()) {
        const std::string_view initial = in.until(' ');
        in.skip_spaces();
        if (!in.done()) return replies::auth_syntax;
        auth.has_initial = true;
        auth.initial = base::Secret(std::string(initial));
    }
    return Command(std::move(auth));
}

constexpr std::array table{
    CommandSpec{.name = "MAIL", .parse = parse_mail, .needs_hello = true},
    CommandSpec{.name = "RCPT", .parse = parse_rcpt, .needs_hello = true},
    CommandSpec{.name = "DATA", .parse = parse_bare<cmd::Data>, .needs_hello = true},
    // Its chunk is eaten whatever the state (RFC 3030 section 2), so the handler itself says what is missing.
    CommandSpec{.name = "BDAT", .parse = parse_bdat, .before_tls = true},
    CommandSpec{.name = "RSET", .parse = parse_bare<cmd::Rset>, .before_tls = true},
    CommandSpec{.name = "NOOP", .parse = parse_any<cmd::Noop>, .before_tls = true},
    CommandSpec{.name = "QUIT", .parse = parse_bare<cmd::Quit>, .before_tls = true},
    CommandSpec{
        .name = "EHLO", .parse = parse_ehlo, .before_tls = true, .lmtp = false},  // RFC 2033 section 4.1
    CommandSpec{.name = "HELO", .parse = parse_helo, .before_tls = true, .lmtp = false},
    CommandSpec{.name = "LHLO", .parse = parse_lhlo, .before_tls = true, .smtp = false},
    CommandSpec{
        .name = "STARTTLS", .parse = parse_bare<cmd::StartTls>, .needs_hello = true, .before_tls = true},
    CommandSpec{.name = "AUTH", .parse = parse_auth, .needs_hello = true, .before_tls = true},
    CommandSpec{.name = "VRFY", .parse = parse_string<cmd::Vrfy>},
    CommandSpec{.name = "EXPN", .parse = parse_string<cmd::Expn>},
    CommandSpec{.name = "ETRN", .parse = parse_string<cmd::Etrn>, .needs_hello = true, .lmtp = false},
    CommandSpec{.name = "HELP", .parse = parse_any<cmd::Help>, .before_tls = true},
    CommandSpec{.name = "GET", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "POST", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "HEAD", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "PUT", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "DELETE", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "OPTIONS", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "CONNECT", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "PATCH", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "TRACE", .parse = parse_any<cmd::Http>, .before_tls = true},
    CommandSpec{.name = "PRI", .parse = parse_any<cmd::Http>, .before_tls = true},
};

}  // namespace

const CommandSpec* find_command(std::string_view verb) {
    for (const auto& spec : table)
        if (equals_nocase(spec.name, verb)) return &spec;
    return nullptr;
}

CommandLine split_command(std::string_view line) {
    const std::size_t space = line.find(' ');
    CommandLine out;
    out.spec = find_command(line.substr(0, space));
    if (space != std::string_view::npos) out.arguments = line.substr(space);
    return out;
}

}  // namespace smtp

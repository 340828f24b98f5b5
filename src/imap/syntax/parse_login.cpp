// LOGIN, AUTHENTICATE, ID, ENABLE.
#include <algorithm>
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
bool is_base64(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (to_upper(c) >= 'A' && to_upper(c) <= 'Z') || c == '+' || c == '/' || c == '=';
    });
}

/// RFC 2971 section 3.3: ID is the one command before login that takes a list, so it is the one attackers
/// fill (CVE-2026-42391 of Dovecot).
bool parse_id_pair(Cursor& in, cmd::Id& out) {
    if (out.fields.size() == ParseLimits::id_pairs_max) return in.fail("too many ID fields");
    auto& [name, value] = out.fields.emplace_back();
    const std::size_t start = in.offset();
    if (!in.string(name)) return in.fail("expected ID field name");
    if (name.size() > ParseLimits::id_name_bytes_max) return in.fail_at("ID field name is too long", start);
    if (!in.space()) return false;
    const std::size_t value_start = in.offset();
    if (!in.nstring(value)) return in.fail("expected ID field value");
    if (value && value->size() > ParseLimits::id_value_bytes_max)
        return in.fail_at("ID field value is too long", value_start);
    return true;
}
}  // namespace

/// login = "LOGIN" SP userid SP password
Parsed<Command> parse_login(Cursor& in) {
    cmd::Login login;
    std::string password;
    if (!in.space() || !in.astring(login.user) || !in.space() || !in.astring(password) || !in.end())
        return in.error();
    login.password = base::Secret(std::move(password));
    return Command(std::move(login));
}

/// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp]                      RFC 4959 section 3
Parsed<Command> parse_authenticate(Cursor& in) {
    cmd::Authenticate authenticate;
    if (!in.space() || !in.upper_atom(authenticate.mechanism)) return in.error();
    if (in.skip(' ') && !in.at_end()) {
        std::string_view response = in.rest().substr(0, in.rest().find(' '));
        if (!is_base64(response)) {
            in.fail("expected base64");
            return in.error();
        }
        in.advance(response.size());
        if (response == "=") response = {};  // an empty response
        authenticate.initial_response.emplace(std::string(response));
    }
    if (!in.end()) return in.error();
    return Command(std::move(authenticate));
}

/// id = "ID" SP ("(" #(string SP nstring) ")" / nil)                                 RFC 2971 section 4
Parsed<Command> parse_id(Cursor& in) {
    cmd::Id id;
    if (!in.space()) return in.error();
    if (!in.skip_word("NIL")) {
        if (!in.open()) return in.error();
        if (!in.skip(')') && !parse_items(in, [&] { return parse_id_pair(in, id); })) return in.error();
    }
    if (!in.end()) return in.error();
    return Command(std::move(id));
}

/// enable = "ENABLE" 1*(SP capability)
Parsed<Command> parse_enable(Cursor& in) {
    cmd::Enable enable;
    if (!in.space()) return in.error();
    do {
        if (enable.capabilities.size() == ParseLimits::list_items_max) {
            in.fail("too many capabilities");
            return in.error();
        }
        if (!in.upper_atom(enable.capabilities.emplace_back())) return in.error();
    } while (in.skip(' ') && !in.at_end());
    if (!in.end()) return in.error();
    return Command(std::move(enable));
}

}  // namespace imap

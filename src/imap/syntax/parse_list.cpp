// LIST, LSUB, XLIST. RFC 9051 section 6.3.9, RFC 5258 (options), RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE).
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/mailbox_name.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using cmd::List;

bool parse_select_option(Cursor& in, List& out) {
    if (in.skip_word("SUBSCRIBED")) return out.select_subscribed = true;
    if (in.skip_word("REMOTE")) return out.select_remote = true;
    if (in.skip_word("RECURSIVEMATCH")) return out.select_recursive_match = true;
    if (in.skip_word("SPECIAL-USE")) return out.select_special_use = true;
    return in.fail("unknown selection option of LIST");
}

/// list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
bool parse_select_options(Cursor& in, List& out) {
    const std::size_t start = in.offset();
    out.extended = true;
    if (!in.open()) return false;
    if (in.skip(')')) return true;
    if (!parse_items(in, [&] { return parse_select_option(in, out); })) return false;
    // RFC 9051 section 6.3.9.1: RECURSIVEMATCH needs an option that it modifies.
    const bool has_base = out.select_subscribed || out.select_special_use;
    return !out.select_recursive_match || has_base || in.fail_at("RECURSIVEMATCH needs SUBSCRIBED", start);
}

bool parse_return_option(Cursor& in, List& out) {
    if (in.skip_word("SUBSCRIBED")) return out.return_subscribed = true;
    if (in.skip_word("CHILDREN")) return out.return_children = true;
    if (in.skip_word("SPECIAL-USE")) return out.return_special_use = true;
    if (in.skip_word("METADATA")) {
        return in.space() && in.peek() == '(' ? parse_metadata_entries(in, out.return_metadata)
                                              : in.fail("expected entry names");
    }
    if (in.skip_word("MYRIGHTS")) return out.return_my_rights = true;
    if (in.skip_word("STATUS")) return in.space() && parse_status_items(in, out.return_status);
    return in.fail("unknown return option of LIST");
}

/// list-return-opts = "RETURN" SP "(" [list-return-opt *(SP list-return-opt)] ")"
bool parse_return_options(Cursor& in, List& out) {
    out.extended = true;
    if (!in.skip_word("RETURN")) return in.fail("expected RETURN");
    if (!in.space() || !in.open()) return false;
    return in.skip(')') || parse_items(in, [&] { return parse_return_option(in, out); });
}

/// What is no valid name can match none (imap.md quirk 19): the pattern is dropped, the command goes on.
void quirk_bad_pattern(List& out, std::string_view octets, ParseMode mode) {
    auto pattern = decode_list_pattern(octets, mode);
    if (pattern) out.patterns.push_back(std::move(*pattern));
}

bool parse_pattern(Cursor& in, List& out) {
    std::string octets;
    if (!in.list_mailbox(octets)) return in.fail("expected mailbox pattern");
    quirk_bad_pattern(out, octets, in.mode());
    return true;
}

/// mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")"              RFC 5258 section 6
bool parse_patterns(Cursor& in, List& out) {
    if (!in.skip('(')) return parse_pattern(in, out);
    out.extended = true;
    return parse_items(in, [&] { return parse_pattern(in, out); });
}

bool parse_reference(Cursor& in, List& out) {
    const std::size_t start = in.offset();
    std::string octets;
    if (!in.astring(octets)) return in.fail("expected reference name");
    auto reference = decode_list_pattern(octets, in.mode());
    if (!reference) return in.fail_at("reference name is not valid", start);
    out.reference = std::move(*reference);
    return true;
}
}  // namespace

/// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
Parsed<Command> parse_list(Cursor& in) {
    List list;
    if (!in.space()) return in.error();
    if (in.peek() == '(' && (!parse_select_options(in, list) || !in.space())) return in.error();
    if (!parse_reference(in, list) || !in.space() || !parse_patterns(in, list)) return in.error();
    if (in.skip(' ') && !in.at_end() && !parse_return_options(in, list)) return in.error();
    if (!in.end()) return in.error();
    return Command(std::move(list));
}

/// lsub = "LSUB" SP mailbox SP list-mailbox                                          RFC 3501 section 9
Parsed<Command> parse_lsub(Cursor& in) {
    List list;
    list.kind = List::Kind::lsub;
    if (!in.space() || !parse_reference(in, list) || !in.space() || !parse_pattern(in, list) || !in.end())
        return in.error();
    return Command(std::move(list));
}

/// XLIST, Gmail's LIST with special uses, which Outlook 2013 and 2016 ask for (imap.md quirk 14).
Parsed<Command> parse_xlist(Cursor& in) {
    List list;
    list.kind = List::Kind::xlist;
    if (!in.space() || !parse_reference(in, list) || !in.space() || !parse_pattern(in, list) || !in.end())
        return in.error();
    return Command(std::move(list));
}

}  // namespace imap

// FETCH. RFC 9051 section 6.4.5, RFC 3501 (RFC822), RFC 7162 section 7 (modifiers), RFC 8474, RFC 8514, RFC
// 8970.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using cmd::Fetch;
using Kind = FetchSection::Kind;
using Text = Section::Text;

struct PlainItem {
    std::string_view name;
    std::uint32_t items;
};
constexpr std::array<PlainItem, 14> plain_items{{
    {"UID", fetch_uid},
    {"FLAGS", fetch_flags},
    {"INTERNALDATE", fetch_internal_date},
    {"RFC822.SIZE", fetch_size},
    {"ENVELOPE", fetch_envelope},
    {"BODY", fetch_body},
    {"BODYSTRUCTURE", fetch_body_structure},
    {"MODSEQ", fetch_mod_seq},
    {"PREVIEW", fetch_preview},
    {"EMAILID", fetch_email_id},
    {"THREADID", fetch_thread_id},
    {"SAVEDATE", fetch_save_date},
    {"X-GM-MSGID", fetch_gm_message_id},
    {"X-GM-THRID", fetch_gm_thread_id},
}};
constexpr std::uint32_t fast_items = fetch_flags | fetch_internal_date | fetch_size;
constexpr std::array<PlainItem, 3> macros{{
    {"ALL", fast_items | fetch_envelope},
    {"FAST", fast_items},
    {"FULL", fast_items | fetch_envelope | fetch_body},
}};

const PlainItem* find(std::span<const PlainItem> items, std::string_view name) {
    const auto row = std::find_if(items.begin(), items.end(),
                                  [&](const PlainItem& item) { return equals_upper(name, item.name); });
    return row == items.end() ? nullptr : &*row;
}

/// header-list = "(" header-fld-name *(SP header-fld-name) ")"
bool parse_header_list(Cursor& in, Section& out) {
    const auto field = [&] {
        return in.astring(out.fields.emplace_back()) || in.fail("expected header field name");
    };
    return in.space() && in.open() && parse_items(in, field);
}

/// section-msgtext / "MIME"
bool parse_section_text(Cursor& in, Section& out) {
    const std::size_t start = in.offset();
    std::string_view name;
    if (!in.atom(name)) return in.fail("expected section");
    if (equals_upper(name, "HEADER")) {
        out.text = Text::header;
    } else if (equals_upper(name, "TEXT")) {
        out.text = Text::text;
    } else if (equals_upper(name, "HEADER.FIELDS")) {
        out.text = Text::header_fields;
        return parse_header_list(in, out);
    } else if (equals_upper(name, "HEADER.FIELDS.NOT")) {
        out.text = Text::header_fields_not;
        return parse_header_list(in, out);
    } else if (equals_upper(name, "MIME") && !out.part.empty()) {
        out.text = Text::mime;
    } else {
        return in.fail_at("unknown section", start);
    }
    return true;
}

/// section-part = nz-number *("." nz-number); leaves "." in front of a section-text
bool parse_section_part(Cursor& in, Section& out) {
    while (is_digit(in.peek())) {
        if (out.part.size() == ParseLimits::section_depth_max) return in.fail("section is nested too deeply");
        if (!in.nz_number(out.part.emplace_back())) return false;
        if (in.peek() == ']') return true;
        if (!in.skip('.')) return in.fail("expected . or ]");
        if (in.peek() == ']') return in.fail("expected section");
    }
    return true;
}

}  // namespace

/// section = "[" [section-spec] "]", section-binary = "[" [section-part] "]"
bool parse_section(Cursor& in, FetchSection& out) {
    if (!in.skip('[')) return in.fail("expected [");
    if (in.skip(']')) return true;
    if (!parse_section_part(in, out.section)) return false;
    if (in.skip(']')) return true;
    if (out.kind != Kind::body) return in.fail("expected part number or ]");
    if (!parse_section_text(in, out.section)) return false;
    return in.skip(']') || in.fail("expected ]");
}

namespace {
/// partial = "<" number64 "." nz-number64 ">"
bool parse_partial(Cursor& in, FetchSection& out) {
    if (!in.skip('<')) return true;
    Partial& partial = out.partial.emplace();
    if (!in.number64(partial.offset)) return false;
    if (!in.skip('.')) return in.fail("expected .");
    if (!in.nz_number64(partial.length)) return false;
    return in.skip('>') || in.fail("expected >");
}

/// The same section twice is answered once: it costs nothing to ask and much to answer.
void add_section(Fetch& out, FetchSection section) {
    if (std::find(out.sections.begin(), out.sections.end(), section) == out.sections.end())
        out.sections.push_back(std::move(section));
}

bool parse_bracketed(Cursor& in, Fetch& out, Kind kind, bool peek) {
    FetchSection section;
    section.kind = kind;
    section.peek = peek;
    if (!parse_section(in, section)) return false;
    if (kind != Kind::binary_size && !parse_partial(in, section)) return false;
    add_section(out, std::move(section));
    return true;
}

/// RFC 3501 section 6.4.5: old names of BODY[], BODY.PEEK[HEADER] and BODY[TEXT].
bool add_rfc822(Fetch& out, std::string_view name) {
    FetchSection section;
    if (equals_upper(name, "RFC822")) {
        section.kind = Kind::rfc822;
    } else if (equals_upper(name, "RFC822.HEADER")) {
        section.kind = Kind::rfc822_header;
        section.section.text = Text::header;
        section.peek = true;
    } else if (equals_upper(name, "RFC822.TEXT")) {
        section.kind = Kind::rfc822_text;
        section.section.text = Text::text;
    } else {
        return false;
    }
    add_section(out, std::move(section));
    return true;
}

/// RFC 8970 section 3.2: PREVIEW [SP "(" "LAZY" ")"]
bool parse_preview_modifier(Cursor& in, Fetch& out) {
    if (!in.rest().starts_with(" (")) return true;
    in.advance(2);
    if (!in.skip_word("LAZY")) return in.fail("unknown modifier of PREVIEW");
    out.items |= fetch_preview_lazy;
    return in.close();
}

/// The letters, digits and dots that begin an item.
std::string_view item_name(Cursor& in) {
    const std::string_view left = in.rest();
    std::size_t length = 0;
    while (length < left.size() && is_in(atom_chars, left[length]) && left[length] != '[') ++length;
    in.advance(length);
    return left.substr(0, length);
}

bool parse_fetch_att(Cursor& in, Fetch& out) {
    const std::size_t start = in.offset();
    const std::string_view name = item_name(in);
    if (in.peek() == '[') {
        if (equals_upper(name, "BODY")) return parse_bracketed(in, out, Kind::body, false);
        if (equals_upper(name, "BODY.PEEK")) return parse_bracketed(in, out, Kind::body, true);
        if (equals_upper(name, "BINARY")) return parse_bracketed(in, out, Kind::binary, false);
        if (equals_upper(name, "BINARY.PEEK")) return parse_bracketed(in, out, Kind::binary, true);
        if (equals_upper(name, "BINARY.SIZE")) return parse_bracketed(in, out, Kind::binary_size, true);
    } else if (const PlainItem* item = find(plain_items, name)) {
        out.items |= item->items;
        return item->items != fetch_preview || parse_preview_modifier(in, out);
    } else if (add_rfc822(out, name)) {
        return true;
    }
    return in.fail_at("unknown FETCH item", start);
}

}  // namespace

bool parse_fetch_attributes(Cursor& in, FetchAttributes& out) {
    Fetch fetch;
    fetch.items = out.items;
    fetch.sections = std::move(out.sections);
    if (!in.open() || !parse_items(in, [&] { return parse_fetch_att(in, fetch); })) return false;
    out.items = fetch.items;
    out.sections = std::move(fetch.sections);
    return true;
}

namespace {
/// "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
bool parse_fetch_items(Cursor& in, Fetch& out) {
    if (in.skip('(')) return parse_items(in, [&] { return parse_fetch_att(in, out); });
    for (const PlainItem& macro : macros) {
        if (!in.skip_word(macro.name)) continue;
        out.items |= macro.items;
        return true;
    }
    return parse_fetch_att(in, out);
}

/// iOS 16 sends CHANGEDSINCE 0, which RFC 7162 section 7 does not allow (imap.md quirk 2): every message.
bool quirk_changed_since_zero(Cursor& in, base::ModSeq& out) { return parse_mod_seq(in, out); }

bool parse_fetch_modifier(Cursor& in, Fetch& out) {
    if (in.skip_word("CHANGEDSINCE"))
        return in.space() && quirk_changed_since_zero(in, out.changed_since.emplace());
    if (in.skip_word("VANISHED")) return out.vanished = true;
    if (out.uid && !out.part && in.skip_word("PARTIAL"))
        return parse_partial_range(in, out.part.emplace());  // RFC 9394 section 3.3: of UID FETCH
    return in.fail("unknown modifier of FETCH");
}

bool parse_fetch_modifiers(Cursor& in, Fetch& out) {
    const std::size_t start = in.offset();
    if (!in.open() || !parse_items(in, [&] { return parse_fetch_modifier(in, out); })) return false;
    // RFC 7162 section 3.2.6: VANISHED only with UID FETCH and CHANGEDSINCE.
    return !out.vanished || (out.uid && out.changed_since) ||
           in.fail_at("VANISHED needs UID FETCH and CHANGEDSINCE", start);
}

/// fetch = "FETCH" SP sequence-set SP items [SP fetch-modifiers]
Parsed<Command> fetch(Cursor& in, bool uid) {
    Fetch fetch;
    fetch.uid = uid;
    if (!in.space() || !parse_sequence_set(in, fetch.set) || !in.space() || !parse_fetch_items(in, fetch))
        return in.error();
    if (in.skip(' ') && !in.at_end() && !parse_fetch_modifiers(in, fetch)) return in.error();
    if (!in.end()) return in.error();
    fetch.uid_named = (fetch.items & fetch_uid) != 0;
    if (uid) fetch.items |= fetch_uid;                      // RFC 9051 section 6.4.9
    if (fetch.changed_since) fetch.items |= fetch_mod_seq;  // RFC 7162 section 3.1.4.1
    return Command(std::move(fetch));
}
}  // namespace

Parsed<Command> parse_fetch(Cursor& in) { return fetch(in, false); }
Parsed<Command> parse_uid_fetch(Cursor& in) { return fetch(in, true); }

}  // namespace imap

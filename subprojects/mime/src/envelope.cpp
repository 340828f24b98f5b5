// ENVELOPE (RFC 9051 section 7.5.2).
#include <array>

#include <unicode/uidna.h>

#include "ascii.hpp"
#include "imap_writer.hpp"
#include "mime/address.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "mime/imap.hpp"
#include "utf8.hpp"
#include "words.hpp"

namespace mime {

/// May stand in a quoted string as it is.
bool ImapWriter::plain(std::string_view text) const {
    for (const char c : text) {
        if (!is_printable(c) || c == '"' || c == '\\') return false;
    }
    return text.size() <= limits_.string_bytes_max;
}

void ImapWriter::quoted(std::string_view text) {
    out_.push_back('"');
    if (plain(text)) {
        out_ += text;
    } else {
        for (const char c : cut_utf8(text, limits_.string_bytes_max)) {
            if (c == '"' || c == '\\') out_.push_back('\\');
            out_.push_back(c);
        }
    }
    out_.push_back('"');
}

void ImapWriter::text(std::string_view value) {
    value = trim(value);
    if (plain(value)) {
        out_.push_back('"');
        out_ += value;
        out_.push_back('"');
        return;
    }
    quoted(utf8_ ? utf8_text(value) : seven_bit_text(value));
}

void ImapWriter::field(const KnownFields& known, Known field) {
    if (known.has(field)) {
        text(known[field]);
    } else {
        out_ += "NIL";
    }
}

/// A name in another script is its punycode to a 7-bit session (RFC 5891 section 4.4).
void ImapWriter::host(const std::string& host) {
    if (utf8_ || !has_eight_bit(host)) return text(host);
    const std::string utf8 = utf8_text(host);
    std::array<char, 256> ascii{};
    UErrorCode error = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UIDNA* idna = uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &error);
    std::int32_t length = 0;
    if (U_SUCCESS(error)) {
        length = uidna_nameToASCII_UTF8(idna, utf8.data(), static_cast<std::int32_t>(utf8.size()),
                                        ascii.data(), static_cast<std::int32_t>(ascii.size()), &info, &error);
    }
    uidna_close(idna);
    const bool good = U_SUCCESS(error) && info.errors == 0 && length > 0 &&
                      length < static_cast<std::int32_t>(ascii.size());
    const std::string_view name(ascii.data(), good ? static_cast<std::size_t>(length) : 0);
    if (good && plain(name)) {
        quoted(name);
    } else {
        text(utf8);
    }
}

/// There is no 7-bit form of such a mailbox (RFC 6858 section 3.1 says as much); an encoded word shows whom
/// it means.
void ImapWriter::mailbox(const std::string& mailbox) {
    if (utf8_ || !has_eight_bit(mailbox)) return text(mailbox);
    quoted(encode_word(guess_utf8(mailbox)));
}

void ImapWriter::address_list(std::string_view value) {
    for (const Address& address : parse_addresses(value, limits_.addresses_max)) {
        const bool group_end = address.kind == Address::Kind::group_end;
        if (full() && !group_end) continue;
        if (group_end) {
            out_ += "(NIL NIL NIL NIL)";
            continue;
        }
        if (address.kind == Address::Kind::group_start) {
            out_ += "(NIL NIL ";
            text(address.name);
            out_ += " NIL)";
            continue;
        }
        out_.push_back('(');
        if (address.name.empty()) {
            out_ += "NIL";
        } else {
            text(address.name);
        }
        out_.push_back(' ');
        if (address.route.empty()) {
            out_ += "NIL";
        } else {
            text(address.route);
        }
        out_.push_back(' ');
        mailbox(address.mailbox);
        out_.push_back(' ');
        host(address.host);  // never NIL: that would be a group
        out_.push_back(')');
    }
}

void ImapWriter::addresses(std::string_view header, const KnownFields& known, Known field) {
    const std::size_t before = out_.size();
    out_.push_back('(');
    if (known.count(field) < 2) {
        address_list(known[field]);
    } else {
        // RFC 5322 section 4.5.3: the lists of all occurrences are one.
        FieldReader reader(header);
        Field one;
        std::string all;
        while (reader.next(one)) {
            if (known_field(one.name) != field) continue;
            all += one.value;
            all += ',';
        }
        address_list(all);
    }
    if (out_.size() == before + 1) {
        out_.resize(before);
        out_ += "NIL";
    } else {
        out_.push_back(')');
    }
}

/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP
/// env-bcc SP
///            env-in-reply-to SP env-message-id ")"
void ImapWriter::envelope(std::string_view header, const KnownFields& known) {
    out_.push_back('(');
    field(known, Known::date);
    out_.push_back(' ');
    field(known, Known::subject);
    out_.push_back(' ');
    const std::size_t from = out_.size();
    addresses({}, known, Known::from);
    const std::size_t from_bytes = out_.size() - from;
    for (const Known defaulted : {Known::sender, Known::reply_to}) {
        out_.push_back(' ');
        const std::size_t at = out_.size();
        addresses({}, known, defaulted);
        if (std::string_view(out_).substr(at) == "NIL" && !full()) {
            out_.resize(at);
            out_.append(std::string(out_, from, from_bytes));
        }
    }
    for (const Known list : {Known::to, Known::cc, Known::bcc}) {
        out_.push_back(' ');
        addresses(header, known, list);
    }
    out_.push_back(' ');
    field(known, Known::in_reply_to);
    out_.push_back(' ');
    field(known, Known::message_id);
    out_.push_back(')');
}

namespace {

std::string render(std::string_view header, const KnownFields& known, const Limits& limits, bool utf8) {
    ImapWriter writer(limits, utf8);
    writer.envelope(header, known);
    return writer.take();
}

}  // namespace

std::string envelope(const Index& index, const Limits& limits) {
    return render(index.header(0), known_fields(index, 0), limits, false);
}
std::string envelope(std::string_view header, const Limits& limits) {
    return render(header, find_known_fields(header), limits, false);
}
std::string envelope_utf8(std::string_view header, const Limits& limits) {
    return render(header, find_known_fields(header), limits, true);
}

}  // namespace mime

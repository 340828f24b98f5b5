// What FETCH writes of one message. RFC 9051 section 7.5.2. Stored texts are copied; octets of the message
// are read in pieces and leave in pieces.
#include <algorithm>

#include "imap/commands/fetch_run.hpp"
#include "mime/header.hpp"
#include "mime/imap.hpp"

namespace imap {

namespace {

/// A literal may hold any octet but NUL (RFC 9051 section 9, CHAR8), and clients in C end at one. As Dovecot
/// does, 0x80 stands for it; BINARY[] gives the true octets.
void hide_nul(std::string& octets) { std::ranges::replace(octets, '\0', '\x80'); }

mime::Section section_word(Section::Text text) {
    switch (text) {
        case Section::Text::whole:
            return mime::Section::whole;
        case Section::Text::text:
            return mime::Section::text;
        case Section::Text::mime:
            return mime::Section::mime;
        case Section::Text::header:
        case Section::Text::header_fields:
        case Section::Text::header_fields_not:
            break;
    }
    return mime::Section::header;
}

/// The octets of [offset, offset + length) that there are.
mime::Range cut(mime::Range range, const std::optional<Partial>& partial) {
    if (!partial) return range;
    const std::uint64_t skip = std::min(partial->offset, range.bytes);
    return mime::Range{range.offset + skip, std::min(partial->length, range.bytes - skip)};
}

}  // namespace

/// True when all that is asked for is in the message's row.
bool FetchRun::is_stored(const store::Detail& detail) const {
    const bool decodes =
        (fetch_.items & fetch_envelope) != 0 && detail.has_eight_bit_header && session_.write_mode().utf8;
    return fetch_.sections.empty() && !decodes;
}

void FetchRun::write_stored(const Item& item, const store::Detail& detail) {
    write_facts(item.seq, item.entry, item.seen_now);
    if ((fetch_.items & fetch_envelope) != 0) writer_.envelope(detail.envelope);
    write_structures(detail);
    writer_.end();
}

void FetchRun::write_structures(const store::Detail& detail) {
    const std::uint32_t items = fetch_.items;
    if ((items & fetch_body) != 0) writer_.body(mime::body_from_body_structure(detail.body_structure));
    if ((items & fetch_body_structure) != 0) writer_.body_structure(detail.body_structure);
    if ((items & fetch_preview) != 0) writer_.preview(detail.preview, session_.write_mode());
}

/// False: the session is over.
awaitable<bool> FetchRun::write_message(Item item, store::DetailPtr detail) {
    const std::uint32_t items = fetch_.items;
    const std::size_t before = session_.out().size();
    Message message;
    message.detail = detail;
    write_facts(item.seq, item.entry, item.seen_now);
    if ((items & fetch_envelope) != 0) {
        if (detail->has_eight_bit_header && session_.write_mode().utf8) {
            const bool read = co_await read_header(&message);
            if (!read) {
                session_.out().resize(before);  // nothing of it has left yet
                co_return true;
            }
            writer_.envelope(mime::envelope_utf8(*message.header));
        } else {
            writer_.envelope(detail->envelope);
        }
    }
    write_structures(*detail);
    for (const FetchSection& section : fetch_.sections) {
        const bool more = co_await write_section(&section, &message);
        if (!more) co_return false;
    }
    if (writer_.empty()) {
        session_.out().resize(before);  // nothing could be told, so nothing of it has left
        co_return true;
    }
    writer_.end();
    co_return true;
}

awaitable<bool> FetchRun::write_section(const FetchSection* what, Message* message) {
    using Kind = FetchSection::Kind;
    if (what->kind == Kind::binary || what->kind == Kind::binary_size)
        co_return co_await write_binary(what, message);
    if (what->section.text == Section::Text::header_fields ||
        what->section.text == Section::Text::header_fields_not)
        co_return co_await write_fields(what, message);
    mime::Range range;
    if (!locate(*what, *message, range)) {
        writer_.absent(*what);
        co_return true;
    }
    co_return co_await write_octets(what, message, cut(range, what->partial));
}

/// Where the section is in the whole message, prefix included.
bool FetchRun::locate(const FetchSection& what, Message& message, mime::Range& range) {
    const store::Detail& detail = *message.detail;
    const mime::Section word = section_word(what.section.text);
    if (what.section.part.empty()) {
        range = {0, detail.size};
        if (word == mime::Section::header) range.bytes = detail.header_bytes;
        if (word == mime::Section::text) range = {detail.header_bytes, detail.size - detail.header_bytes};
        return true;
    }
    const auto found = mime::locate(tree_of(message), what.section.part, word);
    if (!found) return false;
    range = {found->offset + detail.prefix.size(), found->bytes};
    return true;
}

const mime::Tree& FetchRun::tree_of(Message& message) const {
    if (!message.tree) {
        message.tree.emplace();
        if (!mime::decode_tree(message.detail->tree, *message.tree))
            throw base::Bug("the part tree of a message does not decode");
    }
    return *message.tree;
}

/// The fields of a header, by name. The header is held in memory while they are picked.
awaitable<bool> FetchRun::write_fields(const FetchSection* what, Message* message) {
    std::string part_header;
    const std::string* header = &part_header;
    mime::Range range;
    if (!locate(*what, *message, range)) {
        writer_.absent(*what);
        co_return true;
    }
    if (what->section.part.empty()) {
        const bool read = co_await read_header(message);
        if (!read) {
            writer_.absent(*what);
            co_return true;
        }
        header = &*message->header;
    } else {
        const std::size_t bytes =
            std::min<std::uint64_t>(range.bytes, session_.services_.limits.header_bytes_max);
        auto read = co_await folder_->read(message->detail, range.offset, bytes);
        if (!read) {
            note(read.error());
            writer_.absent(*what);
            co_return true;
        }
        part_header = std::move(*read);
        hide_nul(part_header);
    }
    const std::vector<std::string_view> names(what->section.fields.begin(), what->section.fields.end());
    const bool all_but = what->section.text == Section::Text::header_fields_not;
    const std::string subset = mime::header_subset(*header, names, all_but);
    const mime::Range part = cut({0, subset.size()}, what->partial);
    writer_.section(*what, std::string_view(subset).substr(part.offset, part.bytes));
    co_return true;
}

/// Reads the message's header once. False: it could not be read, which was noted.
awaitable<bool> FetchRun::read_header(Message* message) {
    if (message->header) co_return true;
    const std::size_t bytes =
        std::min<std::uint64_t>(message->detail->header_bytes, session_.services_.limits.header_bytes_max);
    auto read = co_await folder_->read(message->detail, 0, bytes);
    if (!read) {
        note(read.error());
        co_return false;
    }
    message->header = std::move(*read);
    hide_nul(*message->header);
    co_return true;
}

/// A literal of any size, in pieces of Limits::read_bytes; the first is read before the literal is announced.
awaitable<bool> FetchRun::write_octets(const FetchSection* what, Message* message, mime::Range range) {
    const std::size_t piece_max = session_.services_.limits.read_bytes;
    auto piece = co_await folder_->read(message->detail, range.offset,
                                        std::min<std::uint64_t>(range.bytes, piece_max));
    if (!piece) {
        note(piece.error());
        writer_.absent(*what);
        co_return true;
    }
    writer_.literal(*what, range.bytes);
    for (;;) {
        const std::size_t wanted = std::min<std::uint64_t>(range.bytes, piece_max);
        // Announced octets must come: when they cannot, only the end of the connection tells the client so.
        if (!piece || piece->size() != wanted) co_return false;
        // A literal8, which BINARY is, holds NUL as it is (RFC 9051 section 4.3).
        if (what->kind != FetchSection::Kind::binary) hide_nul(*piece);
        session_.out().append(*piece);
        range.offset += piece->size();
        range.bytes -= piece->size();
        if (range.bytes == 0) co_return true;
        const bool more = co_await session_.breathe();
        if (!more) co_return false;
        piece = co_await folder_->read(message->detail, range.offset,
                                       std::min<std::uint64_t>(range.bytes, piece_max));
    }
}

}  // namespace imap

// Row c<folder>: what is kept of one folder on a device.
#include <algorithm>

#include "eas/state/record_parts.hpp"
#include "eas/state/records.hpp"
#include "store/wire_ranges.hpp"

namespace eas {
namespace {

using store::WireReader;
using store::WireWriter;

/// Of a cursor: nothing is known; its places and the device's own changes; these alone, of a device that adds
/// before it asks for anything; its places, and what conversations have brought.
enum class CursorForm : std::uint8_t { fresh, begun, own_alone, conversing };

void write_own(WireWriter& out, const std::vector<OwnChange>& changes) {
    out.varint(changes.size());
    for (const OwnChange& own : changes) {
        out.varint(own.uid.value);
        out.varint(own.modseq.value);
        out.u8(static_cast<std::uint8_t>(own.kind));
    }
}

void write_cursor(WireWriter& out, const Cursor& cursor) {
    const bool conversing = cursor.conversations || cursor.conversations_next || !cursor.joined.empty();
    const CursorForm form = cursor.begun && conversing ? CursorForm::conversing
                            : cursor.begun             ? CursorForm::begun
                            : cursor.own.empty()       ? CursorForm::fresh
                                                       : CursorForm::own_alone;
    out.u8(static_cast<std::uint8_t>(form));
    if (form == CursorForm::own_alone) write_own(out, cursor.own);
    if (!cursor.begun) return;
    out.varint(cursor.done.value);
    for (const base::Uid uid : {cursor.low, cursor.high, cursor.oldest, cursor.pass}) out.varint(uid.value);
    out.varint(cursor.target.value);
    out.zigzag(cursor.window == Cursor::no_window ? -1 : cursor.window);
    out.zigzag(cursor.window_next == Cursor::no_window ? -1 : cursor.window_next);
    store::write(out, cursor.withheld);
    write_own(out, cursor.own);
    if (form != CursorForm::conversing) return;
    out.u8(cursor.conversations ? 1 : 0);
    out.u8(cursor.conversations_next ? 1 : 0);
    store::write(out, cursor.joined);
}

std::int64_t read_window(WireReader& in) {
    const std::int64_t window = in.zigzag();
    return window < 0 ? Cursor::no_window : window;
}

std::vector<OwnChange> read_own(WireReader& in) {
    std::vector<OwnChange> out;
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        OwnChange own;
        own.uid = base::Uid(in.varint32());
        own.modseq = base::ModSeq(in.varint());
        const std::uint8_t kind = in.u8();
        if (kind > static_cast<std::uint8_t>(OwnChange::Kind::refused)) in.fail();
        own.kind = static_cast<OwnChange::Kind>(kind);
        out.push_back(own);
    }
    return out;
}

Cursor read_cursor(WireReader& in) {
    Cursor cursor;
    const std::uint8_t form = in.u8();
    const bool conversing = form == static_cast<std::uint8_t>(CursorForm::conversing);
    if (form > static_cast<std::uint8_t>(CursorForm::conversing)) in.fail();
    if (form == static_cast<std::uint8_t>(CursorForm::own_alone)) cursor.own = read_own(in);
    cursor.begun = conversing || form == static_cast<std::uint8_t>(CursorForm::begun);
    if (!cursor.begun) return cursor;
    cursor.done = base::ModSeq(in.varint());
    for (base::Uid* uid : {&cursor.low, &cursor.high, &cursor.oldest, &cursor.pass})
        *uid = base::Uid(in.varint32());
    cursor.target = base::ModSeq(in.varint());
    cursor.window = read_window(in);
    cursor.window_next = read_window(in);
    cursor.withheld = store::read_ranges(in);
    cursor.own = read_own(in);
    if (!conversing) return cursor;
    cursor.conversations = in.u8() != 0;
    cursor.conversations_next = in.u8() != 0;
    cursor.joined = store::read_ranges(in);
    return cursor;
}

constexpr unsigned moves_bit = 1, conversations_bit = 2, unsettled_bit = 4;

/// Beside MimeSupport: rows of who asks for no parts are as they were before there were any.
constexpr unsigned part_follows = 0x80;

void write_preference(WireWriter& out, const BodyPreference& body) {
    out.u8(static_cast<std::uint8_t>(body.type));
    out.u32(body.truncation);
    out.u8(body.all_or_none ? 1 : 0);
    out.varint(body.preview);
}
BodyPreference read_preference(WireReader& in) {
    BodyPreference body;
    body.type = static_cast<BodyType>(in.u8());
    body.truncation = in.u32();
    body.all_or_none = in.u8() != 0;
    body.preview = in.varint32();
    return body;
}

void write_options(WireWriter& out, const ItemOptions& options) {
    out.u8(options.filter);
    out.u8(options.conflict);
    const unsigned support = static_cast<unsigned>(options.mime_support);
    out.u8(static_cast<std::uint8_t>(options.part ? support | part_follows : support));
    out.u32(options.mime_truncation);
    out.varint(options.bodies.size());
    for (const BodyPreference& body : options.bodies) write_preference(out, body);
    if (options.part) write_preference(out, *options.part);
}

ItemOptions read_options(WireReader& in) {
    ItemOptions options;
    options.filter = in.u8();
    options.conflict = in.u8();
    const std::uint8_t support = in.u8();
    options.mime_support = static_cast<MimeSupport>(support & ~part_follows);
    options.mime_truncation = in.u32();
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
        options.bodies.push_back(read_preference(in));
    if ((support & part_follows) != 0) options.part = read_preference(in);
    return options;
}

void read_attachments(WireReader& in, CommandResult& result) {
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        KnownAttachment& one = result.attachments.emplace_back();
        one.client_id = read_text(in);
        one.reference = read_text(in);
    }
}

}  // namespace

std::string encode(const Collection& collection) {
    WireWriter out(format_collection, 128);
    write_key(out, collection.key);
    write_cursor(out, collection.before);
    write_cursor(out, collection.now);
    write_options(out, collection.options);
    out.u8(static_cast<std::uint8_t>((collection.deletes_as_moves ? moves_bit : 0U) |
                                     (collection.conversations ? conversations_bit : 0U) |
                                     (collection.unsettled ? unsettled_bit : 0U)));
    out.varint(collection.window);
    out.u64(collection.commands_hash);
    out.varint(collection.results.size());
    for (const CommandResult& result : collection.results) {
        out.u8(result.kind);
        out.zigzag(result.status);
        out.text(result.client_id);
        out.text(result.server_id);
    }
    out.u8(collection.repeats);
    // Rows of mail end here.
    const bool has_uids =
        std::ranges::any_of(collection.results, [](const CommandResult& one) { return !one.uid.empty(); });
    const bool has_attachments = std::ranges::any_of(
        collection.results, [](const CommandResult& one) { return !one.attachments.empty(); });
    if (!collection.supported && !has_uids && !has_attachments) return std::move(out).seal();
    out.u8(collection.supported ? 1 : 0);
    if (collection.supported) {
        out.varint(collection.supported->size());
        for (const std::uint16_t tag : *collection.supported) out.varint(tag);
    }
    for (const CommandResult& result : collection.results) out.text(result.uid);
    if (!has_attachments) return std::move(out).seal();
    for (const CommandResult& result : collection.results) {
        out.varint(result.attachments.size());
        for (const KnownAttachment& one : result.attachments) {
            out.text(one.client_id);
            out.text(one.reference);
        }
    }
    return std::move(out).seal();
}

std::optional<Collection> decode_collection(std::string_view row) {
    WireReader in(row, format_collection);
    Collection collection;
    collection.key = read_key(in);
    collection.before = read_cursor(in);
    collection.now = read_cursor(in);
    collection.options = read_options(in);
    const std::uint8_t modes = in.u8();
    collection.deletes_as_moves = (modes & moves_bit) != 0;
    collection.conversations = (modes & conversations_bit) != 0;
    collection.unsettled = (modes & unsettled_bit) != 0;
    collection.window = in.varint32();
    collection.commands_hash = in.u64();
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        CommandResult result;
        result.kind = in.u8();
        result.status = static_cast<int>(in.zigzag());
        result.client_id = read_text(in);
        result.server_id = read_text(in);
        collection.results.push_back(std::move(result));
    }
    collection.repeats = in.u8();
    if (in.left() != 0) {
        if (in.u8() != 0) collection.supported.emplace();
        for (std::uint64_t left = collection.supported ? in.varint() : 0; left > 0 && in.ok(); --left)
            collection.supported->push_back(static_cast<std::uint16_t>(in.varint()));
        for (CommandResult& result : collection.results) result.uid = read_text(in);
    }
    if (in.left() != 0)
        for (CommandResult& result : collection.results) read_attachments(in, result);
    if (!in.done()) return std::nullopt;
    return collection;
}

}  // namespace eas

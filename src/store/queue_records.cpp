#include "store/queue_records.hpp"

#include <algorithm>

#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t place_format = 0x51, message_format = 0x52, progress_format = 0x53;

enum EnvelopeBits : std::uint8_t {
    bit_smtputf8 = 1,
    bit_require_tls = 2,
    bit_tls_optional = 4,
    bit_by_notify = 8,
    bit_by_trace = 16,
    bit_priority = 32,
    bit_junk = 64,
};

std::string text_of(WireReader& in) { return std::string(in.text()); }

/// A count of things that take an octet each at least: no more than there are octets.
std::size_t count_of(WireReader& in) {
    const std::uint64_t count = in.varint();
    if (count > in.left()) in.fail();
    return in.ok() ? static_cast<std::size_t>(count) : 0;
}

}  // namespace

std::string encode(const QueuePlaceRow& row) {
    WireWriter out(place_format);
    out.u8(row.held ? 1 : 0);
    out.u8(static_cast<std::uint8_t>(row.priority));
    out.varint(row.places.size());
    for (const QueuePlaceRow::Place& place : row.places) {
        out.text(place.lane);
        out.zigzag(place.due);
        out.varint(place.open);
    }
    return std::move(out).seal();
}

std::optional<QueuePlaceRow> decode_queue_place(std::string_view value) {
    WireReader in(value, place_format);
    QueuePlaceRow row;
    row.held = in.u8() != 0;
    row.priority = static_cast<std::int8_t>(in.u8());
    const std::size_t places = count_of(in);
    for (std::size_t i = 0; i < places && in.ok(); ++i) {
        QueuePlaceRow::Place place;
        place.lane = text_of(in);
        place.due = in.zigzag();
        place.open = in.varint32();
        row.places.push_back(std::move(place));
    }
    if (!in.done()) return std::nullopt;
    return row;
}

std::string encode_queue_message(const QueueEnvelope& envelope,
                                 const std::vector<QueueRecipient>& recipients) {
    WireWriter out(message_format, 256 + envelope.prefix.size() + recipients.size() * 48);
    out.text(envelope.sender);
    out.text(envelope.envid);
    out.u8(envelope.ret);
    out.u8(envelope.body);
    out.u8(static_cast<std::uint8_t>(
        (envelope.smtputf8 ? bit_smtputf8 : 0) | (envelope.require_tls ? bit_require_tls : 0) |
        (envelope.tls_optional ? bit_tls_optional : 0) | (envelope.deliver_by_notify ? bit_by_notify : 0) |
        (envelope.deliver_by_trace ? bit_by_trace : 0) | (envelope.has_priority ? bit_priority : 0) |
        (envelope.junk ? bit_junk : 0)));
    out.u8(static_cast<std::uint8_t>(envelope.priority));
    out.zigzag(envelope.deliver_by);
    out.zigzag(envelope.hold_until);
    out.zigzag(envelope.arrived);
    for (const std::string* text :
         {&envelope.submitter, &envelope.message_id, &envelope.user, &envelope.peer, &envelope.prefix})
        out.text(*text);
    out.varint(envelope.account.value);
    out.u64(envelope.blob.value);
    out.varint(envelope.blob_bytes);
    out.varint(recipients.size());
    for (const QueueRecipient& recipient : recipients) {
        out.text(recipient.address);
        out.u8(recipient.notify);
        out.text(recipient.orcpt_type);
        out.text(recipient.orcpt_address);
        out.varint(recipient.account.value);
    }
    return std::move(out).seal();
}

std::optional<QueueMessageRow> decode_queue_message(std::string_view value) {
    WireReader in(value, message_format);
    QueueMessageRow row;
    QueueEnvelope& envelope = row.envelope;
    envelope.sender = text_of(in);
    envelope.envid = text_of(in);
    envelope.ret = in.u8();
    envelope.body = in.u8();
    if (envelope.ret > 2 || envelope.body > 2) in.fail();
    const std::uint8_t bits = in.u8();
    envelope.smtputf8 = (bits & bit_smtputf8) != 0;
    envelope.require_tls = (bits & bit_require_tls) != 0;
    envelope.tls_optional = (bits & bit_tls_optional) != 0;
    envelope.deliver_by_notify = (bits & bit_by_notify) != 0;
    envelope.deliver_by_trace = (bits & bit_by_trace) != 0;
    envelope.has_priority = (bits & bit_priority) != 0;
    envelope.junk = (bits & bit_junk) != 0;
    envelope.priority = static_cast<std::int8_t>(in.u8());
    envelope.deliver_by = in.zigzag();
    envelope.hold_until = in.zigzag();
    envelope.arrived = in.zigzag();
    for (std::string* text :
         {&envelope.submitter, &envelope.message_id, &envelope.user, &envelope.peer, &envelope.prefix})
        *text = text_of(in);
    envelope.account = base::AccountId(in.varint32());
    envelope.blob = base::BlobId(in.u64());
    envelope.blob_bytes = in.varint();
    const std::size_t recipients = count_of(in);
    for (std::size_t i = 0; i < recipients && in.ok(); ++i) {
        QueueRecipient recipient;
        recipient.address = text_of(in);
        recipient.notify = in.u8();
        recipient.orcpt_type = text_of(in);
        recipient.orcpt_address = text_of(in);
        recipient.account = base::AccountId(in.varint32());
        row.recipients.push_back(std::move(recipient));
    }
    if (!in.done()) return std::nullopt;
    return row;
}

std::string encode(const std::vector<QueueProgress>& progress) {
    WireWriter out(progress_format, 16 + progress.size() * 96);
    out.varint(progress.size());
    for (const QueueProgress& one : progress) {
        out.u8(static_cast<std::uint8_t>(one.state));
        out.u8(static_cast<std::uint8_t>((one.delay_told ? 1 : 0) | (one.from_remote ? 2 : 0)));
        out.text(one.lane);
        out.zigzag(one.due);
        out.varint(one.attempts);
        out.zigzag(one.last_attempt);
        out.varint(one.code);
        for (const std::string* text : {&one.status, &one.words, &one.host, &one.address}) out.text(*text);
    }
    return std::move(out).seal();
}

std::optional<std::vector<QueueProgress>> decode_queue_progress(std::string_view value) {
    WireReader in(value, progress_format);
    std::vector<QueueProgress> out;
    const std::size_t count = count_of(in);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        QueueProgress one;
        const std::uint8_t state = in.u8();
        if (state > static_cast<std::uint8_t>(QueueState::failed)) in.fail();
        one.state = static_cast<QueueState>(state);
        const std::uint8_t bits = in.u8();
        one.delay_told = (bits & 1U) != 0;
        one.from_remote = (bits & 2U) != 0;
        one.lane = text_of(in);
        one.due = in.zigzag();
        one.attempts = in.varint32();
        one.last_attempt = in.zigzag();
        one.code = static_cast<std::uint16_t>(in.varint32());
        for (std::string* text : {&one.status, &one.words, &one.host, &one.address}) *text = text_of(in);
        out.push_back(std::move(one));
    }
    if (!in.done()) return std::nullopt;
    return out;
}

QueuePlaceRow place_of(const QueueEnvelope& envelope, const std::vector<QueueProgress>& progress, bool held) {
    QueuePlaceRow row;
    row.held = held;
    row.priority = envelope.priority;
    for (const QueueProgress& one : progress) {
        if (!is_open(one.state)) continue;
        const auto known = std::ranges::find(row.places, one.lane, &QueuePlaceRow::Place::lane);
        if (known == row.places.end()) {
            QueuePlaceRow::Place place;
            place.lane = one.lane;
            place.due = one.due;
            place.open = 1;
            row.places.push_back(std::move(place));
        } else {
            known->due = std::min(known->due, one.due);
            ++known->open;
        }
    }
    return row;
}

std::vector<QueueProgress> first_progress(const QueuePlaceRow& row, std::size_t recipients) {
    std::vector<QueueProgress> out(recipients);
    if (row.places.empty()) return out;
    for (QueueProgress& one : out) {
        one.lane = row.places.front().lane;
        one.due = row.places.front().due;
    }
    return out;
}

}  // namespace store

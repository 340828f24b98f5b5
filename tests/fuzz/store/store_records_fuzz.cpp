// Row decoders take any octets: no crash, and what they accept reads back equal after it is written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/crc32c.hpp"
#include "store/follow_up.hpp"
#include "store/keys.hpp"
#include "store/queue_records.hpp"
#include "store/records.hpp"
#include "store/static_record.hpp"
#include "store/user_seen.hpp"

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

template <class Decode>
void again(Decode decode, std::string_view value) {
    const auto first = decode(value);
    if (!first) return;
    const auto second = decode(encode(*first));
    demand(second && *second == *first);
}

void try_page(std::string_view value) {
    const auto first = store::decode_page(3, value);
    if (!first) return;
    const auto second = store::decode_page(3, encode(*first));
    demand(second && second->entries == first->entries);
}

void try_static(std::string_view value) {
    const auto record = store::decode_static(value);
    const auto detail = store::decode_detail(base::Uid(1), base::MessageId(1), std::string(value));
    demand(record.has_value() == (detail != nullptr));
    if (!record) return;
    again(store::decode_static, value);
    const auto linked = store::decode_static(store::relinked(std::string(value), 77));
    demand(linked && linked->link == 77 && linked->envelope == record->envelope);
}

/// The rows of the queue: what is read is written back the same, up to how a number may be written.
void try_queue(std::string_view value) {
    if (const auto place = store::decode_queue_place(value)) {
        const std::string once = encode(*place);
        demand(encode(*store::decode_queue_place(once)) == once);
    }
    if (const auto message = store::decode_queue_message(value)) {
        const std::string once = store::encode_queue_message(message->envelope, message->recipients);
        const auto again = store::decode_queue_message(once);
        demand(again && store::encode_queue_message(again->envelope, again->recipients) == once);
    }
    if (const auto progress = store::decode_queue_progress(value)) {
        const std::string once = store::encode(*progress);
        demand(store::encode(*store::decode_queue_progress(once)) == once);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    // With a right checksum, or nothing behind it would ever be reached.
    std::string sealed(raw);
    const std::uint32_t crc = base::crc32c(raw);
    sealed.append(reinterpret_cast<const char*>(&crc), sizeof crc);
    for (const std::string_view value : {raw, std::string_view(sealed)}) {
        again(store::decode_folder_header, value);
        again(store::decode_log, value);
        again(store::decode_garbage, value);
        again(store::decode_move_intent, value);
        again(store::decode_account_header, value);
        again(store::decode_folder_row, value);
        again(store::decode_acl, value);
        again(store::decode_item_subscription, value);
        again(store::decode_follow_up, value);
        if (const auto sharer = store::decode_sharer(value))
            demand(store::decode_sharer(store::encode_sharer(*sharer)) == sharer);
        if (const auto seen = store::decode_seen_page(3, value)) {
            const auto second = store::decode_seen_page(3, encode(*seen));
            demand(second && *second == *seen);
        }
        try_page(value);
        try_static(value);
        try_queue(value);
        if (const auto keys = store::decode_sort_keys(value)) demand(!store::encode_sort_keys(*keys).empty());
        if (const auto time = store::decode_tombstone(value))
            demand(store::decode_tombstone(store::encode_tombstone(*time)) == time);
        if (const auto name = store::decode_subscription(value))
            demand(store::decode_subscription(store::encode_subscription(*name)) == name);
    }
    if (const auto tag = store::keys::parse_tag(raw)) {
        // A link of zero is written shorter.
        const auto same = store::keys::parse_tag(store::keys::tag(tag->folder, tag->id, tag->link));
        demand(same && same->id == tag->id && same->link == tag->link);
    }
    if (const auto key = store::keys::parse_message(raw))
        demand(store::keys::message(key->uid, key->id) == raw);
    return 0;
}

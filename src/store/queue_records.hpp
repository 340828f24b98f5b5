// The queue's rows, to octets and back. Three rows a message, all in q/<shard>:
//   i<id>  where it stands: what the index needs, all that is read at start
//   m<id>  envelope and recipients: written once
//   r<id>  what became of each recipient: only after a first attempt
// Readers take any octets (a damaged disk) and answer nothing rather than something wrong.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/queue.hpp"

namespace store {

struct QueuePlaceRow {
    bool held = false;
    std::int8_t priority = 0;
    struct Place {
        std::string lane;
        std::int64_t due = 0;
        std::uint32_t open = 0;  ///< recipients that wait there
    };
    std::vector<Place> places;
};

struct QueueMessageRow {
    QueueEnvelope envelope;
    std::vector<QueueRecipient> recipients;
};

std::string encode(const QueuePlaceRow& row);
std::string encode_queue_message(const QueueEnvelope& envelope,
                                 const std::vector<QueueRecipient>& recipients);
std::string encode(const std::vector<QueueProgress>& progress);
std::optional<QueuePlaceRow> decode_queue_place(std::string_view value);
std::optional<QueueMessageRow> decode_queue_message(std::string_view value);
std::optional<std::vector<QueueProgress>> decode_queue_progress(std::string_view value);

/// Where the message stands, by the state of its recipients.
QueuePlaceRow place_of(const QueueEnvelope& envelope, const std::vector<QueueProgress>& progress, bool held);
/// Of a message that no attempt was made of: each recipient pending, in the lane that its place names.
std::vector<QueueProgress> first_progress(const QueuePlaceRow& row, std::size_t recipients);

}  // namespace store

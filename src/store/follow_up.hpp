// FollowUp: what the flag of a message says beyond that it is there: its type, its dates, when to be
// reminded. A value; no protocol's. Kept in a row of its own beside the page, so that messages without one
// pay nothing.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace store {

struct FollowUpLimits {
    static constexpr std::size_t type_bytes_max = 256;
    static constexpr std::size_t subject_bytes_max = 1'024;
    static constexpr std::size_t sub_ordinal_bytes_max = 256;
    /// Of a row: the notes of as many messages as a COPY takes at once fit in one commit.
    static constexpr std::size_t row_bytes_max =
        type_bytes_max + subject_bytes_max + sub_ordinal_bytes_max + 128;
};

/// Of a message with \Flagged: what is to be done, and when. Of one without: what has been done.
struct FollowUp {
    enum class Date : std::uint8_t { start, due, utc_start, utc_due, reminder, completed, complete, ordinal };
    static constexpr std::size_t dates_count = 8;

    std::string type, subject, sub_ordinal;  ///< UTF-8, of at most FollowUpLimits
    std::optional<bool> reminds;
    std::array<std::optional<std::int64_t>, dates_count> dates;  ///< milliseconds since 1970

    std::optional<std::int64_t>& date(Date which) { return dates[static_cast<std::size_t>(which)]; }
    const std::optional<std::int64_t>& date(Date which) const {
        return dates[static_cast<std::size_t>(which)];
    }
    /// It says nothing, and needs no row.
    bool empty() const { return *this == FollowUp(); }
    bool operator==(const FollowUp&) const = default;
};
/// Its texts keep to the limits.
bool fits(const FollowUp& what);

/// Row t of a folder.
struct FollowUpRow {
    base::ModSeq modseq;  ///< of the transaction that wrote it
    FollowUp says;
    bool operator==(const FollowUpRow&) const = default;
};
std::string encode(const FollowUpRow& row);
std::optional<FollowUpRow> decode_follow_up(std::string_view value);

}  // namespace store

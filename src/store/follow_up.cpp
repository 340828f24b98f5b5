#include "store/follow_up.hpp"

#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t format_follow_up = 0x17;
// What is there: a bit for each date, then these.
constexpr std::uint64_t has_reminds = std::uint64_t{1} << FollowUp::dates_count;
constexpr std::uint64_t reminds_yes = has_reminds << 1U;

}  // namespace

bool fits(const FollowUp& what) {
    return what.type.size() <= FollowUpLimits::type_bytes_max &&
           what.subject.size() <= FollowUpLimits::subject_bytes_max &&
           what.sub_ordinal.size() <= FollowUpLimits::sub_ordinal_bytes_max;
}

std::string encode(const FollowUpRow& row) {
    const FollowUp& says = row.says;
    WireWriter out(format_follow_up);
    out.u64(row.modseq.value);
    std::uint64_t there = 0;
    for (std::size_t i = 0; i < FollowUp::dates_count; ++i)
        if (says.dates[i]) there |= std::uint64_t{1} << i;
    if (says.reminds) there |= has_reminds | (*says.reminds ? reminds_yes : 0);
    out.varint(there);
    for (const auto& date : says.dates)
        if (date) out.zigzag(*date);
    out.text(says.type);
    out.text(says.subject);
    out.text(says.sub_ordinal);
    return std::move(out).seal();
}

std::optional<FollowUpRow> decode_follow_up(std::string_view value) {
    WireReader in(value, format_follow_up);
    FollowUpRow row;
    row.modseq = base::ModSeq(in.u64());
    const std::uint64_t there = in.varint();
    if ((there & has_reminds) != 0) row.says.reminds = (there & reminds_yes) != 0;
    const bool no_such_bit = there >= reminds_yes << 1U;
    if (no_such_bit || ((there & reminds_yes) != 0 && !row.says.reminds)) in.fail();
    for (std::size_t i = 0; i < FollowUp::dates_count; ++i)
        if ((there >> i & 1U) != 0) row.says.dates[i] = in.zigzag();
    row.says.type = in.text();
    row.says.subject = in.text();
    row.says.sub_ordinal = in.text();
    if (!in.done() || !fits(row.says) || row.says.empty()) return std::nullopt;
    return row;
}

}  // namespace store

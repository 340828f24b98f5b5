// The page row: the hot one. Entries of 44 octets, fixed, then for entries that need them the flags beyond
// bit 31.
//
//   count u8, then each entry: place u8 (uid & 63, bit 6: further flags follow the entries, bit 7: its flag
//   says more, in a row t) · flags u32 · id u64 · modseq u64 · internal date i40 · save date i40 · size u40 ·
//   thread u64;  then for each marked entry 12 octets.
#include <array>
#include <cstring>

#include "store/records.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t format_page = 0x12;
constexpr std::size_t entry_bytes = 44, more_flags_bytes = 12;
constexpr std::uint8_t more_flags = 0x40, follow_up = 0x80;

template <class Int>
char* put(char* to, Int value, std::size_t bytes = sizeof(Int)) {
    std::memcpy(to, &value, bytes);
    return to + bytes;
}

template <class Int>
Int take(const char*& from, std::size_t bytes = sizeof(Int)) {
    Int value = 0;
    std::memcpy(&value, from, bytes);
    from += bytes;
    return value;
}

std::int64_t take_i40(const char*& from) {
    const auto value = take<std::uint64_t>(from, 5);
    return static_cast<std::int64_t>(value << 24) >> 24;
}

}  // namespace

std::string encode(const Page& page) {
    WireWriter out(format_page, 6 + page.entries.size() * (entry_bytes + more_flags_bytes) + 4);
    out.u8(static_cast<std::uint8_t>(page.entries.size()));
    std::array<char, entry_bytes> octets{};
    bool any_more = false;
    for (const Entry& entry : page.entries) {
        const bool more = entry.flags.high() != 0 || entry.flags.low() >> 32 != 0;
        any_more |= more;
        char* to = octets.data();
        to = put(to, static_cast<std::uint8_t>((entry.uid.value & 63U) | (more ? more_flags : 0U) |
                                               (entry.has_follow_up ? follow_up : 0U)));
        to = put(to, static_cast<std::uint32_t>(entry.flags.low()));
        to = put(to, entry.id.value);
        to = put(to, entry.modseq.value);
        to = put(to, entry.internal_date, 5);
        to = put(to, entry.save_date, 5);
        to = put(to, entry.size, 5);
        put(to, entry.thread.value);
        out.raw(octets.data(), octets.size());
    }
    for (const Entry& entry : page.entries) {
        if (!any_more) break;
        if (entry.flags.high() == 0 && entry.flags.low() >> 32 == 0) continue;
        out.u32(static_cast<std::uint32_t>(entry.flags.low() >> 32));
        out.u64(entry.flags.high());
    }
    return std::move(out).seal();
}

std::shared_ptr<Page> decode_page(std::uint32_t number, std::string_view value) {
    WireReader in(value, format_page);
    const std::size_t count = in.u8();
    const std::string_view octets = in.raw(count * entry_bytes);
    if (!in.ok() || count == 0 || count > 64 || number > (0xFFFFFFFFU >> 6)) return nullptr;
    auto page = std::make_shared<Page>();
    page->number = number;
    page->entries.resize(count);
    const char* from = octets.data();
    int last = -1;
    for (Entry& entry : page->entries) {
        const auto place = take<std::uint8_t>(from);
        if (static_cast<int>(place & 63U) <= last) return nullptr;
        last = place & 63;
        entry.uid = Uid(number << 6 | (place & 63U));
        entry.has_follow_up = (place & follow_up) != 0;
        std::uint64_t low = take<std::uint32_t>(from);
        std::uint64_t high = 0;
        entry.id.value = take<std::uint64_t>(from);
        entry.modseq.value = take<std::uint64_t>(from);
        entry.internal_date = take_i40(from);
        entry.save_date = take_i40(from);
        entry.size = take<std::uint64_t>(from, 5);
        entry.thread.value = take<std::uint64_t>(from);
        if ((place & more_flags) != 0) {
            low |= std::uint64_t{in.u32()} << 32;
            high = in.u64();
            if (!in.ok() || (high == 0 && low >> 32 == 0)) return nullptr;
        }
        entry.flags = FlagSet(low, high);
        page->modseq_max = std::max(page->modseq_max, entry.modseq);
        page->unseen += entry.flags.has(SystemFlag::seen) ? 0U : 1U;
        page->follow_ups += entry.has_follow_up ? 1U : 0U;
    }
    // uid 0 is none: page 0 begins with place 1.
    if (!in.done() || page->entries.front().uid.value == 0) return nullptr;
    return page;
}

}  // namespace store

#include "filter/rates.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <sodium.h>

namespace filter {
namespace {

constexpr std::int64_t period_max = 31LL * 24 * 3600;

std::uint32_t milliseconds(Rates::Time from, Rates::Time to) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
}

}  // namespace

std::optional<Rate> Rate::parse(std::string_view text) {
    Rate out;
    if (text.empty() || text == "0") return out;
    const char* const end = text.data() + text.size();
    const auto counted = std::from_chars(text.data(), end, out.count);
    if (counted.ec != std::errc() || counted.ptr == end || *counted.ptr != '/' || out.count > 10'000'000)
        return std::nullopt;
    std::int64_t number = 1;
    const char* unit = counted.ptr + 1;
    if (unit != end && *unit >= '0' && *unit <= '9') {
        const auto timed = std::from_chars(unit, end, number);
        if (timed.ec != std::errc()) return std::nullopt;
        unit = timed.ptr;
    }
    if (end - unit != 1 || number < 1 || number > period_max) return std::nullopt;
    const std::int64_t seconds = *unit == 's'   ? 1
                                 : *unit == 'm' ? 60
                                 : *unit == 'h' ? 3600
                                 : *unit == 'd' ? 86400
                                                : 0;
    number *= seconds;
    if (number < 1 || number > period_max || out.count == 0) return std::nullopt;
    out.period = std::chrono::seconds(number);
    return out;
}

std::string Rate::text() const {
    const auto seconds = period.count();
    if (seconds % 3600 == 0) return std::to_string(count) + "/" + std::to_string(seconds / 3600) + "h";
    return std::to_string(count) + "/" + std::to_string(seconds) + "s";
}

Rates::Rates(base::Random& random, std::size_t entries)
    : groups_(std::bit_ceil(std::max<std::size_t>(entries / slots, shards))), table_(groups_ * slots) {
    random.fill(secret_);
}

std::uint64_t Rates::hash(Kind kind, std::string_view key) const {
    static_assert(crypto_shorthash_BYTES == sizeof(std::uint64_t) && crypto_shorthash_KEYBYTES == 16);
    std::string text(1, static_cast<char>(kind));
    text += key;
    std::uint64_t out = 0;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&out),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), secret_.data());
    return out == 0 ? 1 : out;
}

void Rates::refill(Bucket& bucket, std::uint32_t now_ms) {
    const std::uint32_t passed = now_ms - bucket.updated;
    const float gained =
        bucket.full * (static_cast<float>(passed) / static_cast<float>(std::max(bucket.period_ms, 1U)));
    bucket.tokens = std::min(bucket.full, bucket.tokens + gained);
    bucket.updated = now_ms;
}

/// Under the group's mutex.
Rates::Bucket& Rates::bucket(std::uint64_t key, Rate rate, std::uint32_t now_ms) {
    Bucket* const group = &table_[(key & (groups_ - 1)) * slots];
    Bucket* out = nullptr;
    for (std::size_t i = 0; i < slots; ++i)
        if (group[i].key == key) out = &group[i];
    if (out == nullptr) {
        const auto emptiness = [&](Bucket& one) {
            if (one.key == 0) return -1.0F;
            refill(one, now_ms);
            return 1.0F - one.tokens / std::max(one.full, 1.0F);
        };
        out = group;
        float best = emptiness(*out);
        for (std::size_t i = 1; i < slots; ++i) {
            const float this_one = emptiness(group[i]);
            if (this_one < best) {
                best = this_one;
                out = &group[i];
            }
        }
        *out = Bucket();
        out->key = key;
        out->tokens = static_cast<float>(rate.count);
        out->updated = now_ms;
    }
    out->full = static_cast<float>(rate.count);
    out->period_ms = static_cast<std::uint32_t>(
        std::min<std::int64_t>(std::chrono::milliseconds(rate.period).count(), 0xFFFFFFFF));
    refill(*out, now_ms);
    return *out;
}

bool Rates::take(Kind kind, std::string_view key, Rate rate, std::uint32_t cost, Time now) {
    if (!rate || cost == 0) return true;
    const std::uint64_t number = hash(kind, key);
    const std::lock_guard lock(mutexes_[(number & (groups_ - 1)) % shards]);
    Bucket& one = bucket(number, rate, milliseconds(start_, now));
    const auto wanted = static_cast<float>(std::min(cost, rate.count));
    if (one.tokens + 0.001F < wanted) return false;
    one.tokens -= wanted;
    return true;
}

void Rates::give_back(Kind kind, std::string_view key, Rate rate, std::uint32_t cost) {
    if (!rate || cost == 0) return;
    const std::uint64_t number = hash(kind, key);
    const std::lock_guard lock(mutexes_[(number & (groups_ - 1)) % shards]);
    Bucket* const group = &table_[(number & (groups_ - 1)) * slots];
    for (std::size_t i = 0; i < slots; ++i) {
        if (group[i].key != number) continue;
        group[i].tokens =
            std::min(group[i].full, group[i].tokens + static_cast<float>(std::min(cost, rate.count)));
    }
}

}  // namespace filter

#include "auth/penalties.hpp"

#include <algorithm>
#include <sodium.h>

#include <boost/asio/ip/address.hpp>

namespace auth {

namespace ip = boost::asio::ip;

std::string network_of(std::string_view address, unsigned v4_bits, unsigned v6_bits) {
    boost::system::error_code failed;
    ip::address parsed = ip::make_address(std::string(address), failed);
    if (failed) return std::string(address);
    if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
        parsed = ip::make_address_v4(ip::v4_mapped, parsed.to_v6());
    }
    if (parsed.is_v4()) {
        const std::uint32_t mask = v4_bits == 0 ? 0 : ~0U << (32U - v4_bits);
        return ip::address_v4(parsed.to_v4().to_uint() & mask).to_string();
    }
    auto octets = parsed.to_v6().to_bytes();
    for (unsigned bit = v6_bits; bit < 128; ++bit) {
        octets[bit / 8] = static_cast<unsigned char>(octets[bit / 8] & ~(0x80U >> (bit % 8)));
    }
    return ip::address_v6(octets).to_string();
}

Penalties::Penalties(const base::Clock& clock, base::Random& random, PenaltySettings settings)
    : clock_(clock),
      settings_(settings),
      sources_(settings.entries),
      accounts_(settings.entries),
      good_(settings.entries) {
    random.fill(secret_);
}

Penalties::Entry* Penalties::Table::find(std::uint64_t key, std::int64_t alive_after) {
    for (std::size_t i = set_of(key), end = i + ways; i < end; ++i) {
        if (entries_[i].key == key && entries_[i].count != 0 && entries_[i].last > alive_after)
            return &entries_[i];
    }
    return nullptr;
}

Penalties::Entry& Penalties::Table::find_or_make(std::uint64_t key, std::int64_t alive_after) {
    if (Entry* const found = find(key, alive_after)) return *found;
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(set_of(key));
    // What is forgotten first: the expired, then those with the fewest failures, then the oldest. A flood of
    // new sources cannot wash out one that has failed often.
    const auto victim = std::min_element(first, first + ways, [alive_after](const Entry& a, const Entry& b) {
        const bool a_dead = a.count == 0 || a.last <= alive_after,
                   b_dead = b.count == 0 || b.last <= alive_after;
        if (a_dead != b_dead) return a_dead;
        if (a.count != b.count) return a.count < b.count;
        return a.last < b.last;
    });
    *victim = Entry();
    victim->key = key;
    return *victim;
}

std::uint64_t Penalties::key_of(char kind, std::string_view first, std::string_view second) const {
    std::string text(1, kind);
    text.append(first).append(1, '\0').append(second);
    std::uint64_t key = 0;
    static_assert(sizeof key == crypto_shorthash_BYTES && crypto_shorthash_KEYBYTES == 16);
    crypto_shorthash(reinterpret_cast<unsigned char*>(&key),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), secret_.data());
    return key;
}

std::chrono::milliseconds Penalties::delay(std::uint32_t count) const {
    if (count == 0) return std::chrono::milliseconds(0);
    const unsigned doublings = std::min(count - 1, 16U);
    return std::min(settings_.first * (1 << doublings), settings_.max);
}

std::uint32_t Penalties::add(Table& table, std::uint64_t key, std::int64_t now) {
    Entry& entry = table.find_or_make(key, now - memory());
    if (entry.count == 0) entry.since = now;
    if (now - entry.since >= memory()) {
        // A new hour, for the sum; who goes on failing keeps the longest delay.
        entry.count = std::min(entry.count, 4U);
        entry.since = now;
    }
    if (entry.count < 1'000'000) ++entry.count;
    entry.last = now;
    return entry.count;
}

bool Penalties::blocked(std::string_view address) {
    const std::int64_t now = base::unix_milliseconds(clock_.now());
    const std::uint64_t key = key_of('s', network_of(address, 32, 64));
    const std::lock_guard lock(mutex_);
    const Entry* const entry = sources_.find(key, now - memory());
    return entry != nullptr && entry->count > settings_.failures_max && now - entry->since < memory();
}

bool Penalties::known_good(std::string_view address, std::string_view account, std::int64_t now) {
    return good_.find(key_of('g', network_of(address, 24, 48), account),
                      now - settings_.known_good.count()) != nullptr;
}

std::chrono::milliseconds Penalties::failed(std::string_view address, std::string_view account) {
    const std::int64_t now = base::unix_milliseconds(clock_.now());
    const std::uint64_t source_key = key_of('s', network_of(address, 32, 64));
    const std::uint64_t account_key = key_of('a', account);
    const std::lock_guard lock(mutex_);
    const std::uint32_t of_source = add(sources_, source_key, now);
    // A known network neither adds to the account's penalty nor bears it: a phone with an old password must
    // not slow down its owner's next login from elsewhere.
    const bool known = known_good(address, account, now);
    const std::uint32_t of_account = known ? 0 : add(accounts_, account_key, now);
    return std::max(delay(of_source), delay(of_account));
}

std::chrono::milliseconds Penalties::succeeded(std::string_view address, std::string_view account) {
    const std::int64_t now = base::unix_milliseconds(clock_.now());
    const std::lock_guard lock(mutex_);
    std::chrono::milliseconds wait{0};
    if (!known_good(address, account, now)) {
        if (const Entry* const entry = accounts_.find(key_of('a', account), now - memory()))
            wait = delay(entry->count);
    }
    if (Entry* const entry = accounts_.find(key_of('a', account), now - memory())) *entry = Entry();
    Entry& good = good_.find_or_make(key_of('g', network_of(address, 24, 48), account),
                                     now - settings_.known_good.count());
    good.count = 1;
    good.last = now;
    return wait;
}

}  // namespace auth

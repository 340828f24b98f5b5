#include "smtp/recent_deliveries.hpp"

#include <cstring>

namespace smtp {
namespace {

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

void MessageHash::add(std::string_view octets) {
    crypto_generichash_update(&state_, octets_of(octets), octets.size());
}

Fingerprint MessageHash::finish() {
    Fingerprint out{};
    crypto_generichash_final(&state_, out.data(), out.size());
    return out;
}

RecentDeliveries::RecentDeliveries(base::Random& random) : RecentDeliveries(random, Limits()) {}

RecentDeliveries::RecentDeliveries(base::Random& random, Limits limits) : limits_(limits) {
    random.fill(secret_);
}

MessageHash RecentDeliveries::start(char kind, std::string_view sender) const {
    MessageHash hash;
    crypto_generichash_init(&hash.state_, secret_.data(), secret_.size(), std::tuple_size_v<Fingerprint>);
    hash.add({&kind, 1});
    hash.add(sender);
    hash.add({"\0", 1});  // an address holds none
    return hash;
}

MessageHash RecentDeliveries::message_from(std::string_view sender) const { return start('m', sender); }

Fingerprint RecentDeliveries::declared(std::string_view sender, std::uint64_t size) const {
    MessageHash hash = start('d', sender);
    std::array<char, sizeof size> octets{};
    std::memcpy(octets.data(), &size, sizeof size);
    hash.add({octets.data(), octets.size()});
    return hash.finish();
}

void RecentDeliveries::note(const Fingerprint& message, base::AccountId account, std::uint64_t what,
                            base::SystemTime now) {
    const std::lock_guard lock(mutex_);
    const Key key{message, account};
    if (const auto known = places_.find(key); known != places_.end()) erase(known->second);
    while (!entries_.empty() &&
           (entries_.size() >= limits_.entries_max || entries_.front().noted + limits_.kept_max < now)) {
        erase(entries_.begin());
    }
    places_.emplace(key, entries_.insert(entries_.end(), Entry{key, what, now}));
    count_ = entries_.size();
}

std::optional<std::uint64_t> RecentDeliveries::find(const Fingerprint& message, base::AccountId account,
                                                    base::SystemTime now) {
    const std::lock_guard lock(mutex_);
    const auto known = places_.find(Key{message, account});
    if (known == places_.end() || known->second->noted + limits_.kept_max < now) return std::nullopt;
    return known->second->what;
}

void RecentDeliveries::forget(const Fingerprint& message, base::AccountId account) {
    const std::lock_guard lock(mutex_);
    const auto known = places_.find(Key{message, account});
    if (known != places_.end()) erase(known->second);
}

void RecentDeliveries::erase(Entries::iterator entry) {
    places_.erase(entry->key);
    entries_.erase(entry);
    count_ = entries_.size();
}

std::size_t RecentDeliveries::KeyHash::operator()(const Key& key) const noexcept {
    std::size_t out = 0;  // a keyed hash already: any part of it will do
    std::memcpy(&out, key.message.data(), sizeof out);
    return out ^ (std::size_t{key.account.value} * 0x9E3779B97F4A7C15U);
}

}  // namespace smtp

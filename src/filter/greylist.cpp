#include "filter/greylist.hpp"

#include <algorithm>
#include <charconv>
#include <sodium.h>

#include "base/ascii.hpp"

namespace filter {
namespace {

constexpr const char* partition = "z/greylist";
constexpr std::size_t rows_a_write = 5'000;

std::string key_of(std::string_view text) {
    std::array<unsigned char, 16> digest{};
    crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), nullptr, 0);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned char octet : digest) {
        out += digits[octet >> 4U];
        out += digits[octet & 15U];
    }
    return out;
}

/// The client's network, or the domain that vouches for it.
std::string source_of(const Facts& facts) {
    const std::string domain = domain_of(facts.sender);
    if (facts.authentication.spf == "pass" && !domain.empty()) return "spf " + domain;
    if (!facts.client) return "local";
    std::string out = facts.client->v6 ? "6 " : "4 ";
    const std::size_t octets = facts.client->v6 ? 8 : 3;
    for (std::size_t i = 0; i < octets; ++i) out += std::to_string(facts.client->octets[i]) + '.';
    return out;
}

/// Digits of a local part are often of this one message (VERP, BATV): they are as one.
std::string sender_of(std::string_view sender) {
    const std::string whole = base::lowered(sender);
    const std::size_t at = std::min(whole.rfind('@'), whole.size());
    std::string out;
    bool digits = false;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const bool digit = i < at && whole[i] >= '0' && whole[i] <= '9';
        if (!digit) out += whole[i];
        if (digit && !digits) out += '#';
        digits = digit;
    }
    return out;
}

std::string encode(std::int64_t first, std::int64_t last, std::uint32_t passed) {
    return "1 " + std::to_string(first) + ' ' + std::to_string(last) + ' ' + std::to_string(passed);
}

bool decode(std::string_view text, std::int64_t& first, std::int64_t& last, std::uint32_t& passed) {
    if (!text.starts_with("1 ")) return false;
    const char* const end = text.data() + text.size();
    const auto one = std::from_chars(text.data() + 2, end, first);
    if (one.ec != std::errc() || one.ptr == end) return false;
    const auto two = std::from_chars(one.ptr + 1, end, last);
    if (two.ec != std::errc() || two.ptr == end) return false;
    const auto three = std::from_chars(two.ptr + 1, end, passed);
    return three.ec == std::errc() && three.ptr == end;
}

}  // namespace

std::int64_t Greylist::kept_for(const Entry& entry) const {
    return (entry.passed != 0 ? settings_.kept : settings_.retry_max).count();
}

/// Under the mutex, as all below.
Greylist::Entry* Greylist::find(const Key& key, std::int64_t now) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    if (found->second.last + kept_for(found->second) >= now) return &found->second;
    forget(key);
    return nullptr;
}

void Greylist::forget(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    order_.erase(found->second.place);
    changed_.insert(key);
    entries_.erase(found);
}

Greylist::Entry& Greylist::make(const Key& key, std::int64_t now) {
    while (entries_.size() >= settings_.entries_max && !order_.empty()) {
        const Key oldest = order_.front();
        forget(oldest);
    }
    Entry& entry = entries_[key];
    entry.first = entry.last = now;
    entry.place = order_.insert(order_.end(), key);
    changed_.insert(key);
    return entry;
}

void Greylist::use(Entry& entry, const Key& key, std::int64_t now) {
    entry.last = now;
    order_.splice(order_.end(), order_, entry.place);
    changed_.insert(key);
}

Greylist::Answer Greylist::check(const Facts& facts, std::string_view recipient) {
    Answer out;
    const std::int64_t now = base::unix_seconds(clock_.now());
    const std::string source = source_of(facts);
    const Key client = key_of("client " + source);
    const Key triplet =
        key_of("mail " + source + '\n' + sender_of(facts.sender) + '\n' + base::lowered(recipient));
    const std::lock_guard lock(mutex_);
    Entry* const known = settings_.passes_for_client == 0 ? nullptr : find(client, now);
    if (known != nullptr && known->passed >= settings_.passes_for_client) {
        use(*known, client, now);
        out.pass = true;
        out.why = "client known";
        return out;
    }
    Entry* const entry = find(triplet, now);
    if (entry == nullptr) {
        make(triplet, now);
        out.wait = settings_.delay;
        out.why = "first seen";
        return out;
    }
    if (entry->passed == 0 && now - entry->first < settings_.delay.count()) {
        out.wait = settings_.delay - std::chrono::seconds(now - entry->first);
        out.why = "too early";
        return out;
    }
    const bool first_pass = entry->passed == 0;
    ++entry->passed;
    use(*entry, triplet, now);
    out.pass = true;
    out.why = "seen before";
    if (!first_pass || settings_.passes_for_client == 0) return out;
    Entry* of_client = find(client, now);
    if (of_client == nullptr) of_client = &make(client, now);
    ++of_client->passed;
    use(*of_client, client, now);
    return out;
}

std::size_t Greylist::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

store::engine::awaitable<store::Result<void>> Greylist::open() {
    if (engine_ == nullptr || !settings_.enabled) co_return store::Result<void>();
    const std::int64_t now = base::unix_seconds(clock_.now());
    struct Kept {
        Key key;
        Entry entry;
    };
    std::vector<Kept> all;
    std::vector<Key> gone;
    std::string after;
    for (bool more = true; more;) {
        std::string from = after, prefix = "g";
        auto rows = co_await engine_->scan(partition, std::move(from), std::move(prefix), 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            Kept one;
            one.key = row.key.substr(1);
            const bool read = decode(row.value, one.entry.first, one.entry.last, one.entry.passed);
            if (read && one.entry.last + kept_for(one.entry) >= now)
                all.push_back(std::move(one));
            else
                gone.push_back(std::move(one.key));
            after = row.key;
        }
        more = rows->more && !rows->rows.empty();
    }
    std::ranges::sort(all, {}, [](const Kept& kept) { return kept.entry.last; });
    const std::lock_guard lock(mutex_);
    for (const Key& key : gone) changed_.insert(key);
    const std::size_t too_many = all.size() - std::min(all.size(), settings_.entries_max);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i < too_many) {
            changed_.insert(all[i].key);
            continue;
        }
        Entry& entry = entries_[all[i].key];
        entry = all[i].entry;
        entry.place = order_.insert(order_.end(), all[i].key);
    }
    co_return store::Result<void>();
}

store::engine::awaitable<store::Result<void>> Greylist::flush() {
    if (engine_ == nullptr || !settings_.enabled) co_return store::Result<void>();
    for (;;) {
        store::engine::Patch patch;
        patch.partition = partition;
        std::vector<Key> written;
        {
            const std::lock_guard lock(mutex_);
            while (!changed_.empty() && written.size() < rows_a_write) {
                Key key = *changed_.begin();
                changed_.erase(changed_.begin());
                const auto found = entries_.find(key);
                if (found == entries_.end()) {
                    patch.erase.push_back("g" + key);
                } else {
                    store::engine::Row row;
                    row.key = "g" + key;
                    row.value = encode(found->second.first, found->second.last, found->second.passed);
                    patch.put.push_back(std::move(row));
                }
                written.push_back(std::move(key));
            }
        }
        if (written.empty()) co_return store::Result<void>();
        store::engine::Prelude prelude;
        prelude.patches.push_back(std::move(patch));
        auto applied = co_await engine_->apply(std::move(prelude));
        if (applied) continue;
        const std::lock_guard lock(mutex_);
        changed_.insert(written.begin(), written.end());
        co_return applied.error();
    }
}

}  // namespace filter

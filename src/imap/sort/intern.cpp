#include "imap/sort/intern.hpp"

#include <cstring>
#include <random>

namespace imap {
namespace {

std::uint64_t secret() {
    static const std::uint64_t made = [] {
        std::random_device device;
        return (std::uint64_t{device()} << 32U | device()) | 1U;
    }();
    return made;
}

__extension__ using Wide = unsigned __int128;

/// The two halves of the product of two words, joined.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

constexpr std::uint64_t odd = 0x9e3779b97f4a7c15ULL;  // the golden ratio: no pattern

}  // namespace

std::uint64_t keyed_hash(std::uint64_t number) { return mix(mix(number ^ secret(), odd) ^ number, secret()); }

std::uint64_t keyed_hash(std::string_view text) {
    std::uint64_t hash = secret() ^ text.size();
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        hash = mix(hash ^ word, odd) + secret();
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, text.data(), text.size());
    return mix(mix(hash ^ rest, odd) ^ rest, secret());
}

Texts::Texts() {
    texts_.push_back({});
    hashes_.push_back(0);
}

std::uint32_t Texts::intern(std::string_view text) {
    if (text.empty()) return 0;
    const std::uint64_t hash = keyed_hash(text);
    const std::uint32_t known = table_.find(
        hash, [&](std::uint32_t number) { return hashes_[number] == hash && texts_[number] == text; });
    if (known != NumberTable::none) return known;
    const std::uint32_t number = texts_.size();
    texts_.push_back(keep(text));
    hashes_.push_back(hash);
    table_.insert(hash, number, [&](std::uint32_t other) { return hashes_[other]; });
    return number;
}

std::string_view Texts::keep(std::string_view text) {
    if (block_bytes - block_used_ < text.size()) {
        const std::size_t size = text.size() > block_bytes ? text.size() : block_bytes;
        blocks_.push_back(std::make_unique<char[]>(size));
        bytes_ += size;
        block_used_ = 0;
    }
    char* const to = blocks_.back().get() + block_used_;
    std::memcpy(to, text.data(), text.size());
    block_used_ = text.size() > block_bytes ? block_bytes : block_used_ + text.size();
    return std::string_view(to, text.size());
}

std::size_t Texts::bytes() const { return bytes_ + texts_.bytes() + hashes_.bytes() + table_.bytes(); }

std::uint32_t MessageIds::intern(std::uint64_t id) {
    if (id == 0) return 0;
    const std::uint64_t hash = keyed_hash(id);
    const std::uint32_t known = table_.find(hash, [&](std::uint32_t number) { return ids_[number] == id; });
    if (known != NumberTable::none) return known;
    const std::uint32_t number = ids_.size();
    ids_.push_back(id);
    table_.insert(hash, number, [&](std::uint32_t other) { return keyed_hash(ids_[other]); });
    return number;
}

}  // namespace imap

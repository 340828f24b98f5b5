// Interned texts and numbers: each value once, called by a small number. Written by one, read by others up to
// what was published (growing.hpp). Hashes are keyed, since strangers choose the values.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "imap/sort/growing.hpp"

namespace imap {

/// Keyed hashes; the key is of this process.
std::uint64_t keyed_hash(std::string_view text);
std::uint64_t keyed_hash(std::uint64_t number);

/// Open addressing over numbers from 0: the caller knows what they stand for.
class NumberTable {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    /// The number with this hash for which `same` holds, else `none`.
    template <class Same>
    std::uint32_t find(std::uint64_t hash, Same same) const {
        if (slots_.empty()) return none;
        for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            if (slots_[at] == none) return none;
            if (same(slots_[at])) return slots_[at];
        }
    }
    /// \param hash_of the hash of a number that is in the table already
    template <class HashOf>
    void insert(std::uint64_t hash, std::uint32_t number, HashOf hash_of) {
        if (slots_.size() < 2 * (count_ + 1)) {
            std::vector<std::uint32_t> old(slots_.empty() ? 1'024 : 2 * slots_.size(), none);
            old.swap(slots_);
            for (const std::uint32_t each : old)
                if (each != none) place(hash_of(each), each);
        }
        place(hash, number);
        ++count_;
    }
    std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

private:
    void place(std::uint64_t hash, std::uint32_t number) {
        std::size_t at = hash & (slots_.size() - 1);
        while (slots_[at] != none) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = number;
    }
    std::vector<std::uint32_t> slots_;
    std::size_t count_ = 0;
};

/// Texts by number; 0 is the empty one.
class Texts {
public:
    Texts();
    std::uint32_t intern(std::string_view text);
    std::string_view operator[](std::uint32_t number) const { return texts_[number]; }
    std::uint32_t size() const { return texts_.size(); }
    std::size_t bytes() const;

private:
    std::string_view keep(std::string_view text);

    static constexpr std::size_t block_bytes = 32U << 10;
    Growing<std::string_view> texts_;
    Growing<std::uint64_t> hashes_;
    NumberTable table_;
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t block_used_ = block_bytes, bytes_ = 0;
};

/// Message ids (mime::hash_id) by number; 0 is none.
class MessageIds {
public:
    MessageIds() { ids_.push_back(0); }
    std::uint32_t intern(std::uint64_t id);
    std::uint32_t size() const { return ids_.size(); }
    std::size_t bytes() const { return ids_.bytes() + table_.bytes(); }

private:
    Growing<std::uint64_t> ids_;
    NumberTable table_;
};

}  // namespace imap

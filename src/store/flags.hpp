// FlagSet: the flags of one message as bits; Keywords: the folder's dictionary that gives keyword bits their
// names.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace store {

/// Bit numbers of the system flags. RFC 9051 section 2.3.2. \Recent is not stored: see Folder::take_recent().
enum class SystemFlag : std::uint8_t { seen, answered, flagged, deleted, draft };

/// 8 bits for system flags, 120 for keywords. A value; the empty set is zero.
class FlagSet {
public:
    static constexpr unsigned first_keyword_bit = 8;
    static constexpr unsigned keywords_max = 120;

    constexpr FlagSet() = default;
    constexpr FlagSet(SystemFlag flag) { set(static_cast<unsigned>(flag)); }  // NOLINT: converts on purpose
    constexpr FlagSet(std::uint64_t low, std::uint64_t high) : low_(low), high_(high) {}
    static constexpr FlagSet keyword(unsigned index) {
        FlagSet set;
        set.set(first_keyword_bit + index);
        return set;
    }

    constexpr bool has(SystemFlag flag) const { return test(static_cast<unsigned>(flag)); }
    constexpr bool has_keyword(unsigned index) const { return test(first_keyword_bit + index); }
    constexpr bool contains(FlagSet all) const { return (*this & all) == all; }
    constexpr bool intersects(FlagSet any) const { return !(*this & any).empty(); }
    constexpr bool empty() const { return (low_ | high_) == 0; }
    constexpr bool test(unsigned bit) const {
        return ((bit < 64 ? low_ >> bit : high_ >> (bit - 64)) & 1U) != 0;
    }
    constexpr void set(unsigned bit) { (bit < 64 ? low_ : high_) |= std::uint64_t{1} << (bit & 63U); }

    constexpr FlagSet operator|(FlagSet other) const { return {low_ | other.low_, high_ | other.high_}; }
    constexpr FlagSet operator&(FlagSet other) const { return {low_ & other.low_, high_ & other.high_}; }
    constexpr FlagSet without(FlagSet other) const { return {low_ & ~other.low_, high_ & ~other.high_}; }
    constexpr FlagSet& operator|=(FlagSet other) { return *this = *this | other; }
    constexpr bool operator==(const FlagSet&) const = default;

    constexpr std::uint64_t low() const { return low_; }
    constexpr std::uint64_t high() const { return high_; }

private:
    std::uint64_t low_ = 0;
    std::uint64_t high_ = 0;
};

inline constexpr FlagSet every_flag{~0ULL, ~0ULL};

/// Names of a folder's keyword bits, in order of first use. Only ever grows, never renumbered; immutable once
/// it is in a snapshot. Compared without case (ASCII), kept as first written. RFC 9051 section 2.3.2.
class Keywords {
public:
    static constexpr std::size_t name_bytes_max = 64;

    std::optional<unsigned> find(std::string_view name) const;
    std::string_view name(unsigned index) const { return names_[index]; }
    std::size_t size() const { return names_.size(); }
    bool full() const { return names_.size() >= FlagSet::keywords_max; }
    /// The name's index; it is added when it is new and there is room.
    std::optional<unsigned> add(std::string_view name);
    bool operator==(const Keywords&) const = default;

private:
    std::vector<std::string> names_;
};

/// An atom of at most Keywords::name_bytes_max octets. RFC 9051 section 9, flag-keyword.
bool valid_keyword(std::string_view name);
/// Case does not matter in ASCII. RFC 9051 section 2.3.2.
bool same_keyword(std::string_view a, std::string_view b);

/// Flags by name, as a client gives them; resolved against the folder's dictionary by the store.
struct NamedFlags {
    FlagSet system;                     ///< system bits only
    std::vector<std::string> keywords;  ///< atoms without a backslash
};

}  // namespace store

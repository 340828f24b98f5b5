// Acl: who may do what with a folder (RFC 4314). Pure: rights as bits, entries by account, and what they come
// to for one who asks. Names of people are not known here: the protocols turn them into accounts.
#pragma once
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "store/flags.hpp"

namespace store {

/// RFC 4314 section 2.1, in the order in which they are written.
enum class Right : std::uint8_t {
    lookup,         ///< l
    read,           ///< r
    seen,           ///< s
    write,          ///< w
    insert,         ///< i
    post,           ///< p
    create,         ///< k
    remove_folder,  ///< x
    remove,         ///< t
    expunge,        ///< e
    administer      ///< a
};

/// A set of rights. A value; the empty set is zero.
class Rights {
public:
    constexpr Rights() = default;
    constexpr Rights(Right right)  // NOLINT: converts on purpose
        : bits_(static_cast<std::uint16_t>(1U << static_cast<unsigned>(right))) {}
    explicit constexpr Rights(std::uint16_t bits) : bits_(bits & all_bits) {}
    static constexpr Rights all() { return Rights(all_bits); }
    /// Letters, with "c" and "d" for what RFC 4314 section 2.1.1 makes of them. nullopt: an unknown letter.
    static std::optional<Rights> parse(std::string_view letters);

    constexpr bool has(Right right) const { return (bits_ & Rights(right).bits_) != 0; }
    constexpr bool any(Rights of) const { return (bits_ & of.bits_) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::uint16_t bits() const { return bits_; }
    constexpr Rights operator|(Rights other) const {
        return Rights(static_cast<std::uint16_t>(bits_ | other.bits_));
    }
    constexpr Rights operator&(Rights other) const {
        return Rights(static_cast<std::uint16_t>(bits_ & other.bits_));
    }
    constexpr Rights without(Rights other) const {
        return Rights(static_cast<std::uint16_t>(bits_ & ~other.bits_));
    }
    constexpr bool operator==(const Rights&) const = default;

    /// "lrswipkxtea"; with `obsolete` also "c" and "d" (RFC 4314 section 2.1.1: for clients of RFC 2086).
    std::string letters(bool obsolete) const;
    /// The flags that may be changed: "s" \Seen, "t" \Deleted, "w" all others (RFC 4314 section 4).
    FlagSet flags() const;

private:
    static constexpr std::uint16_t all_bits = (1U << 11) - 1;
    std::uint16_t bits_ = 0;
};

/// Whom an entry is about. `anyone` and `authenticated` reach no further than the owner's post office.
struct AclWho {
    enum class Kind : std::uint8_t { anyone, authenticated, account };
    Kind kind = Kind::account;
    base::AccountId account;  ///< of Kind::account
    bool negative = false;    ///< takes rights away (RFC 4314 section 2)
    auto operator<=>(const AclWho&) const = default;
};

struct AclEntry {
    AclWho who;
    Rights rights;
    bool operator==(const AclEntry&) const = default;
};

enum class AclChange : std::uint8_t { replace, add, remove, erase };

/// Immutable; shared by the folders that inherited it and by all who read it.
class Acl {
public:
    static constexpr std::size_t entries_max = 250;  ///< of a folder: its row stays some KiB

    const std::vector<AclEntry>& entries() const { return entries_; }
    bool empty() const { return entries_.empty(); }
    bool operator==(const Acl&) const = default;

    /// An entry without rights is dropped, unless it is the owner's: he may have given up his own.
    void change(const AclEntry& entry, AclChange how, base::AccountId owner);
    /// From a row: sorted, each `who` once.
    static std::optional<Acl> from(std::vector<AclEntry> entries);
    const AclEntry* find(const AclWho& who) const;
    /// True when this or that account could gain by it.
    bool names(AclWho::Kind kind) const;

private:
    std::vector<AclEntry> entries_;  // by who
};
using AclPtr = std::shared_ptr<const Acl>;

/// What nobody can take from the owner: without them he could never get the others back.
inline constexpr Rights owner_rights =
    Rights(Right::lookup) | Right::create | Right::remove_folder | Right::administer;

/// The rights of `who`, an account of the owner's post office, in a folder of `owner`. Null `acl`: the
/// owner's alone. Without an entry for himself the owner has all rights.
Rights rights_of(const Acl* acl, base::AccountId owner, base::AccountId who);

std::string encode(const Acl& acl);
std::optional<Acl> decode_acl(std::string_view value);

}  // namespace store

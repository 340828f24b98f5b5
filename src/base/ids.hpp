// The numbers that mail is addressed by, each a type of its own so that none can stand in for another.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace base {

/// A number with a name. `Tag` only tells the types apart.
template <class Tag, class Int>
struct Id {
    using Number = Int;
    Int value = 0;

    constexpr Id() = default;
    constexpr explicit Id(Int number) : value(number) {}
    constexpr auto operator<=>(const Id&) const = default;
    constexpr explicit operator bool() const { return value != 0; }
};

using Uid = Id<struct UidTag, std::uint32_t>;        ///< RFC 9051 section 2.3.1.1; 0 is none
using SeqNum = Id<struct SeqNumTag, std::uint32_t>;  ///< RFC 9051 section 2.3.1.2; counted from 1
using ModSeq = Id<struct ModSeqTag, std::uint64_t>;  ///< RFC 7162 section 3; one per transaction of a folder
using AccountId = Id<struct AccountTag, std::uint32_t>;
using FolderId = Id<struct FolderTag, std::uint64_t>;    ///< never reused: RFC 8474 MAILBOXID
using MessageId = Id<struct MessageTag, std::uint64_t>;  ///< time-ordered: RFC 8474 EMAILID
using BlobId = Id<struct BlobTag, std::uint64_t>;        ///< time-ordered, see base/id_source.hpp
using ThreadId = Id<struct ThreadTag, std::uint64_t>;    ///< RFC 8474 THREADID
using SessionId = Id<struct SessionTag, std::uint64_t>;

}  // namespace base

template <class Tag, class Int>
struct std::hash<base::Id<Tag, Int>> {
    std::size_t operator()(base::Id<Tag, Int> id) const noexcept { return std::hash<Int>{}(id.value); }
};

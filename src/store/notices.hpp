// Notices: what happened in an account's folders, for those who watch many of them and have none open (RFC
// 5465). One for each thing that can be told, whatever number of times it happened: who is slow finds little.
//
// Any thread. A watcher remembers one number, its mark, and asks for what came behind it.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.hpp"

namespace store {

struct Notice {
    enum class Kind : std::uint8_t { appended, expunged, flags, annotation };
    Kind kind = Kind::appended;
    base::FolderId folder;  ///< 0: the account as a whole
    base::AccountId user;   ///< whom alone it concerns: his \Seen, his private annotation; 0: all
    std::string entry;      ///< of an annotation: its name
    bool once = true;       ///< as read: it happened once behind the mark
};

struct NoticesRead {
    std::vector<Notice> notices;  ///< the oldest first
    std::uint64_t mark = 0;       ///< where to go on
    bool lost = false;            ///< more happened than was kept
};

class Notices {
public:
    /// Of an account; the oldest go first. As many as it may have folders, some 100 octets each.
    static constexpr std::size_t kept_max = 10'000;

    std::uint64_t mark() const;
    void add(Notice notice);
    /// Nobody watches any more.
    void clear();
    /// Those that concern `user`.
    NoticesRead since(std::uint64_t mark, base::AccountId user) const;

private:
    using Key = std::tuple<base::FolderId, Notice::Kind, base::AccountId, std::string>;
    struct Times {
        std::uint64_t last = 0, before = 0;  // when it happened, and when the time before
    };
    using Known = std::map<Key, Times>;

    mutable std::mutex mutex_;
    std::uint64_t last_ = 0, floor_ = 0;  // all up to the floor may be lost
    Known known_;
    std::map<std::uint64_t, Known::iterator> in_order_;  // by the last time
};

}  // namespace store

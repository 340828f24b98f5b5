// UserSeen: which messages of a folder one user has seen who is not its owner, and the folder as he sees it.
// Pure. In a folder that several people read \Seen is each one's own; all other flags are everybody's.
//
// His pages are rows of the folder's own partition, so that a change of his is a transaction of the folder
// with a modseq of it: what his sessions are told is one sequence (RFC 7162 section 3.1), and one commit
// holds both his \Seen and the flags that he changed for all.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/engine/engine.hpp"
#include "store/snapshot.hpp"

namespace store {

/// Of 64 neighbouring uids, as the entries of a Page.
struct SeenPage {
    std::uint32_t number = 0;            ///< uid >> 6
    std::uint64_t seen = 0;              ///< bit uid & 63
    std::array<ModSeq, 64> modseq = {};  ///< of his last change of it; 0: none
    bool operator==(const SeenPage&) const = default;
};
using SeenPagePtr = std::shared_ptr<const SeenPage>;

std::string encode(const SeenPage& page);
/// `number` comes from the row's key. Null: damaged.
std::shared_ptr<SeenPage> decode_seen_page(std::uint32_t number, std::string_view value);

struct SeenGroup {
    std::uint32_t number = 0;        ///< uid >> 12
    std::vector<SeenPagePtr> pages;  ///< by number
};
using SeenGroupPtr = std::shared_ptr<const SeenGroup>;

/// Immutable. Groups by number.
struct UserSeen {
    std::vector<SeenGroupPtr> groups;

    const SeenPage* find(std::uint32_t page) const;
    bool seen(Uid uid) const;
    ModSeq modseq(Uid uid) const;
};
using UserSeenPtr = std::shared_ptr<const UserSeen>;

/// What he has seen, in the middle of a round of changes.
class UserSeenDraft {
public:
    explicit UserSeenDraft(const UserSeenPtr& base) : state_(*base) {}

    bool seen(Uid uid) const { return state_.seen(uid); }
    ModSeq modseq(Uid uid) const { return state_.modseq(uid); }
    /// False: it is so already.
    bool set(Uid uid, bool seen, ModSeq modseq);
    bool clean() const { return dirty_.empty(); }
    /// What was read from the store; in any order.
    void put(std::shared_ptr<SeenPage> page);
    /// The rows to commit.
    std::vector<engine::Row> rows(base::AccountId user) const;
    UserSeenPtr finish() { return std::make_shared<const UserSeen>(std::move(state_)); }

private:
    std::shared_ptr<SeenGroup> own_group(std::uint32_t number);
    SeenPage& own_page(std::uint32_t number);

    UserSeen state_;
    std::vector<std::shared_ptr<SeenGroup>> owned_;
    std::vector<std::shared_ptr<SeenPage>> dirty_;
};

/// Makes snapshots of a folder into what one user sees, and shares between them what did not change, so that
/// compare() of two of them costs what it does for the owner. Any thread.
class UserView {
public:
    SnapshotPtr see(const SnapshotPtr& folder, const UserSeenPtr& seen);

private:
    struct Made {
        PageGroupPtr from, made;
        SeenGroupPtr seen;
        std::uint32_t unseen = 0;
    };
    static Made make(const PageGroupPtr& from, const SeenGroupPtr& seen, const Made* before);

    std::mutex mutex_;
    SnapshotPtr folder_, made_;
    UserSeenPtr seen_;
    std::vector<Made> groups_;
};

}  // namespace store

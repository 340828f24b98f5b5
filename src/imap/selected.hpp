// Selected: a mailbox that a session has open. Made by SELECT and EXAMINE, gone with CLOSE, UNSELECT or the
// next SELECT.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "imap/place.hpp"
#include "imap/syntax/command.hpp"
#include "imap/view.hpp"
#include "net/connection.hpp"
#include "store/folder.hpp"

namespace imap {

/// Wakes a session that idles. Told on any thread, from inside the store; a session that does not idle is not
/// woken, since it takes the newest snapshot with its next command anyway.
class Watcher final : public store::Subscriber {
public:
    explicit Watcher(std::shared_ptr<net::Waker> waker) : waker_(std::move(waker)) {}
    void changed() noexcept override {
        if (armed_.load(std::memory_order_acquire)) waker_->wake(net::event_mail);
    }
    void arm(bool yes) { armed_.store(yes, std::memory_order_release); }

private:
    std::shared_ptr<net::Waker> waker_;
    std::atomic<bool> armed_{false};
};

/// A search whose result the client wants to be kept up to date (RFC 5267 section 4.3).
struct UpdateContext {
    std::string tag;
    std::shared_ptr<const cmd::Search> search;  ///< its sequence numbers have become uids
    store::SnapshotPtr seen;                    ///< of which the result is
    NumberRanges uids;                          ///< the result
    std::vector<std::uint32_t> order;           ///< of SORT: the same uids in their order
    bool lost = false;                          ///< it cannot be kept up to date any more
};

/// What a command itself changed: the client knows it, or is told of it by the command.
struct OwnChange {
    const store::UidRanges* uids = nullptr;  ///< messages that this command changed
    store::FlagChange change = store::FlagChange::add;
    store::FlagSet flags;
    /// Of their flags: the command writes the FETCH itself; .SILENT; or as what others change.
    enum class Told : std::uint8_t { elsewhere, not_at_all, as_others };
    Told told = Told::as_others;
};

struct Selected {
    Selected(store::FolderPtr what, const Place& where, bool for_reading, std::shared_ptr<net::Waker> waker)
        : folder(std::move(what)),
          account(where.account),
          tree(where.tree),
          rights(where.rights),
          space(where.space),
          name(where.name()),
          read_only(for_reading),
          watcher(std::move(waker)) {
        subscription = folder->subscribe(watcher);
    }

    bool may(store::Right right) const { return !read_only && rights.has(right); }

    store::FolderPtr folder;
    store::AccountPtr account;  ///< whose it is
    store::FolderTreePtr tree;  ///< the rights are of this one
    store::Rights rights;
    Space space;
    std::string name;
    bool read_only;  ///< EXAMINE
    View view;
    bool vanished_told = false;  ///< since the client last heard a HIGHESTMODSEQ
    NumberRanges saved;          ///< "$" as uids (RFC 9051 section 6.4.4.1)
    std::vector<UpdateContext> contexts;
    NumberRanges fresh;    ///< uids of new messages whose FETCH is due (RFC 5465 section 5.2)
    NumberRanges own_new;  ///< uids of new messages that this session has put there
    Watcher watcher;
    store::SubscriptionPtr subscription;  // last: ends before what it tells
};

}  // namespace imap

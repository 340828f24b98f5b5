// CommitQueue: changes of one partition wait here while a commit is under way; then all that wait become the
// next round, one commit. What a folder and an account have in common.
//
// A change belongs to the queue, not to the coroutine that waits for it: that coroutine's frame may be
// destroyed at any time and the round goes on without it. A round holds the queue's object; no strand is
// needed.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "store/error.hpp"
#include "store/waiter.hpp"

namespace store {

/// One request for a change. Made by its requester, applied by rounds, read again by the requester once done.
class Change {
public:
    virtual ~Change() = default;
    Error error;    ///< none: it was committed
    Waiter waiter;  ///< of the requester
};
using ChangePtr = std::shared_ptr<Change>;

class CommitQueue : public std::enable_shared_from_this<CommitQueue> {
public:
    virtual ~CommitQueue() = default;

    /// Queues the change and starts a round if none is under way. Several may be queued before the first is
    /// awaited. The round runs on the execution context of `executor`.
    void enqueue(ChangePtr change, const boost::asio::any_io_executor& executor);
    /// Queues and waits until it is done: its `error` says how it went.
    boost::asio::awaitable<void> submit(ChangePtr change);

protected:
    /// How many of the first `waiting` changes may go in one round; at least 1.
    virtual std::size_t round_size(const std::deque<ChangePtr>& waiting) = 0;
    /// Applies and commits; sets the error of each that failed. Returns when their fate is known and
    /// published.
    virtual boost::asio::awaitable<void> round(std::vector<ChangePtr> changes) = 0;
    /// The last round ended in the middle (its executor was destroyed, or it threw): memory may be behind the
    /// engine.
    virtual void round_lost() noexcept = 0;

private:
    class Run;
    static boost::asio::awaitable<void> run(std::shared_ptr<CommitQueue> self);
    std::vector<ChangePtr> take();

    std::mutex mutex_;
    std::deque<ChangePtr> waiting_;
    bool running_ = false;
};

}  // namespace store

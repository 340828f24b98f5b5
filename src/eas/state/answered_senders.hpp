// AnsweredSenders: whom the out-of-office answers of mailboxes went to, so that nobody hears the same twice
// in a week. Rows r<hash>-<note> of what the devices of a mailbox share, "e/<account hex8>", and
// u<hash>-<note> of those who have not proven that the address is theirs. Thread-safe.
#pragma once
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "eas/state/records.hpp"
#include "store/engine/engine.hpp"

namespace eas {

using boost::asio::awaitable;

struct AnsweredLimits {
    std::int64_t period_seconds = 7 * 86'400;  ///< RFC 5230 section 4.1
    /// Of one mailbox in a period: whoever writes with other senders each time gets no more answers, and
    /// nobody else either, than these.
    std::size_t senders_max = 2'000;
    /// The same of those who have proven nothing: they take nothing of what the others may have, and a flood
    /// of invented senders makes us write to so many strangers.
    std::size_t unproven_max = 200;
};

class AnsweredSenders {
public:
    explicit AnsweredSenders(store::engine::Engine& engine, AnsweredLimits limits = {})
        : engine_(engine), limits_(limits) {}

    /// One who is being answered: nobody else answers him meanwhile.
    class Turn {
    public:
        Turn(AnsweredSenders& senders, base::AccountId account, std::string sender);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        /// False: another message of his is being answered now.
        bool taken() const { return taken_; }

    private:
        AnsweredSenders& senders_;
        const std::pair<base::AccountId, std::string> who_;
        bool taken_ = false;
    };

    struct Asked {
        std::string sender;
        bool proven = false;  ///< else he hears nothing more in the period, whatever the text
        AnsweredSender answered;
    };
    /// What is to be written with the answer; rows whose time is over go. Nothing: he was answered within the
    /// period, or the mailbox has answered as many as it may. To be called in a Turn. \errors unavailable
    awaitable<store::Result<std::optional<store::engine::Patch>>> note(base::AccountId account, Asked asked);

private:
    /// What a row says of who is to be answered.
    struct Known {
        bool counts = false, of_this_kind = false, heard = false;
    };
    Known known_of(const store::engine::Row& row, const Asked& asked, std::string_view name) const;

    store::engine::Engine& engine_;
    const AnsweredLimits limits_;
    std::mutex mutex_;
    std::set<std::pair<base::AccountId, std::string>> in_turn_;  // under mutex_
};

}  // namespace eas

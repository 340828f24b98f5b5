// MovedConversations: which conversations of a mailbox go to another folder, whatever comes of them later
// (MoveAlways, MS-ASCON section 2.2.2.8). Row m of what the devices of a mailbox share. Thread-safe.
#pragma once
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "eas/state/records.hpp"
#include "store/engine/engine.hpp"

namespace eas {

using boost::asio::awaitable;

struct MovedConversationLimits {
    std::size_t count_max = 500;  ///< of a mailbox; beyond it the one that was quiet longest goes
    std::int64_t quiet_seconds = 365LL * 86'400;    ///< after so long without a message it is over
    std::int64_t noted_again_after = 7LL * 86'400;  ///< a message is noted no more often than that
};

class MovedConversations {
public:
    explicit MovedConversations(store::engine::Engine& engine, MovedConversationLimits limits = {})
        : engine_(engine), limits_(limits) {}

    /// Where messages of the conversation go; nothing: nowhere. \errors unavailable, corrupt
    awaitable<store::Result<std::optional<base::FolderId>>> destination(base::AccountId account,
                                                                        base::ThreadId conversation,
                                                                        std::int64_t now);
    /// Whether any conversation of the mailbox does: one row is read.
    awaitable<store::Result<bool>> any(base::AccountId account);
    /// From now on to this folder; nothing: nowhere any more. \errors unavailable
    awaitable<store::Result<void>> set(base::AccountId account, base::ThreadId conversation,
                                       std::optional<base::FolderId> folder, std::int64_t now);
    /// A message of it has come; nothing where it goes to that folder no more. \errors unavailable, corrupt
    awaitable<store::Result<void>> touch(base::AccountId account, base::ThreadId conversation,
                                         base::FolderId folder, std::int64_t now);

private:
    struct Loaded {
        store::engine::Version version = 0;
        std::vector<MovedConversation> all;
        bool damaged = false;
    };
    awaitable<store::Result<Loaded>> load(base::AccountId account);
    /// Instead of what was loaded. False: others have written meanwhile.
    awaitable<store::Result<bool>> replace(base::AccountId account, store::engine::Version version,
                                           std::vector<MovedConversation> all);
    store::engine::Engine& engine_;
    const MovedConversationLimits limits_;
};

}  // namespace eas

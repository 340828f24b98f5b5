// ChangeTeller: tells the client how far a change of many messages is (RFC 9585).
#pragma once
#include "imap/session.hpp"

namespace imap {

class ChangeTeller final : public store::ChangeProgress {
public:
    explicit ChangeTeller(Session& session) : session_(session), progress_(session.begin_progress()) {}

    awaitable<void> changed_so_far(std::uint64_t done, std::uint64_t goal) override {
        if (gone_) co_return;
        const bool told = co_await session_.tell_progress(&progress_, done, goal);
        gone_ = !told;
    }
    /// The client left meanwhile; the change was made all the same.
    bool client_left() const { return gone_; }

private:
    Session& session_;
    Progress progress_;
    bool gone_ = false;
};

}  // namespace imap

// Mailboxes: where the mailboxes are that a session may name, and what may be done there (RFC 2342, RFC
// 4314).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "imap/place.hpp"
#include "imap/services.hpp"

namespace imap {

using boost::asio::awaitable;

class Mailboxes {
protected:
    explicit Mailboxes(const Services& services)
        : near_(services.store, services.directory), sharers_a_turn_(services.limits.sharers_a_turn) {}
    ~Mailboxes() = default;

    awaitable<store::Result<Neighbourhood>> neighbourhood();
    awaitable<store::Result<std::vector<Neighbour>>> neighbours();
    awaitable<store::Result<store::AccountPtr>> account_of(SpaceName name);
    awaitable<store::Result<Place>> find(std::string mailbox);
    awaitable<Reply> reach(std::string mailbox, store::Right needed, Place* out);
    awaitable<store::Result<std::optional<Place>>> room_for_name(std::string mailbox);
    awaitable<store::Result<store::FolderPtr>> open(const Place* place);
    awaitable<Destination> open_to_insert(std::string mailbox, Place* place);
    awaitable<store::Result<Listing>> listing();
    store::Rights rights_now(const Place& place) const;
    store::FolderTreePtr folders() const { return account_->folders(); }

    store::AccountPtr account_;  // of who is logged in

private:
    void add_shared(const store::AccountPtr& account, const std::string& prefix, store::FolderTree* tree,
                    Listing* listing);

    const directory::Neighbours near_;
    const std::size_t sharers_a_turn_;
};

}  // namespace imap

// The post office's connector: into mailboxes here. For what could not be delivered when it came; the common
// case never gets here (agent.hpp: take()).
#pragma once
#include "mta/connector.hpp"
#include "mta/delivery_watcher.hpp"
#include "store/queue.hpp"
#include "store/store.hpp"

namespace mta {

class PostOffice final : public Connector {
public:
    PostOffice(store::Store& store, store::Queue& queue, std::vector<DeliveryWatcher*> watchers)
        : store_(store), queue_(queue), watchers_(std::move(watchers)) {}
    std::string_view name() const override { return "post office"; }
    awaitable<Attempt> deliver(Job job) override;
    std::size_t room(const NextHop&) const override { return 16; }
    void stop() override {}

private:
    awaitable<store::Result<store::ContentPtr>> content_of(Job* job);
    awaitable<void> tell_watchers(std::vector<DeliveredMail::Copy> copies, const Job* job);
    store::Store& store_;
    store::Queue& queue_;
    const std::vector<DeliveryWatcher*> watchers_;
};

/// By name; without one a message goes to INBOX.
inline constexpr const char* junk_folder = "Junk";
/// What an error of the store means for a recipient.
Outcome outcome_of(const store::Error& error);
/// The fields on top of a copy in a mailbox: RFC 5321 section 4.4.
std::string delivery_fields(const std::string& sender, const std::vector<std::string>& names);
/// The one line that waits for mailboxes of this server.
std::shared_ptr<const NextHop> post_office_hop();

}  // namespace mta

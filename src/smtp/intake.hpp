// MessageIntake: a message on its way from the wire into the store. Holds the header section until it is
// whole, checks and filters it, then passes the body on in bounded memory. A message that is refused is read
// to its end and dropped. Belongs to one session, on its strand.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "smtp/recent_deliveries.hpp"
#include "smtp/syntax/header.hpp"
#include "smtp/syntax/reply.hpp"
#include "store/store.hpp"

namespace smtp {

using boost::asio::awaitable;

struct IntakeRules {
    std::uint64_t message_bytes_max = 0;
    std::size_t header_bytes_max = 0;
    std::uint32_t received_fields_max = 0;
    bool one_from_field = false;
    HeaderRules header;
    /// Names under which we write Authentication-Results: what claims to be ours is taken off. Empty: nothing
    /// is.
    std::vector<std::string> own_ids;
};

/// Looks at a message as it goes by. What is refused meanwhile is not shown any more.
class IntakeWatcher {
public:
    virtual ~IntakeWatcher() = default;
    /// `section` as it came; `facts->kept` is what is stored of it. Both stay valid until this completes.
    virtual awaitable<void> header(std::string_view section, const HeaderFacts* facts) = 0;
    virtual awaitable<void> body(std::string_view octets) = 0;
};

class MessageIntake {
public:
    /// `watcher` may be null; outlives this.
    MessageIntake(store::Store& store, IntakeRules rules, IntakeWatcher* watcher = nullptr);

    /// From now on; fingerprint() tells at the end.
    void hash_with(const MessageHash& hash) { hash_ = hash; }
    /// `text` must stay valid until this completes.
    awaitable<void> write(std::string_view text);
    /// Called once, last: completes the content, or leaves a refusal.
    awaitable<void> finish();

    /// The first reason to refuse stays; the writer is dropped, and what comes later is ignored.
    void refuse(const Reply& reply);
    const std::optional<Reply>& refusal() const { return refusal_; }

    std::uint64_t size() const { return size_; }
    const store::ContentPtr& content() const { return content_; }
    /// Of a message that was hashed and not refused.
    const std::optional<Fingerprint>& fingerprint() const { return fingerprint_; }
    /// Valid after finish(), as long as this lives.
    const HeaderFacts& header() const { return facts_; }

private:
    awaitable<void> end_header();
    awaitable<void> pass(std::string_view text);
    awaitable<void> pass_gathered();

    IntakeRules rules_;
    IntakeWatcher* watcher_;
    std::unique_ptr<store::MessageWriter> writer_;
    HeaderBuffer buffer_;
    std::string cleaned_;  ///< the section without fields that only we may write
    HeaderFacts facts_;
    bool header_done_ = false;
    std::string gathered_;  ///< small pieces, so that the writer is not called for each
    std::uint64_t size_ = 0;
    std::optional<Reply> refusal_;
    store::ContentPtr content_;
    std::optional<MessageHash> hash_;
    std::optional<Fingerprint> fingerprint_;
};

/// What an error of the store means to the client.
Reply reply_for(const store::Error& error);

}  // namespace smtp

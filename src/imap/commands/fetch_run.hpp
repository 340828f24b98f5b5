// FetchRun: one FETCH under way. Messages go out in batches; what is large goes out in pieces, so that memory
// does not depend on the size of a message or of the mailbox (imap.md quirk 30).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "imap/session.hpp"
#include "mime/tree.hpp"

namespace imap {

class FetchRun {
public:
    FetchRun(Session& session, cmd::Fetch fetch, NumberRanges numbers);
    boost::asio::awaitable<Reply> run();
    /// It is no command of the client: no progress is told.
    void be_silent() { silent_ = true; }

private:
    /// One message of a batch.
    struct Item {
        SeqNum seq;
        store::Entry entry;
        bool seen_now = false;  ///< this FETCH has set \Seen
    };
    /// What is known of the message that is being written.
    struct Message {
        store::DetailPtr detail;
        std::optional<mime::Tree> tree;
        std::optional<std::string> header;
    };

    // fetch.cpp
    boost::asio::awaitable<bool> run_range(NumberRange range);
    boost::asio::awaitable<bool> run_batch(std::vector<Item> items);
    boost::asio::awaitable<bool> write_details(const std::vector<store::DetailPtr>* details,
                                               const Item* items);
    boost::asio::awaitable<bool> mark_seen(std::vector<Item>* items);
    void write_facts(SeqNum seq, const store::Entry& entry, bool with_flags);
    bool wanted(const store::Entry& entry) const;
    Reply ended() const;

    // fetch_message.cpp
    bool is_stored(const store::Detail& detail) const;
    void write_stored(const Item& item, const store::Detail& detail);
    void write_structures(const store::Detail& detail);
    boost::asio::awaitable<bool> write_message(Item item, store::DetailPtr detail);
    boost::asio::awaitable<bool> write_section(const FetchSection* what, Message* message);
    boost::asio::awaitable<bool> write_fields(const FetchSection* what, Message* message);
    boost::asio::awaitable<bool> write_octets(const FetchSection* what, Message* message, mime::Range range);
    boost::asio::awaitable<bool> read_header(Message* message);
    bool locate(const FetchSection& what, Message& message, mime::Range& range);
    const mime::Tree& tree_of(Message& message) const;
    void note(const store::Error& error);

    // fetch_binary.cpp
    boost::asio::awaitable<bool> write_binary(const FetchSection* what, Message* message);
    struct Window;
    boost::asio::awaitable<store::Result<std::uint64_t>> decode(Message* message, mime::Range range,
                                                                mime::Encoding encoding, Window* window);

    Session& session_;
    cmd::Fetch fetch_;
    NumberRanges numbers_;
    Progress progress_;
    std::uint64_t done_ = 0, goal_ = 0;  // messages
    store::FolderPtr folder_;
    FetchWriter writer_;
    bool reads_ = false;      // more is asked for than the snapshot knows
    bool sets_seen_ = false;  // a body is read without PEEK
    bool expunged_ = false;   // some message was gone
    bool unknown_cte_ = false;
    bool silent_ = false;
    store::Error failed_;
};

}  // namespace imap

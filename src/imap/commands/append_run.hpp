// AppendRun: one APPEND under way, of one message or several, each a literal or pieces put together
// (CATENATE). No message is held in memory: octets go from the connection's input, or from another message,
// to the store as they come.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/session.hpp"
#include "imap/syntax/imap_url.hpp"

namespace imap {

class AppendRun {
public:
    /// The framer stands before a literal, where the pieces end with one.
    AppendRun(Session& session, std::vector<AppendPiece> pieces)
        : session_(session), pieces_(std::move(pieces)), progress_(session.begin_progress()) {}
    boost::asio::awaitable<Reply> run(std::string mailbox);
    /// REPLACE: the one message that comes takes the place of a message of the selected mailbox.
    boost::asio::awaitable<Reply> replace(cmd::Replace what);

private:
    using End = std::optional<Reply>;  ///< a value: the command ends with that

    // append.cpp
    boost::asio::awaitable<End> receive(std::string mailbox, Place* place);
    boost::asio::awaitable<End> take_pieces();
    boost::asio::awaitable<End> take_literal(const AppendPiece* piece);
    boost::asio::awaitable<bool> copy_literal(std::uint64_t octets);
    boost::asio::awaitable<End> read_tail(AppendPiece after);
    boost::asio::awaitable<void> finish_message();
    End begin(AppendPiece& piece);
    Reply refuse(Reply reply);
    Reply answer() const { return refusal_ ? *refusal_ : reply_of(failed_, true); }
    bool failed() const { return failed_.code() != store::Errc::none; }
    void fail(Reply reply);
    boost::asio::awaitable<void> make_room(std::uint64_t octets);

    // replace.cpp
    std::optional<Reply> choose_replaced(const cmd::Replace& what);
    bool may_expunge() const;

    // append_url.cpp
    boost::asio::awaitable<End> add_url(std::string url);
    boost::asio::awaitable<bool> open_source(MessageUrl url);
    boost::asio::awaitable<bool> copy_source(MessageUrl url);
    boost::asio::awaitable<bool> copy_range(std::uint64_t offset, std::uint64_t octets);
    void fail_url(const store::Error& error);

    Session& session_;
    std::vector<AppendPiece> pieces_;
    Progress progress_;
    store::FolderPtr folder_;
    store::Rights rights_;
    std::vector<store::Incoming> messages_;
    std::uint64_t octets_ = 0;   // of the messages before
    std::uint64_t written_ = 0;  // of the message under way
    std::size_t parts_ = 0;      // of the command
    store::Entry replaced_;      // of REPLACE: what goes; uid 0: nothing
    std::unique_ptr<store::MessageWriter> writer_;
    store::Incoming incoming_;
    std::string literal_url_;  // that comes as a literal
    std::string url_;          // the one under way
    store::FolderPtr source_;  // its message's
    store::DetailPtr detail_;
    store::Error failed_;           // the rest is only read past
    std::optional<Reply> refusal_;  // instead of what failed_ says
};

}  // namespace imap

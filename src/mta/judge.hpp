// Judge: looks at messages that come in, as content filters do, and says what becomes of them. The one place
// where filters meet the mail: after sender authentication, before anything is queued or delivered.
// docs/mta.md.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "mta/connector.hpp"
#include "mta/envelope.hpp"
#include "mta/sender_check.hpp"
#include "store/queue.hpp"

namespace mta {

/// What is known when a question is asked.
struct JudgeFacts {
    store::QueueId id;                    ///< of the message, for traces; 0 at MAIL and RCPT
    std::string sender;                   ///< empty: <>
    std::vector<std::string> recipients;  ///< none yet at MAIL and RCPT
    std::vector<std::uint8_t> notify;     ///< of `recipients`, in their order (RFC 3461); empty: nothing said
    std::string ip, hello, listener;
    std::uint16_t port = 0;
    std::string tls_version, tls_cipher;  ///< empty: plain
    /// Of this machine, of a network whose mail is not checked, by LMTP, or from a front end: nothing is
    /// judged by its address.
    bool trusted = false;
    base::AccountId account;  ///< of an authenticated submitter; 0: a stranger
    std::string user;
};

/// What one filter did, for the trace.
struct JudgeStep {
    std::string filter, outcome, detail;
};

/// A recipient whom a filter has taken away, though the client hears nothing of each.
struct JudgeRefused {
    std::string address;
    Status status{5, 7, 1};
    std::string words;
};

struct Judgement {
    enum class Action : std::uint8_t {
        accept,
        junk,        ///< to the Junk folder of mailboxes here
        quarantine,  ///< accepted and held in the queue, until the operator releases or removes it
        discard,     ///< accepted and dropped, without a word
        refuse,      ///< with `code`, `status` and `words`
    };
    Action action = Action::accept;
    std::uint16_t code = 550;  ///< 4xx: the client may try again
    Status status{5, 7, 1};
    std::string words;   ///< printable ASCII, for the client
    std::string fields;  ///< header fields to be put in front, each with its CRLF
    std::string why;     ///< in one line; empty: nothing to tell
    std::vector<JudgeStep> steps;

    // Of accept, junk and quarantine, where a filter has changed more than fields in front:
    std::optional<std::string> sender;                   ///< of the envelope
    std::optional<std::vector<std::string>> recipients;  ///< all of them
    std::shared_ptr<Message> rewritten;                  ///< the whole message; `fields` stand in front of it

    /// Of all but refuse: whom a filter has taken away, whatever becomes of the message for the others. The
    /// sender at MAIL is to hear of it, as surely as the client hears 250.
    std::vector<JudgeRefused> refused;
};

/// At MAIL or RCPT: 0: nothing against it.
struct JudgeRefusal {
    std::uint16_t code = 0;
    Status status;
    std::string words;
};

/// One message, on its session's strand. May be dropped at any time: the client is gone, or the message was
/// refused before its end.
class Judging {
public:
    virtual ~Judging() = default;
    /// The header section as it is kept, with its empty line.
    virtual boost::asio::awaitable<void> header(std::string section) = 0;
    /// The next octets of the body, with CRLF. The caller keeps `octets` until this completes.
    virtual boost::asio::awaitable<void> body(std::string_view octets) = 0;
    /// Once, last. `sender`: null for users who logged in, and where nothing was checked.
    virtual boost::asio::awaitable<Judgement> finish(const SenderVerdict* sender) = 0;
};

/// Thread-safe; outlives what it begins.
class Judge {
public:
    virtual ~Judge() = default;
    /// `facts.recipients` is empty.
    virtual boost::asio::awaitable<JudgeRefusal> at_sender(JudgeFacts facts) = 0;
    /// For one that would be taken.
    virtual boost::asio::awaitable<JudgeRefusal> at_recipient(JudgeFacts facts, std::string recipient) = 0;
    /// Null: such a message is not looked at.
    virtual std::unique_ptr<Judging> begin(JudgeFacts facts) = 0;
    /// A Judgement may name recipients that the sender did not.
    virtual bool adds_recipients() const { return true; }
};

}  // namespace mta

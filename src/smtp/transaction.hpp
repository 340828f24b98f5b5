// Transaction: one mail transaction as pure state. Which commands are in order, and what was given so far.
// RFC 5321 section 4.1.4, RFC 3030 section 2.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "mta/router.hpp"
#include "smtp/syntax/parameters.hpp"
#include "smtp/syntax/path.hpp"
#include "smtp/syntax/reply.hpp"

namespace smtp {

struct Recipient {
    std::string address;               ///< as it was given, in canonical writing
    base::AccountId account;           ///< without an agent: the mailbox
    std::vector<mta::Target> targets;  ///< with one: where it really goes
    RcptParameters parameters;
    bool added = false;  ///< by a filter, not by the sender
};

/// What MAIL and RCPT said. Kept for the queue's delivery reports too (RFC 3461).
struct Envelope {
    std::string sender;  ///< empty: <>
    MailParameters parameters;
    std::vector<Recipient> recipients;
};

class Transaction {
public:
    bool open() const { return phase_ != Phase::idle; }
    bool chunks_failed() const { return phase_ == Phase::failed; }
    const Envelope& envelope() const { return envelope_; }

    /// Why a command is out of order now; nothing: it is in order.
    std::optional<Reply> refuse_mail() const;
    std::optional<Reply> refuse_rcpt() const;
    std::optional<Reply> refuse_data() const;
    std::optional<Reply> refuse_bdat() const;

    void begin(const Path& from, MailParameters parameters);
    void add(Recipient recipient) { envelope_.recipients.push_back(std::move(recipient)); }
    /// A filter has changed them.
    void set_sender(std::string sender) { envelope_.sender = std::move(sender); }
    void set_recipients(std::vector<Recipient> recipients) { envelope_.recipients = std::move(recipients); }
    /// A chunk was taken: the message is coming by BDAT.
    void take_chunk() { phase_ = Phase::chunks; }
    /// A chunk was refused: nothing but RSET and its kin leads on (RFC 3030 section 2).
    void fail_chunks() { phase_ = Phase::failed; }
    void reset();

private:
    enum class Phase : std::uint8_t { idle, envelope, chunks, failed };
    Phase phase_ = Phase::idle;
    Envelope envelope_;
};

/// One copy in one mailbox, and whom it is for: recipients of the same account share it.
struct Copy {
    base::AccountId account;
    std::vector<std::size_t> recipients;  ///< places in Envelope::recipients, ascending
};
std::vector<Copy> plan_copies(const Envelope& envelope);

}  // namespace smtp

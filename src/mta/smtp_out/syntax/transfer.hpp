// Transfer: one mail transaction from MAIL to the answer behind the message, as a state machine without I/O.
// It is given replies and writes commands, pipelined where the server can (RFC 2920); the owner moves the
// octets and sends the message when its turn has come.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mta/smtp_out/syntax/commands.hpp"
#include "mta/smtp_out/syntax/extensions.hpp"
#include "mta/smtp_out/syntax/failure.hpp"

namespace mta::smtp_out {

struct TransferSettings {
    MailOptions mail;
    bool chunks = false;  ///< BDAT instead of DATA (RFC 3030); only where the server has CHUNKING
    std::size_t recipients_max = 100;  ///< RFC 5321 section 4.5.3.1.8: what every server takes
    /// Commands under way at one time: their answers must fit into the buffers in between, else both sides
    /// wait for the other to read (RFC 2920 section 3.1).
    static constexpr std::size_t pipelined_max = 100;
};

/// Why this server cannot have this message; nothing: it can.
std::optional<Failure> unmet_demand(const Envelope& envelope, const MailOptions& mail, bool tls_trusted,
                                    const Extensions& extensions);

class Transfer {
public:
    enum class Step : std::uint8_t {
        read,   ///< flush, then take() the next reply
        body,   ///< send the message with doubled dots and the last one; only_dot(): that alone; then
                ///< body_sent()
        chunk,  ///< chunk() with octets, the last with `last`; between them, what replies came may be taken
        done,
    };

    /// `recipients` outlive the object.
    Transfer(const Extensions& extensions, std::shared_ptr<const Envelope> envelope,
             std::span<const Recipient* const> recipients, TransferSettings settings);

    void start(std::string& out);
    Step step() const { return step_; }
    void take(const Reply& reply, std::string& out);
    bool only_dot() const { return only_dot_; }
    void body_sent();
    /// Writes BDAT and the octets.
    void chunk(std::string& out, std::string_view octets, bool last);
    /// Replies that are due.
    std::size_t expected() const { return expected_.size(); }
    /// The connection is no more, or is not to be used any more: whoever has no answer yet gets this.
    void broken(const Failure& why);
    /// What the owner cannot send after all (the message cannot be read): as broken().
    std::string_view stage() const;

    /// Of each recipient, when done; nothing: not tried, too many for one transaction. Host and TLS are left
    /// to the owner.
    const std::vector<std::optional<Outcome>>& outcomes() const { return outcomes_; }
    /// Another transaction may follow on the connection.
    bool reusable() const { return step_ == Step::done && !unusable_; }
    /// A refusal of everything, for the owner's choice of another host; nothing: somebody was accepted, or
    /// each was answered apart.
    const std::optional<Failure>& refusal() const { return refusal_; }
    /// The whole message is on its way, and its fate unknown.
    bool undecided() const { return sent_ && !final_; }

private:
    struct Expected {
        enum class What : std::uint8_t { mail, rcpt, data, final, chunk, rset };
        What what = What::mail;
        std::size_t recipient = 0;
    };
    using What = Expected::What;

    void choose_recipients();
    void write_more(std::string& out);
    void take_mail(const Reply& reply);
    void take_rcpt(const Reply& reply, std::size_t recipient);
    void take_data(const Reply& reply, std::string& out);
    void take_final(const Reply& reply);
    void take_chunk(const Reply& reply, std::string& out);
    void end_or_reset(std::string& out);
    void answer_rest(const Failure& why);
    void answer(std::size_t recipient, const Failure& why);
    bool too_many(const Reply& reply) const;

    const Extensions& extensions_;
    std::shared_ptr<const Envelope> envelope_;
    std::span<const Recipient* const> recipients_;
    TransferSettings settings_;
    std::vector<std::size_t> chosen_;  // those of this transaction
    std::size_t written_ = 0;          // RCPTs of them
    bool mail_written_ = false, data_written_ = false;
    std::deque<Expected> expected_;
    std::vector<std::optional<Outcome>> outcomes_;
    std::vector<std::size_t> accepted_;
    std::optional<Failure> refusal_;
    Step step_ = Step::read;
    bool mail_refused_ = false, only_dot_ = false, unusable_ = false, sent_ = false, final_ = false;
    bool last_chunk_ = false, chunks_failed_ = false;
};

}  // namespace mta::smtp_out

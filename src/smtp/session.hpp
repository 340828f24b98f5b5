// Session: one SMTP, submission or LMTP connection, as a coroutine on the connection's strand. A local
// variable of serve(); nobody else refers to it. The story is in session.cpp; commands/ has the handlers,
// delivery.cpp the end of a message.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/line_framer.hpp"
#include "mailauth/dkim_sign.hpp"
#include "mta/judge.hpp"
#include "mta/sender_check.hpp"
#include "smtp/intake.hpp"
#include "smtp/services.hpp"
#include "smtp/syntax/parse_command.hpp"
#include "smtp/transaction.hpp"

namespace smtp {

class Session : private IntakeWatcher {
public:
    Session(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services);
    awaitable<void> run();
    /// Says that something broke on our side and closes. For serve(), when run() threw.
    awaitable<void> abandon();

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    enum class Next : std::uint8_t { go_on, close };
    enum class Line : std::uint8_t {
        whole,    ///< line_ is a command
        refused,  ///< it was answered already
        over,     ///< the session is over; what is to be said of it is said
    };

    // session.cpp
    awaitable<bool> greet();
    awaitable<Line> read_line(bool response);
    awaitable<bool> fill(SteadyTime deadline);
    bool take_events();
    awaitable<Next> run_command();
    awaitable<Next> after_error();
    std::optional<Reply> refuse_by_policy(const CommandSpec& spec) const;
    bool tls_missing() const;
    bool lmtp() const { return services_->policy.role == Role::lmtp; }
    const net::PeerInfo& peer() const { return connection_->peer(); }
    std::string& out() { return connection_->output(); }
    void say(const Reply& reply) { write_reply(out(), reply); }
    /// As say(), and counts against the client.
    Next fault(const Reply& reply);
    std::chrono::seconds patience(std::chrono::seconds usual) const;
    void reset();

    // commands/
    awaitable<Next> handle(cmd::Hello hello);
    awaitable<Next> handle(cmd::Mail mail);
    awaitable<Next> handle(cmd::Rcpt rcpt);
    awaitable<Next> handle(cmd::Data data);
    awaitable<Next> handle(cmd::Bdat bdat);
    awaitable<Next> handle(cmd::BdatUncountable bdat);
    awaitable<Next> handle(cmd::Rset rset);
    awaitable<Next> handle(cmd::Noop noop);
    awaitable<Next> handle(cmd::Quit quit);
    awaitable<Next> handle(cmd::Help help);
    awaitable<Next> handle(cmd::Vrfy vrfy);
    awaitable<Next> handle(cmd::Expn expn);
    awaitable<Next> handle(cmd::Etrn etrn);
    awaitable<Next> handle(cmd::StartTls start);
    awaitable<Next> handle(cmd::Auth auth);
    awaitable<Next> handle(cmd::Http http);
    std::vector<std::string> extensions() const;
    /// What only a queue can keep, and who may ask for it.
    struct Offers {
        bool hold = false, by = false, priority = false, require_tls = false;
    };
    Offers offers() const;
    std::optional<Reply> refuse_wishes(const MailParameters& parameters) const;
    auth::Client auth_client() const;
    awaitable<std::optional<Reply>> authenticate(cmd::Auth auth);
    awaitable<Next> lead_on(auth::Identity identity);
    awaitable<std::optional<Reply>> read_response();
    static Reply reply_for_failure(auth::Failure failure);
    awaitable<std::optional<Reply>> refuse_sender(Path from);
    awaitable<std::optional<Reply>> refuse_recipient(Path to, Recipient* recipient);
    awaitable<std::optional<Reply>> find_targets(std::string address, Recipient* recipient);
    awaitable<bool> over_quota(base::AccountId account);
    awaitable<void> begin_message(bool dots);
    awaitable<bool> read_message();
    awaitable<bool> read_chunk(std::uint64_t octets, bool keep);

    // delivery.cpp
    struct Said {
        std::uint16_t code = 0;
        std::string status, words;
    };
    struct Outcome {
        Reply reply = replies::unavailable;
        std::optional<Said> said;  ///< instead of `reply`, which then says only how bad it is
        base::MessageId id;        ///< when delivered
        store::QueueId queued;     ///< when it waits
        std::string about;         ///< what of the message a refusal speaks of, as the peer wrote it
    };
    static Outcome outcome_of(const Reply& reply, std::string_view about = {});
    awaitable<Next> finish_message();
    awaitable<std::optional<Outcome>> refuse_content();
    awaitable<std::vector<Outcome>> deliver();
    awaitable<std::vector<Outcome>> hand_over();
    awaitable<std::vector<Outcome>> drop();
    mta::Arrival new_arrival();
    mta::Envelope agent_envelope() const;
    std::optional<base::MessageId> already_has(base::AccountId account) const;
    void settle(const std::vector<Copy>& copies, std::vector<Outcome>* outcomes, std::string_view id) const;
    std::string trace_fields(const Copy& copy, std::string_view id) const;
    std::string common_fields(std::string_view id) const;
    std::string missing_fields(const HeaderFacts& header) const;
    bool looped(const Copy& copy) const;
    void answer(const std::vector<Outcome>& outcomes);

    // watch.cpp
    struct Watch {
        std::optional<mta::SenderCheck> check;
        mta::SenderVerdict sender;
        std::unique_ptr<mta::Judging> judging;
        std::unique_ptr<mailauth::DkimSigner> signer;
        std::unique_ptr<mailauth::ArcSealer> sealer;
        std::string seal;  ///< of what is sent on
        store::QueueId id;
        std::vector<mta::JudgeStep> steps;
        std::vector<mta::Arrival::Refused> refused;  ///< by a filter, of what RCPT said
        std::string refused_from;                    ///< what MAIL said
        std::vector<std::string> asked;  ///< LMTP: recipients before a filter changed them; each is answered
        std::string missing, signature, fields;  ///< to be put in front, each field with its CRLF
        bool junk = false, held = false, dropped = false;
        bool unsignable = false;  ///< it should be signed, and cannot be now
        std::string why;
    };
    bool is_trusted() const;
    bool checks_sender() const;
    bool signs() const;
    awaitable<void> begin_signature(std::string kept);
    awaitable<void> begin_seal(std::string kept);
    void end_seal();
    void note_for_report() const;
    std::string sends_on_for() const;
    awaitable<void> begin_watch();
    awaitable<void> header(std::string_view section, const HeaderFacts* facts) override;
    awaitable<void> body(std::string_view octets) override;
    awaitable<std::optional<Outcome>> end_watch();
    mta::JudgeFacts judge_facts() const;
    awaitable<bool> passes_at_sender(std::string sender);
    awaitable<bool> passes_at_recipient(std::string recipient);
    bool say_refusal(const mta::JudgeRefusal& refusal);
    void keep_refused(const std::vector<mta::JudgeRefused>& refused);
    awaitable<std::optional<Outcome>> take_changes(mta::Judgement found);
    awaitable<std::optional<Recipient>> changed_recipient(std::string address);
    IntakeRules intake_rules() const;
    static Outcome refusal_of(std::uint16_t code, mta::Status status, std::string words);
    void note_refused(const std::string& why);
    void answer_those_asked(std::vector<Outcome>* outcomes) const;
    void note_end(std::string_view event, const std::string& why);

    void log_message(const std::vector<Outcome>& outcomes) const;

    std::unique_ptr<net::Connection> connection_;
    std::shared_ptr<const Services> services_;
    net::SessionRegistry::Handle registered_;
    base::LineFramer framer_;
    std::string line_;       ///< the command under way; in AUTH the decoded response
    std::string hello_;      ///< EHLO's name; empty: none was said
    bool extended_ = false;  ///< EHLO or LHLO
    std::optional<auth::Identity> identity_;
    Transaction transaction_;
    std::optional<MessageIntake> intake_;
    std::optional<DataDecoder> decoder_;
    Watch watch_;             ///< of the message under way
    bool receiving_ = false;  ///< within a message: events wait
    bool stopping_ = false;   ///< shutdown or kick: close after the message
    bool peer_gone_ = false;
    bool answered_ = false;  ///< read_response() failed and the answer is given
    bool error_ = false;     ///< the command under way was at fault
    std::uint32_t errors_ = 0;
    std::uint32_t unknown_recipients_ = 0;
    std::uint32_t auth_failures_ = 0;
    std::uint32_t transactions_ = 0;
};

}  // namespace smtp

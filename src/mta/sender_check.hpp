// SenderCheck: whether a stranger's message is from whom it says: SPF, DKIM, DMARC and ARC, asked while its
// body comes; what the sender's domain wants done with it; and the Authentication-Results field that tells.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "mailauth/arc.hpp"
#include "mailauth/auth_results.hpp"
#include "mailauth/dkim.hpp"
#include "mailauth/dmarc.hpp"
#include "mailauth/spf.hpp"
#include "mta/envelope.hpp"
#include "mta/mail_dns.hpp"

namespace mta {

struct SenderCheckSettings {
    bool enabled = true;
    std::string hostname;  ///< authserv-id, and SPF's %{r}
    enum class Dmarc : std::uint8_t {
        apply,  ///< reject is refused, quarantine goes to Junk
        junk,   ///< both go to Junk
        note,   ///< both are only told
    };
    Dmarc dmarc = Dmarc::apply;
    bool refuse_spf_fail = false;          ///< also where no DMARC policy says anything
    bool own_senders_need_proof = true;    ///< who says that he is one of us, without SPF or DMARC for it
    std::vector<std::string> arc_trusted;  ///< whose word about a message that broke on its way is taken
    std::chrono::seconds dns_max{
        20};  ///< for all questions of one message; RFC 7208 section 4.6.4 asks for it
};

/// What is known of a message before its header.
struct SenderFacts {
    std::string ip, hello, mail_from;
    bool own_domain = false;  ///< `mail_from` is at a domain of ours
};

struct SenderVerdict {
    mailauth::SpfResult spf;
    std::vector<mailauth::DkimResult> dkim;
    mailauth::DmarcResult dmarc;
    mailauth::ArcResult arc;
    mailauth::AuthResults results;
    std::string field;  ///< they as Authentication-Results, with its CRLF
    enum class Action : std::uint8_t { none, junk, refuse };
    Action action = Action::none;
    Status status;  ///< of refuse
    std::string words;
    /// "spf=pass dkim=fail dmarc=none", for traces.
    std::string text() const;
};

/// One message. Belongs to the session's strand.
class SenderCheck {
public:
    /// `dns` and `clock` outlive it and what it has begun.
    SenderCheck(MailDns& dns, base::Clock& clock, std::shared_ptr<const SenderCheckSettings> settings,
                SenderFacts facts);
    ~SenderCheck();
    SenderCheck(SenderCheck&&) noexcept = default;
    SenderCheck& operator=(SenderCheck&&) noexcept = default;

    /// The header section as it came; from now on DNS is asked, on `executor`.
    void header(std::string_view section, boost::asio::any_io_executor executor);
    void body(std::string_view octets);
    /// Once, at the end.
    boost::asio::awaitable<SenderVerdict> finish();

private:
    struct State;
    static boost::asio::awaitable<void> ask_spf(std::shared_ptr<State> state);
    static boost::asio::awaitable<void> ask_keys(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;  // with the questions under way
};

/// What is to be done, by what was found. Pure.
void decide(SenderVerdict& verdict, const SenderFacts& facts, const SenderCheckSettings& settings);

}  // namespace mta

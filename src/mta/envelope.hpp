// Envelope: who sends a message to whom and under what conditions, and what became of each recipient. Plain
// values: no I/O, so that codecs and reports may use them.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace mta {

enum class Body : std::uint8_t { seven_bit, eight_bit, binary };  ///< RFC 6152, RFC 3030 section 3
enum class Ret : std::uint8_t { unset, full, headers };           ///< RFC 3461 section 4.3

/// NOTIFY, RFC 3461 section 4.1, as bits; the same numbers as in smtp/syntax/parameters.hpp.
enum Notify : std::uint8_t {
    notify_unset = 0,  ///< failures, and delays if the operator wants them told
    notify_never = 1,
    notify_success = 2,
    notify_failure = 4,
    notify_delay = 8,
};

/// BY, RFC 2852 section 4.
struct DeliverBy {
    base::SystemTime deadline{};
    bool notify_only = false;  ///< mode N: a late message goes on, and a delay is reported; R: it comes back
    bool trace = false;        ///< T: report each hop
};

/// What MAIL said, and what is known of the message. Addresses: local@domain, the local part quoted where it
/// must be, the domain as A-labels (or UTF-8 under `smtputf8`); checked before they came here.
struct Envelope {
    std::string sender;  ///< empty: <>
    std::string envid;   ///< decoded; empty: none
    Ret ret = Ret::unset;
    Body body = Body::seven_bit;
    bool smtputf8 = false;      ///< RFC 6531: an address or the header needs it
    bool require_tls = false;   ///< REQUIRETLS, RFC 8689 section 2
    bool tls_optional = false;  ///< "TLS-Required: no" in the header, RFC 8689 section 5
    std::optional<DeliverBy> deliver_by;
    std::optional<int> priority;                 ///< MT-PRIORITY, -9 to 9, RFC 6710
    std::optional<base::SystemTime> hold_until;  ///< FUTURERELEASE, RFC 4865: not to be delivered before
    std::string submitter;                       ///< AUTH=, RFC 4954 section 5; empty: unknown
    std::string queue_id;                        ///< printable: ours, in Received fields, logs and reports
    std::string message_id;                      ///< of the header, for logs; may be empty
    base::SystemTime arrived{};
};

struct Recipient {
    std::string address;
    std::uint8_t notify = notify_unset;
    std::string orcpt_type;     ///< "rfc822", "utf-8"; empty: no ORCPT
    std::string orcpt_address;  ///< decoded
    base::AccountId account;    ///< of a mailbox here, for the post office's connector
};

/// RFC 3463. {0,0,0}: none.
struct Status {
    std::uint16_t klass = 0, subject = 0, detail = 0;
    constexpr auto operator<=>(const Status&) const = default;
    constexpr explicit operator bool() const { return klass != 0; }
    std::string text() const {
        return std::to_string(klass) + "." + std::to_string(subject) + "." + std::to_string(detail);
    }
};

/// What protected one attempt.
struct TlsFacts {
    enum class Trust : std::uint8_t { none, certificate, mta_sts, dane };
    bool used = false;
    std::string version, cipher;  ///< "TLSv1.3", "TLS_AES_256_GCM_SHA384"
    Trust trust = Trust::none;    ///< what said that the host is the right one

    std::string text() const;  ///< for people; empty: in the clear
};

enum class Fate : std::uint8_t {
    deferred,   ///< not now; try again
    failed,     ///< never: tell the sender
    delivered,  ///< it is in a mailbox
    relayed,    ///< another host has taken it over
};

/// What became of one recipient in one attempt.
struct Outcome {
    Fate fate = Fate::deferred;
    Status status;               ///< always set, of the class that `fate` asks for
    std::uint16_t code = 0;      ///< SMTP reply code; 0: no host has answered
    std::string words;           ///< one line of printable text, UTF-8, at most 512 octets
    bool from_remote = false;    ///< `code` and `words` are the remote host's own (Diagnostic-Code: smtp)
    bool dsn_passed_on = false;  ///< relayed: the host does NOTIFY itself, no report is ours to send
    std::string host, address;   ///< who answered: name and numeric address; empty: nobody
    TlsFacts tls;
};

}  // namespace mta

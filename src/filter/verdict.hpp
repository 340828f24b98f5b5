// Verdict: what shall become of a message, and what was done on the way to that.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "filter/message.hpp"
#include "filter/syntax/edit.hpp"

namespace filter {

/// One line of the trace.
struct Step {
    std::string filter;   ///< "clamd", "rspamd", "milter opendkim", "rule no-executables", "pickup" …
    std::string outcome;  ///< one word: "pass", "reject", "tempfail", "quarantine", "junk", "tag", "down" …
    std::string detail;   ///< printable; may be empty

    Step() = default;
    Step(std::string who, std::string what, std::string why)
        : filter(std::move(who)), outcome(std::move(what)), detail(std::move(why)) {}
};

enum class Decision : std::uint8_t {
    accept,
    quarantine,  ///< it is in the quarantine already: say 250 and keep nothing else
    discard,     ///< say 250 and keep nothing
    tempfail,    ///< say `reply`
    reject,      ///< say `reply`
};
std::string_view name_of(Decision decision);

struct Verdict {
    Decision decision = Decision::accept;
    Reply reply;                ///< of tempfail and reject
    std::string reason;         ///< of everything but accept: which filter, and why; for log and quarantine
    std::string quarantine_id;  ///< of quarantine
    bool junk = false;          ///< of accept: for the folder Junk
    double score = 0;           ///< the spam filters' points
    std::vector<Step> steps;

    /// Taken off by a filter, for good, whatever those after it have made of the message for the others; the
    /// sender is to hear of each. None of tempfail and reject: the client hears that of all.
    std::vector<std::pair<std::string, Reply>> refused;

    // Of accept: the envelope as it is now.
    std::string sender;
    std::vector<std::string> recipients;

    /// Fields to put in front of the message, each ending in CRLF. All that has changed, unless:
    std::string prefix;
    /// The whole message, where more has changed than fields in front of it; `prefix` is empty then.
    MessagePtr rewritten;
};

/// What is answered before there is a message: to MAIL or RCPT. Empty: nothing against it.
struct Refusal {
    Reply reply;
    std::vector<Step> steps;
    explicit operator bool() const { return static_cast<bool>(reply); }
};

}  // namespace filter

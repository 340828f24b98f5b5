// rspamd's /checkv2: the fields of the request and the JSON of the answer. Sans I/O.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/syntax/edit.hpp"

namespace filter::rspamd {

struct Limits {
    std::size_t answer_bytes_max = 1U << 20;  ///< hundreds of symbols with options take some 50 KiB
    int nesting_max = 16;                     ///< an answer is five deep
    std::size_t symbols_max = 500;            ///< kept for the trace
    std::size_t edits_max = 200;
    std::size_t recipients_max = 200;      ///< told: rspamd has rules for the first, and counts the others
    std::size_t field_bytes_max = 1'024;   ///< of one request field
    std::size_t value_bytes_max = 65'536;  ///< of a field that is added to the message
};

struct Facts {
    std::string ip, helo, host_name, sender, user, queue_id, mta_name, tls_version, tls_cipher;
    std::vector<std::string> recipients;
};
using Fields = std::vector<std::pair<std::string, std::string>>;
/// What does not fit into a field of HTTP as it is (blanks, controls, 8-bit) is percent-encoded: no address
/// that rspamd could know has it, and none ends the field.
Fields request_fields(const Facts& facts, const Limits& limits = {});

enum class Action : std::uint8_t {
    none,
    greylist,
    soft_reject,
    add_header,
    rewrite_subject,
    quarantine,
    discard,
    reject,
};
std::string_view name_of(Action action);

struct Symbol {
    std::string name;
    double score = 0;
};

struct Answer {
    Action action = Action::none;
    bool skipped = false;  ///< nothing was looked at: local or authenticated mail, by rspamd's own settings
    double score = 0, required = 0;
    std::vector<Symbol> symbols;  ///< heaviest first
    std::string subject;          ///< of rewrite_subject; may be empty
    std::string smtp_message;     ///< for the client
    std::vector<HeaderEdit> edits;
};
/// \p why gets what is wrong. An answer without a known action is none: nothing may be guessed.
std::optional<Answer> parse(std::string_view json, std::string& why, const Limits& limits = {});

}  // namespace filter::rspamd

// The query of a request's URI: which command, whose, from which device. Plain ("Cmd=Sync&User=…") or octets
// in base64. MS-ASHTTP section 2.2.1.1.1.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eas/syntax/command.hpp"

namespace eas {

struct Query {
    Command command = Command::sync;
    std::uint16_t version = 0;  ///< 161; 0: plain, the field MS-ASProtocolVersion has it
    std::string user;           ///< as the device wrote it; may be empty
    std::string device_id;      ///< 1 to 32 letters and digits
    std::string device_type;
    std::optional<std::uint32_t> policy_key;  ///< of a base64 query
    bool encoded = false;                     ///< base64: the fields of the header that it holds do not count
    std::string attachment_name, collection_id, item_id, long_id, occurrence;
    bool save_in_sent = false, accept_multipart = false;
};

enum class QueryFault : std::uint8_t {
    none,
    malformed,       ///< 400
    no_command,      ///< 501: none that is known
    no_device_id,    ///< 400, from 14.0 on status 108: none, or not 1 to 32 letters and digits
    no_device_type,  ///< 400, from 14.0 on status 109
};

/// What Query is, or why there is none.
struct ParsedQuery {
    Query query;
    QueryFault fault = QueryFault::none;
};
ParsedQuery parse_query(std::string_view query);

/// A login name out of "anna", "anna@example.org", "ACME\\anna", "example.org\\anna".
struct UserName {
    std::string name;    ///< behind the backslash
    std::string domain;  ///< before it; empty: none
};
UserName parse_user(std::string_view text);

}  // namespace eas

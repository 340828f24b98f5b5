// DNS messages of a stub resolver (RFC 1035, RFC 6891): one question out, one answer in.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "mailauth/dns.hpp"

namespace mailauth {

/// Empty when the name does not fit.
std::string encode_query(std::uint16_t id, const Query& query);

enum class Reply : std::uint8_t { foreign, truncated, answered };
/// foreign: not the answer to this question; nothing is known then.
Reply decode_reply(std::string_view octets, std::uint16_t id, const Query& query, Answer& answer);

}  // namespace mailauth

#include "auth/sasl/ntlm_messages.hpp"

#include "auth/ntlm.hpp"

namespace auth::sasl::ntlm {
namespace {

constexpr std::string_view signature("NTLMSSP\0", 8);
enum Pair : std::uint16_t {
    pair_end = 0,
    pair_computer = 1,
    pair_domain = 2,
    pair_dns_computer = 3,
    pair_timestamp = 7
};
constexpr std::size_t authenticate_bytes_min = 64;  // to the flags
constexpr std::size_t mic_bytes = 16, mic_offset = 72;

std::uint32_t number(std::string_view octets, std::size_t at, std::size_t size) {
    std::uint32_t out = 0;
    for (std::size_t i = size; i-- > 0;) out = out << 8 | static_cast<unsigned char>(octets[at + i]);
    return out;
}

void append(std::string& out, std::uint64_t number, int octets) {
    for (int i = 0; i < octets; ++i) out += static_cast<char>(number >> (8 * i) & 0xFF);
}

/// Len, MaxLen and BufferOffset, of what stands in the payload.
std::optional<std::string_view> field(std::string_view octets, std::size_t at) {
    const std::size_t length = number(octets, at, 2), offset = number(octets, at + 4, 4);
    if (length == 0) return std::string_view();
    if (offset > octets.size() || length > octets.size() - offset) return std::nullopt;
    return octets.substr(offset, length);
}

bool is_message(std::string_view octets, std::uint32_t type, std::size_t bytes_min) {
    return octets.size() >= bytes_min && octets.size() <= Limits::message_bytes_max &&
           octets.starts_with(signature) && number(octets, signature.size(), 4) == type;
}

void append_pair(std::string& out, std::uint16_t id, std::string_view value) {
    append(out, id, 2);
    append(out, value.size(), 2);
    out += value;
}

}  // namespace

std::optional<std::uint32_t> parse_negotiate(std::string_view octets) {
    if (!is_message(octets, 1, 16)) return std::nullopt;  // names and version may be left out
    return number(octets, 12, 4);
}

std::string write_challenge(std::uint32_t client_flags, const NtlmServer& server) {
    const bool wide = (client_flags & unicode) != 0;
    std::uint32_t flags =
        Flag::ntlm | request_target | target_type_server | target_info | (wide ? unicode : oem);
    flags |= client_flags & (extended_session_security | always_sign | key_128 | key_56);
    const std::string name = wide ? auth::ntlm::utf16(server.name) : server.name;
    const std::string wide_name = auth::ntlm::utf16(server.name);
    std::string pairs, time;
    append(time, server.filetime, 8);
    append_pair(pairs, pair_domain, wide_name);
    append_pair(pairs, pair_computer, wide_name);
    append_pair(pairs, pair_dns_computer, auth::ntlm::utf16(server.hostname));
    append_pair(pairs, pair_timestamp, time);
    append_pair(pairs, pair_end, {});
    constexpr std::size_t header = 56;  // with room for a version, which is zero
    std::string out(signature);
    append(out, 2, 4);
    append(out, name.size(), 2);
    append(out, name.size(), 2);
    append(out, header, 4);
    append(out, flags, 4);
    out += server.challenge;
    append(out, 0, 8);
    append(out, pairs.size(), 2);
    append(out, pairs.size(), 2);
    append(out, header + name.size(), 4);
    append(out, 0, 8);
    return out + name + pairs;
}

std::optional<Authenticate> parse_authenticate(std::string_view octets) {
    if (!is_message(octets, 3, authenticate_bytes_min)) return std::nullopt;
    const auto nt_response = field(octets, 20), domain = field(octets, 28), user = field(octets, 36),
               workstation = field(octets, 44), session_key = field(octets, 52);
    if (!nt_response || !domain || !user || !workstation || !session_key) return std::nullopt;
    Authenticate out;
    out.nt_response = *nt_response;
    out.domain = *domain;
    out.user = *user;
    out.workstation = *workstation;
    out.session_key = *session_key;
    out.flags = number(octets, 60, 4);
    if (octets.size() >= mic_offset + mic_bytes) out.mic_at = mic_offset;
    return out;
}

std::optional<std::string_view> find_pair(std::string_view pairs, std::uint16_t id) {
    while (pairs.size() >= 4) {
        const std::uint32_t here = number(pairs, 0, 2), length = number(pairs, 2, 2);
        if (length > pairs.size() - 4) return std::nullopt;
        if (here == id) return pairs.substr(4, length);
        if (here == pair_end) return std::nullopt;
        pairs.remove_prefix(4U + length);
    }
    return std::nullopt;
}

}  // namespace auth::sasl::ntlm

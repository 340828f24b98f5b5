// NTLM's messages as a peer may send them: the first octet says which; both through the mechanism. Nobody who
// is not real is ever proven.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/ntlm.hpp"
#include "auth/sasl/ntlm_messages.hpp"

namespace {

using namespace auth::sasl;

void check(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    NtlmServer server;
    server.name = "SERVER";
    server.hostname = "server.example";
    server.challenge = "8 octets";
    server.v1 = (data[0] & 2) != 0;
    if ((data[0] & 4) != 0) server.end_point = std::string(32, 'e');
    (void)ntlm::find_pair(octets, 10);
    (void)auth::ntlm::from_utf16(auth::ntlm::upper_utf16(octets));
    const auto mechanism = make_ntlm(server);
    std::string first("NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2", 16);
    if ((data[0] & 1) != 0) first = octets;
    const Step challenge = mechanism->step(first);
    check(!std::holds_alternative<Proven>(challenge));
    const Step wanted = mechanism->step(octets);
    check(!std::holds_alternative<Proven>(wanted));
    if (std::holds_alternative<LookUp>(wanted)) {
        check(!std::get<LookUp>(wanted).user.empty());
        Known known;
        check(!std::holds_alternative<Proven>(mechanism->known(known)));
    }
    check(std::holds_alternative<Refused>(mechanism->known(Known())) ||
          std::holds_alternative<Refused>(mechanism->step(octets)));
    return 0;
}

// What a back end may say while we log in there. The first octet chooses protocol and facts; then lines. We
// always say whole lines, end in bounded time, and tell no secret before TLS where that is asked for.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "relay/dialogue/dialogue.hpp"

namespace {

using namespace relay;

void check(bool good) {
    if (!good) std::abort();
}

std::unique_ptr<Dialogue> make(unsigned choice, const Facts& facts) {
    switch (choice % 3) {
        case 0:
            return make_imap_dialogue(facts);
        case 1:
            return make_pop3_dialogue(facts);
        default:
            return make_submission_dialogue(facts);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (rest.find("top secret") != std::string_view::npos) return 0;  // its words may be told
    Facts facts;
    facts.hostname = "front.example";
    facts.user = "anna@acme.test";
    facts.password = base::Secret("top secret");
    facts.start_tls = (data[0] & 4) != 0;
    facts.announce = (data[0] & 8) != 0;
    if ((data[0] & 16) != 0) facts.authenticated = "master";
    facts.address = (data[0] & 32) != 0 ? "2001:db8::1" : "192.0.2.1";
    facts.client_name = "laptop.example";
    const auto dialogue = make(data[0], facts);
    const std::string message = plain_message(facts);
    bool secure = !facts.start_tls;
    unsigned lines = 0;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        Next next = dialogue->line(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        check(++lines <= Limits::lines_max + 1);
        if (next.kind == Next::Kind::start_tls) {
            check(!secure && next.send.empty());
            secure = true;
            next = dialogue->secured();
        }
        check(next.send.empty() || next.send.ends_with("\r\n"));
        check(next.send.find('\n') != 0);
        if (!secure) {
            check(next.send.find(message) == std::string::npos);
            check(next.send.find("top secret") == std::string::npos);
            check(next.kind != Next::Kind::done);
        }
        if (next.kind == Next::Kind::skip) {
            check(next.octets <= Limits::literal_bytes_max);
            rest.remove_prefix(std::min(next.octets, rest.size()));
        }
        if (next.kind == Next::Kind::failed) {
            check(next.send.empty() && !dialogue->failure().why.empty());
            check(dialogue->failure().why.find("top secret") == std::string::npos);
        }
        if (next.kind == Next::Kind::done || next.kind == Next::Kind::failed) break;
    }
    return 0;
}

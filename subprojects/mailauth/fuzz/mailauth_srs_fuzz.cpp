// An address that was rewritten comes back; others are told apart.
#include "mailauth/srs.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    mailauth::SrsOptions options;
    options.domain = "forwarder.test";
    options.secrets = {"secret"};
    const mailauth::Srs srs(options);
    constexpr std::chrono::seconds now(1'700'000'000);
    (void)srs.reverse(octets, now);
    const std::string forwarded = srs.forward(octets, now);
    if (!forwarded.starts_with("SRS0=") || forwarded == octets) return;
    must(srs.reverse(forwarded, now).address == octets);
}

// A name server's answers, as the programs' stub resolver reads them.
#include "dns_wire.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    for (const auto type : {mailauth::DnsType::a, mailauth::DnsType::aaaa, mailauth::DnsType::mx,
                            mailauth::DnsType::ptr, mailauth::DnsType::txt}) {
        mailauth::Answer answer;
        (void)mailauth::decode_reply(octets, 0x1234, {type, "a.test"}, answer);
        must(!answer.found() || !answer.texts.empty() || !answer.addresses.empty() || !answer.mx.empty() ||
             !answer.names.empty());
    }
}

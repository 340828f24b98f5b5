// check_host() with DNS answers of the input: bounded questions, no crash, a field that stays one field.
#include "mailauth/spf.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    Script script(octets);
    mailauth::SpfRequest request;
    request.ip = mailauth::IpAddress::parse(script.next()).value_or(mailauth::IpAddress());
    request.helo = script.next();
    request.mail_from = script.next();
    request.receiver = script.next();
    const mailauth::SpfResult result = mailauth::run(mailauth::check_spf(request), script);
    must(script.asked <= 150);
    const std::string field = mailauth::received_spf(request, result);
    for (std::size_t at = field.find('\n'); at + 1 < field.size(); at = field.find('\n', at + 1)) {
        must(field[at - 1] == '\r' && field[at + 1] == '\t');
    }
    (void)mailauth::spf_record_fault(octets);
}

// Policy records, and a check that meets them on its walk: bounded questions.
#include "mailauth/dmarc.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    (void)mailauth::parse_dmarc_record(octets);
    Script script(octets);
    mailauth::DmarcRequest request;
    request.author = mailauth::author_domains("From: a@" + std::string(script.next()) + "\r\n");
    mailauth::DkimResult signature;
    signature.status = mailauth::DkimStatus::pass;
    signature.domain = script.next();
    request.dkim.push_back(signature);
    request.spf.status = mailauth::SpfStatus::pass;
    request.spf.domain = script.next();
    (void)mailauth::run(mailauth::check_dmarc(std::move(request)), script);
    must(script.asked <= 5 * (3 * 8 + 3));
    (void)mailauth::run(mailauth::may_report_to("a.example.test", std::string(octets)), script);
}

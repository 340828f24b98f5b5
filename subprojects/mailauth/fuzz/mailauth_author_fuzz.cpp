// From: either a fault, or domains that DNS can be asked about.
#include "mailauth/dmarc.hpp"
#include "mailauth/domain.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    const mailauth::AuthorDomains author = mailauth::author_domains("From:" + std::string(octets));
    must(author.fault.empty() != author.domains.empty());
    for (const std::string& domain : author.domains) must(mailauth::to_mail_domain(domain) == domain);
}

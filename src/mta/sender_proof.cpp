#include "mta/sender_proof.hpp"

#include <algorithm>
#include <string>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "mailauth/auth_results.hpp"
#include "mailauth/domain.hpp"
#include "mailauth/message.hpp"

namespace mta {
namespace {

std::string_view property(const mailauth::AuthMethod& method, std::string_view type, std::string_view name) {
    const auto found = std::ranges::find_if(method.properties, [&](const mailauth::AuthProperty& one) {
        return base::equals_nocase(one.type, type) && base::equals_nocase(one.name, name);
    });
    return found == method.properties.end() ? std::string_view() : std::string_view(found->value);
}

/// A domain speaks for those below it.
bool speaks_for(std::string_view one, std::string_view domain) {
    return mailauth::is_within(mailauth::lower(domain), mailauth::lower(one));
}

/// SPF tells of "local@domain" or of the domain alone.
std::string_view domain_in(std::string_view identity) { return identity.substr(identity.rfind('@') + 1); }

SenderProof proof_by(const mailauth::AuthMethod& method, std::string_view domain) {
    const bool passed = method.result == "pass";
    bool about = false, denied = method.result == "fail";
    if (method.method == "spf") {
        about =
            !domain.empty() && base::equals_nocase(domain_in(property(method, "smtp", "mailfrom")), domain);
        denied |= method.result == "softfail";
    } else if (method.method == "dkim") {
        about = speaks_for(property(method, "header", "d"), domain);
        denied = false;  // a signature that broke is as good as none (RFC 6376 section 6.1)
    } else if (method.method == "dmarc") {
        about = speaks_for(property(method, "header", "from"), domain);
    }
    if (about && passed) return SenderProof::proven;
    return about && denied ? SenderProof::disproven : SenderProof::unproven;
}

}  // namespace

SenderProof sender_proof(std::string_view fields, std::string_view hostname, std::string_view sender) {
    const std::string_view domain = base::domain_of(sender);  // none: nothing speaks for <>, nor against it
    for (const mailauth::HeaderField& field : mailauth::split_header(fields)) {
        if (!base::equals_nocase(field.name, "Authentication-Results")) continue;
        const mailauth::AuthResults results = mailauth::parse_auth_results(field.value());
        if (!results.fault.empty()) {
            // Ours, and no proof, if anybody can make us write what we cannot read.
            const std::string text = base::lowered(field.value());
            if (text.find(base::lowered(hostname)) != std::string::npos) return SenderProof::unproven;
            continue;
        }
        if (!base::equals_nocase(results.authserv_id, hostname)) continue;
        SenderProof out = SenderProof::unproven;
        for (const mailauth::AuthMethod& method : results.methods) {
            const SenderProof one = proof_by(method, domain);
            if (one == SenderProof::proven) return one;
            if (one == SenderProof::disproven) out = one;
        }
        return out;
    }
    return SenderProof::unchecked;
}

}  // namespace mta

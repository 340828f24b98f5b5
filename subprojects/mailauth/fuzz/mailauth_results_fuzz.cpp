// Authentication-Results: what is read is written and read back as the same; forged fields go and stay gone.
#include "mailauth/auth_results.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    const mailauth::AuthResults results = mailauth::parse_auth_results(octets);
    if (results.fault.empty()) {
        const std::string field = mailauth::write_auth_results(results);
        const mailauth::AuthResults again = mailauth::parse_auth_results(std::string_view(field).substr(23));
        must(again.fault.empty() && again.methods.size() == results.methods.size());
    }
    const std::string once = mailauth::without_forged_results(octets, {"mx.test"});
    must(mailauth::without_forged_results(once, {"mx.test"}) == once);
}

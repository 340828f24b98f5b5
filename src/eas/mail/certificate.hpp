// Whether a certificate is good for S/MIME: its chain, its time, its purpose. By OpenSSL and the authorities
// that this host trusts.
#pragma once
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace eas {

/// MS-ASCMD section 2.2.3.177.17: Status of ValidateCert.
namespace certificate_status {
inline constexpr int ok = 1, malformed = 2, bad_signature = 3, untrusted = 4, bad_chain = 5, not_for_mail = 6,
                     expired = 7, time_not_nested = 8, revoked = 13, other = 17;
}

/// In DER; a status for each of `certificates`.
std::vector<int> validate_certificates(const std::vector<std::string>& certificates,
                                       const std::vector<std::string>& chain, base::SystemTime now);

}  // namespace eas

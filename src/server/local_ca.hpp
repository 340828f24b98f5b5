// A certificate authority of one machine, for demonstrations and tests: clients trust ca.pem, since a
// self-signed leaf that is its own CA is refused by Gecko.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace server {

struct CertificateFiles {
    std::filesystem::path ca;     ///< what clients trust
    std::filesystem::path chain;  ///< leaf and CA
    std::filesystem::path key;    ///< of the leaf, mode 0600
};

/// The files in `folder`, made when they are missing, end within a week or are not for the first of `names`:
/// DNS names and IP addresses. Returns an empty text, or what went wrong.
std::string make_local_certificate(const std::filesystem::path& folder, const std::vector<std::string>& names,
                                   CertificateFiles& out);

}  // namespace server

// Certificates of others, as ValidateCert judges them. MS-ASCMD section 2.2.3.177.17.
#include "eas/mail/certificate.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "support/certificates.hpp"

namespace eas {
namespace {

std::string der_of(const std::string& file) {
    std::ifstream in(file);
    std::string line, text;
    std::getline(in, line);
    while (std::getline(in, line) && !line.starts_with("-----")) text += line;
    return base::base64_decode(text).value_or("");
}

/// The authorities that OpenSSL trusts, for as long as the test runs.
class Trusted {
public:
    explicit Trusted(const std::string& file) { ::setenv("SSL_CERT_FILE", file.c_str(), 1); }
    ~Trusted() { ::unsetenv("SSL_CERT_FILE"); }
    Trusted(const Trusted&) = delete;
    Trusted& operator=(const Trusted&) = delete;
};

int status_of(const std::string& der, std::chrono::seconds later = {}) {
    return validate_certificates({der}, {}, base::SystemTime(std::chrono::system_clock::now() + later))
        .front();
}

TEST(Certificate, WhatIsWrongWithIt) {
    const support::TemporaryFolder folder, elsewhere;
    support::CertificateAuthority ca(folder.path()), other(elsewhere.path(), "Other CA");
    support::LeafOptions options;
    options.dns_names = {"anna.example.test"};
    options.email = "anna@example.test";
    const std::string good = der_of(ca.issue("anna", options).chain_file);
    const std::string foreign = der_of(other.issue("anna", options).chain_file);
    ASSERT_FALSE(good.empty());
    const Trusted trusted(ca.ca_file());
    EXPECT_EQ(status_of(good), certificate_status::ok);
    EXPECT_EQ(status_of(foreign), certificate_status::untrusted);
    EXPECT_EQ(status_of(good, std::chrono::days(3)), certificate_status::expired);
    EXPECT_EQ(status_of(good, -std::chrono::days(3)), certificate_status::expired);
    EXPECT_EQ(status_of("no certificate"), certificate_status::malformed);
    std::string forged = good;  // the signature is what stands last
    forged.back() = static_cast<char>(forged.back() ^ 1);
    EXPECT_EQ(status_of(forged), certificate_status::bad_signature);
}

}  // namespace
}  // namespace eas

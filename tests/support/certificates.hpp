// Certificates for tests: a CA made on the spot and leaves signed by it, as PEM files in a folder.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace support {

enum class KeyKind { p256, rsa };

struct LeafOptions {
    std::vector<std::string> dns_names;
    std::string email;        ///< as an alternative name, for client certificates
    std::string common_name;  ///< empty: the first DNS name
    KeyKind key = KeyKind::p256;
};

struct LeafFiles {
    std::string chain_file, key_file;
};

class CertificateAuthority {
public:
    /// Files go into `folder`, which must exist.
    explicit CertificateAuthority(std::filesystem::path folder, const std::string& name = "Test CA");
    ~CertificateAuthority();
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;

    std::string ca_file() const;
    /// Writes <name>.pem and <name>.key, over what was there.
    LeafFiles issue(const std::string& name, const LeafOptions& options);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A folder of the test's own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace support

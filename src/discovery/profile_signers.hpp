// ProfileSigners: signs Apple's configuration profiles by the server's own certificates, so that a device
// shows who they are from. CMS SignedData, RFC 5652 section 5.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace discovery {

/// Thread-safe.
class ProfileSigners {
public:
    /// PEM files of a certificate with its chain, and of its key.
    struct Files {
        std::string chain, key;
    };
    ProfileSigners();
    ~ProfileSigners();
    ProfileSigners(const ProfileSigners&) = delete;
    ProfileSigners& operator=(const ProfileSigners&) = delete;

    /// In place of those before. What cannot be read is left out: listeners tell of that.
    void load(const std::vector<Files>& files);
    /// By the certificate of the host, else by the first one. As it was, where none can sign.
    std::string sign(std::string_view host, std::string profile) const;

private:
    struct Signer;
    using Signers = std::vector<Signer>;
    mutable std::mutex mutex_;
    std::shared_ptr<const Signers> signers_;
    mutable std::atomic<bool> told_{false};  ///< that a key cannot sign
};

}  // namespace discovery

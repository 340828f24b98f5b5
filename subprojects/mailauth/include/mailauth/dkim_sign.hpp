// Signing outgoing mail (RFC 6376 section 5).
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/dkim_key.hpp"

namespace mailauth {

/// The fields of RFC 6376 section 5.4.1 and what has come since.
const std::vector<std::string>& default_signed_fields();
/// Those that nobody may add to a signed message: each is named once more than it is there.
const std::vector<std::string>& default_oversigned_fields();

struct DkimSignOptions {
    std::string domain;
    std::string selector;
    Canonical header = Canonical::relaxed;
    Canonical body = Canonical::relaxed;
    std::string identity;         ///< i=; empty: none is written. Its domain must be within the signing one
    std::chrono::seconds now{0};  ///< t=, since 1970
    std::optional<std::chrono::seconds> lifetime;  ///< x= is so much later
    bool write_length = false;                     ///< l=; lets others add text, so only for who needs it
    bool copy_fields = false;  ///< z=: the signed fields as they were, for finding what changed them
    std::vector<std::string> fields = default_signed_fields();
    std::vector<std::string> oversigned = default_oversigned_fields();
};

/// A key and how to use it. The key is shared: a reload may replace it while messages are signed.
struct DkimSigningKey {
    std::shared_ptr<const DkimKey> key;
    DkimSignOptions options;
};

/// Makes a signature with each key while the body goes by once.
class DkimSigner {
public:
    /// \p header up to and with the empty line, with CRLF; as it will be sent.
    DkimSigner(std::string_view header, std::vector<DkimSigningKey> keys);
    ~DkimSigner();
    DkimSigner(DkimSigner&&) noexcept;
    void body(std::string_view octets);
    /// The DKIM-Signature fields, to be put before the header; empty with \p fault set when one could not be
    /// made: no From, a name that is none, or OpenSSL's failure. Once.
    std::string finish(std::string& fault);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The whole in one call.
std::string sign_dkim(std::string_view message, std::vector<DkimSigningKey> keys, std::string& fault);

}  // namespace mailauth

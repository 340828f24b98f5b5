// Signing: which DKIM keys mail of a domain is signed with. Keys are in the directory; parsed ones are kept,
// so that a message costs the key operation alone.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "directory/directory.hpp"
#include "mailauth/dkim_sign.hpp"
#include "mta/connector.hpp"

namespace mta {

/// Thread-safe.
class Signing {
public:
    Signing(directory::Directory& directory, base::Clock& clock) : directory_(directory), clock_(clock) {}

    /// The active keys of the first of `domains` that has any, ready for use; none: nothing is signed.
    /// \errors unavailable: there are some, or may be, and they cannot be read now. Mail of the domain waits
    /// then: unsigned it might be refused for good.
    using Keys = std::vector<mailauth::DkimSigningKey>;
    awaitable<store::Result<Keys>> keys_for(std::vector<std::string> domains);
    /// For a message of ours that a connector had to change.
    std::shared_ptr<Signer> signer();
    /// DKIM-Signature fields for a whole message of our own, in CRLF lines, which the caller keeps; empty:
    /// nothing signs it. \errors as keys_for() has them
    awaitable<store::Result<std::string>> sign(std::string_view message);

private:
    std::shared_ptr<const mailauth::DkimKey> parsed(const std::string& pem);

    bool is_news(const std::string& domain);

    static constexpr std::size_t parsed_max = 1'000, told_max = 1'000;
    directory::Directory& directory_;
    base::Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const mailauth::DkimKey>> parsed_;  // by PEM; null: it is none
    std::map<std::string, std::int64_t> told_;  // domain, when the log had that a key of it is of no use
};

/// Header fields without those that sign or seal: DKIM-Signature and ARC's.
std::string without_signatures(std::string_view fields);
/// Domains of From, as they may sign: A-labels, the first one first.
std::vector<std::string> signing_domains(std::string_view header, std::string_view envelope_sender);

}  // namespace mta

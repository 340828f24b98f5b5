// FakeAuthenticator: a map of users with plain passwords, for tests of protocols. No delays, no hashing, no
// policy but "plain text only with TLS or on loopback".
//
// Mechanisms: PLAIN (client first), LOGIN (server first), and X-FINAL, which is PLAIN and ends with the final
// data "v=proof", as SCRAM does with its signature. With `modern` also OAUTHBEARER, XOAUTH2 (the token
// "good-token" is whose the client says) and NTLM (its challenge is "8 octets"): the mechanisms themselves
// are auth's.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "auth/authenticator.hpp"

namespace support {

class FakeAuthenticator final : public auth::Authenticator {
public:
    struct User {
        base::AccountId account;
        std::string password;
        std::string name = {};                      ///< of the identity; empty: what was given
        std::optional<auth::Failure> failure = {};  ///< what every password is answered with
        std::string node = {};                      ///< that has the mailbox
    };
    std::map<std::string, User> users;
    auth::Failure failure = auth::Failure::credentials;  ///< what a wrong password is answered with
    bool apop_on = false;
    bool modern = false;

    std::vector<std::string> mechanisms(const auth::Client& client) const override;
    bool plain_text_refused(const auth::Client& client) const override;
    std::unique_ptr<auth::Exchange> start(std::string_view name, auth::Client client) override;
    boost::asio::awaitable<auth::Outcome> login(std::string user, base::Secret password,
                                                auth::Client client) override;
    boost::asio::awaitable<auth::Outcome> apop(std::string user, std::string timestamp, std::string digest,
                                               auth::Client client) override;
    bool apop_offered() const override { return apop_on; }
    boost::asio::awaitable<directory::Result<directory::Credentials>> make_credentials(
        base::Secret password) override;

    auth::Outcome check(std::string_view user, std::string_view password, std::string mechanism) const;
};

/// As APOP wants it (RFC 1939 section 7).
std::string md5_hex(std::string_view text);

}  // namespace support

// Node: a server that has mailboxes which this one only leads to, and how it is reached.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.hpp"

namespace relay {

struct Node {
    std::string name;  ///< as the directory has it
    std::string host;  ///< name or address; the first address that answers is taken
    std::uint16_t imap_port = 993, pop3_port = 995, submission_port = 465;  ///< 0: not served there
    std::uint16_t http_port = 443;  ///< of ActiveSync; TLS from the first octet unless `tls` is none

    enum class Tls : std::uint8_t { none, starttls, implicit };
    Tls tls = Tls::implicit;
    std::string server_name;  ///< what its certificate must be for; empty: `host`
    std::string ca_file;      ///< of whom its certificate is; empty: the system's
    std::vector<std::string>
        pins;  ///< SHA-256 of its public key (base64) instead of a certificate's authority

    enum class Login : std::uint8_t {
        shared,    ///< by the secret that this server and that one share: it is a Barid
        master,    ///< SASL PLAIN of a master user, for the client's
        password,  ///< by the client's own password, where it was sent in clear
    };
    Login login = Login::shared;
    std::string master_user;
    base::Secret secret;

    enum class Announce : std::uint8_t {
        none,
        proxy,     ///< PROXY protocol, version 2: it is a Barid that has us in listener.proxy_trusted
        commands,  ///< IMAP ID and XCLIENT, as Dovecot takes them
    };
    Announce announce = Announce::none;
};

struct Settings {
    std::string own_name;  ///< mailboxes of a node of this name are here
    std::string hostname;
    std::vector<Node> nodes;
    std::chrono::milliseconds connect_max{5'000};  ///< to one address
    /// From the login here to that there, in all: clients give up after 30 to 60 s.
    std::chrono::milliseconds login_max{20'000};
    std::chrono::milliseconds tls_handshake_max{10'000};
    /// Of an HTTP request's answer: ActiveSync's longest heartbeat is 59 min.
    std::chrono::milliseconds web_answer_max{62 * 60'000};
    static constexpr std::size_t addresses_max = 4;  ///< tried of a node
};

/// Whoever knows it opens every mailbox here, so it must not be one that can be guessed.
inline constexpr std::size_t secret_octets_min = 16;
/// Empty, or what is wrong with the secret of `file`; no file: nothing is.
std::string secret_fault(const std::string& file, const base::Secret& secret);

}  // namespace relay

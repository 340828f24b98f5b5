// Settings and limits of the SMTP connector. What a NextHop says goes before what stands here.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mta::smtp_out {

/// RFC 5321 section 4.5.3.2 where nothing else is said.
struct Timeouts {
    std::chrono::milliseconds connect = std::chrono::seconds(30);
    std::chrono::milliseconds greeting = std::chrono::minutes(5);
    std::chrono::milliseconds hello = std::chrono::minutes(5);
    std::chrono::milliseconds tls = std::chrono::seconds(60);
    std::chrono::milliseconds envelope = std::chrono::minutes(5);  ///< MAIL, RCPT
    std::chrono::milliseconds data = std::chrono::minutes(2);      ///< the answer to DATA
    std::chrono::milliseconds block = std::chrono::minutes(3);     ///< no octet of ours was taken
    std::chrono::milliseconds final = std::chrono::minutes(10);    ///< the answer behind the message
    std::chrono::milliseconds reset = std::chrono::seconds(20);    ///< RSET
    std::chrono::milliseconds quit = std::chrono::seconds(5);
    std::chrono::milliseconds idle = std::chrono::seconds(5);   ///< how long a connection waits for more mail
    std::chrono::milliseconds turn = std::chrono::minutes(10);  ///< how long a delivery waits for its turn
    std::chrono::milliseconds last_answer = std::chrono::seconds(5);  ///< of the final one, when stopping
};

struct Limits {
    std::uint32_t destination_connections = 20;  ///< at one time; more only fills the receiver's queue
    std::uint32_t destination_first = 5;         ///< until one was successful: an unknown host is met gently
    std::uint32_t host_connections = 20;  ///< to one address, whatever the destination: RFC 5321 section 7.8
    std::uint32_t connections = 1'000;    ///< in all: descriptors
    std::uint32_t idle_connections = 100;
    std::uint32_t hosts = 10;      ///< MX hosts that are tried
    std::uint32_t addresses = 10;  ///< of all hosts together
    std::uint32_t sessions = 2;    ///< hosts that are spoken to, one after the other, within one attempt
    std::uint32_t messages = 100;  ///< over one connection, then a new one
    std::chrono::seconds connection_age = std::chrono::minutes(5);  ///< so that the best host is found again
    std::size_t recipients = 100;                                   ///< in one transaction
    std::size_t piece_bytes = 256U << 10;  ///< of a message, in memory for each connection
    std::chrono::seconds tls_failure_kept = std::chrono::hours(1);
    std::size_t tls_failures = 10'000;  ///< hosts remembered whose TLS is broken
};

struct Settings {
    std::string host_name;                   ///< ours: EHLO, and what a loop is known by
    std::vector<std::string> own_names;      ///< further names of this host
    std::vector<std::string> own_addresses;  ///< numeric: an MX there is ourselves
    std::string source_ipv4, source_ipv6;    ///< empty: the system's choice
    std::string helo_ipv4, helo_ipv6;        ///< empty: host_name
    bool ipv4 = true, ipv6 = true;
    bool prefer_ipv4 = false;
    bool chunking = false;  ///< BDAT also where DATA does; binary mail always goes so
    bool dane = true, mta_sts = true;
    std::uint16_t mx_port = 25;    ///< tests have another
    std::uint16_t sts_port = 443;  ///< the same
    std::string ca_file;           ///< PEM; empty: the system's authorities
    bool tls_reports = true;       ///< TLS with other hosts is counted, for reports about it (RFC 8460)
    std::string report_organization,
        report_contact;  ///< who reports about TLS; empty: host_name, its postmaster
    Timeouts timeouts;
    Limits limits;
};

}  // namespace mta::smtp_out

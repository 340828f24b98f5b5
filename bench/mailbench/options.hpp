// What is asked of a run.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mailbench {

struct Options {
    std::string protocol;  ///< "imap", "idle", "eas", "lmtp", "smtp"
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::uint16_t deliver_port = 0;  ///< of LMTP, for `idle` and `eas`
    std::uint32_t users = 1;
    std::uint32_t connections = 10;
    double duration = 10;  ///< seconds
    double warmup = 0;
    double rate = 0;  ///< commands a second in all; 0: as fast as answers come
    std::string user_format = "u%d@example.test";
    std::string password = "pass";
    std::string mix;  ///< "FETCH=5,NOOP=1"
    std::uint32_t pipeline = 1;
    std::uint32_t messages = 0;     ///< stop after as many deliveries
    std::uint32_t recipients = 1;   ///< of a delivery
    bool one_a_connection = false;  ///< a new connection for each delivery
    bool in_turn = false;           ///< each command waits for the answer to the one before: no PIPELINING
    std::string sender = "load@load.test";
    std::string message_dir;  ///< deliver these files instead of made-up mail
    std::uint32_t size = 0;   ///< of made-up mail, octets; 0: a lognormal mix around 20 KB
    std::uint32_t threads = 1;
    std::uint64_t seed = 1;
    std::string json_file, html_file;
    std::vector<std::string> expect;
    int pid = 0;
    bool quiet = false;

    /// "u7@example.test"; users are numbered from 1.
    std::string user(std::uint32_t number) const;
};

}  // namespace mailbench

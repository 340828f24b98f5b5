// The commands of POP3 as values: RFC 1939, RFC 2449, RFC 2595, RFC 5034, RFC 6856.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/secret.hpp"

namespace pop3::cmd {

struct Apop {
    std::string user, digest;
};
struct Auth {
    std::string mechanism;               ///< upper case; empty: list them
    std::optional<std::string> initial;  ///< octets, decoded (RFC 5034 section 4); "=" is empty
};
struct Capa {};
struct Dele {
    std::uint32_t number = 0;
};
struct Lang {
    std::string range;  ///< empty: list them
};
struct List {
    std::optional<std::uint32_t> number;
};
struct Noop {};
struct Pass {
    base::Secret password;
};
struct Quit {};
struct Retr {
    std::uint32_t number = 0;
};
struct Rset {};
struct Stat {};
struct Stls {};
struct Top {
    std::uint32_t number = 0;
    std::uint64_t lines = 0;
};
struct Uidl {
    std::optional<std::uint32_t> number;
};
struct User {
    std::string name;
};
struct Utf8 {};

}  // namespace pop3::cmd

namespace pop3 {

using Command = std::variant<cmd::Apop, cmd::Auth, cmd::Capa, cmd::Dele, cmd::Lang, cmd::List, cmd::Noop,
                             cmd::Pass, cmd::Quit, cmd::Retr, cmd::Rset, cmd::Stat, cmd::Stls, cmd::Top,
                             cmd::Uidl, cmd::User, cmd::Utf8>;

enum class State : std::uint8_t { authorization, transaction };

/// States that a command is allowed in, as bits of 1 << State.
struct CommandSpec {
    const char* name;
    std::uint8_t states;
    bool allowed_in(State state) const { return (states >> static_cast<unsigned>(state) & 1U) != 0; }
};

}  // namespace pop3

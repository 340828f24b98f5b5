// What the stages of all protocols do alike: read their options and events, describe a client.
#pragma once
#include <charconv>
#include <string_view>

#include "support/transcript.hpp"

namespace support {

/// The number at the start of `text`; 0 where there is none.
inline std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Up to the first space; what follows it stays in `text`.
inline std::string_view take_word(std::string_view& text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view first = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    return first;
}

/// A client by the options that every stage has: remote (not loopback), starttls, tls_fails, tls.
inline MemoryOptions client_of(const StageOptions& options) {
    MemoryOptions out;
    const bool remote = options.contains("remote");
    out.peer.address = remote ? "192.0.2.7" : "127.0.0.1";
    out.peer.loopback = !remote;
    out.can_start_tls = options.contains("starttls");
    out.tls_fails = options.contains("tls_fails");
    out.peer.tls = options.contains("tls");
    if (out.peer.tls) {
        out.peer.tls_version = "TLSv1.3";
        out.peer.tls_cipher = "TLS_AES_128_GCM_SHA256";
    }
    return out;
}

}  // namespace support

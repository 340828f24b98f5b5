// Writes IMAP strings and lists (RFC 9051 section 9): quoted strings only, since no text of ours needs a
// literal.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "fields.hpp"
#include "mime/limits.hpp"

namespace mime {

class ImapWriter {
public:
    ImapWriter(const Limits& limits, bool utf8) : limits_(limits), utf8_(utf8) {}

    void raw(std::string_view octets) { out_ += octets; }
    void number(std::uint64_t value) { out_ += std::to_string(value); }
    /// \p text holds no control characters and what the session may see.
    void quoted(std::string_view text);
    /// Raw header text: unfolded, on one line, 7-bit or UTF-8.
    void text(std::string_view value);
    /// text() of a field, NIL when it is absent.
    void field(const KnownFields& known, Known field);
    void address_list(std::string_view value);
    /// The list of a field that may come more than once; NIL when nobody is in it.
    void addresses(std::string_view header, const KnownFields& known, Known field);
    void envelope(std::string_view header, const KnownFields& known);
    /// Room for what may be left out.
    bool full() const { return out_.size() >= limits_.rendered_bytes_max; }
    const Limits& limits() const { return limits_; }
    std::string take() { return std::move(out_); }

private:
    bool plain(std::string_view text) const;
    void host(const std::string& host);
    void mailbox(const std::string& mailbox);

    std::string out_;
    const Limits& limits_;
    bool utf8_;
};

}  // namespace mime

// Cursor: a frame with a position; the terminals of the IMAP grammar. RFC 9051 section 9.
//
// Each terminal returns false when it is not there, and then error() says what was expected where; so a rule
// is one chain: if (!in.space() || !in.astring(user) || !in.end()) return in.error();
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "imap/syntax/error.hpp"
#include "imap/syntax/parse_command.hpp"

namespace imap {

class Cursor {
public:
    explicit Cursor(std::string_view frame, ParseMode mode = {}) : text_(frame), mode_(mode) {}

    ParseMode mode() const { return mode_; }
    bool at_end() const { return offset_ == text_.size(); }
    std::size_t offset() const { return offset_; }
    /// The next octet, '\0' at the end.
    char peek() const { return at_end() ? '\0' : text_[offset_]; }
    std::string_view rest() const { return text_.substr(offset_); }
    void advance(std::size_t octets) { offset_ += octets; }

    bool fail(const char* what) { return fail_at(what, offset_); }
    bool fail_at(const char* what, std::size_t offset) {
        error_ = ParseError(what, offset);
        return false;
    }
    /// RFC 9586 section 3: message numbers after ENABLE UIDONLY.
    bool fail_number(std::size_t offset) {
        error_ = ParseError("message numbers are not used any more", offset, "UIDREQUIRED");
        return false;
    }
    const ParseError& error() const { return error_; }

    /// Takes `c` if it is next; no error if not.
    bool skip(char c) {
        if (peek() != c || at_end()) return false;
        ++offset_;
        return true;
    }
    /// Takes the atom `upper` if it is next and ends there; no error if not.
    bool skip_word(std::string_view upper);

    bool space() { return skip(' ') || fail("expected space"); }
    bool open() { return skip('(') || fail("expected ("); }
    bool close() { return skip(')') || fail("expected )"); }
    bool end();

    bool tag(std::string& out);
    bool atom(std::string_view& out);
    bool upper_atom(std::string& out);
    /// 8-bit octets are taken in an unquoted one too, see quirk_eight_bit_atom().
    bool astring(std::string& out);
    bool string(std::string& out);
    /// NIL (in any case) gives nullopt.
    bool nstring(std::optional<std::string>& out);
    bool list_mailbox(std::string& out);

    bool number(std::uint32_t& out);
    bool nz_number(std::uint32_t& out);
    bool number64(std::uint64_t& out);
    bool nz_number64(std::uint64_t& out);

    /// "{n}", "{n+}", "~{n}" or "~{n+}" that ends the frame: its octets are elsewhere.
    bool streamed_literal(std::uint64_t& bytes, bool& binary);

private:
    bool digits(std::uint64_t& out, std::uint64_t largest, const char* what);
    bool quoted(std::string& out);
    bool literal(std::string& out);
    bool literal_head(std::uint64_t& bytes);

    std::string_view text_;
    std::size_t offset_ = 0;
    ParseMode mode_;
    ParseError error_;
};

}  // namespace imap

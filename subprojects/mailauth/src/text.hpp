// Small pieces of the header grammar: quoted strings, comments, tokens, base64.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace mailauth {

/// RFC 2045 section 5.1.
bool is_token(std::string_view text);
/// As a quoted string; line ends, NUL and other controls become `?`, so that no value can end its field.
std::string quoted(std::string_view text);
/// The text itself when it is a token or, with \p more, made of token octets and those; else quoted.
std::string token_or_quoted(std::string_view text, std::string_view more = {});
/// Text for a comment: parentheses and backslashes escaped, controls as `?`.
std::string comment_text(std::string_view text);

/// Collects a field and breaks it before a word where a line would pass 78 octets.
class Folder {
public:
    explicit Folder(std::string_view name);
    /// A word, with a blank before it that may become a line end.
    void word(std::string_view text);
    /// A comment, which may be broken at its blanks.
    void comment(std::string_view text);
    /// The next word begins a line.
    void new_line();
    /// The field with its line end.
    std::string take();

private:
    std::string out_;
    std::size_t line_ = 0;
};

/// Strict base64 (RFC 4648) after blanks, tabs and line ends are taken out; nothing for anything else.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view octets);

}  // namespace mailauth

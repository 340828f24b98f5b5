// Octets in any charset to UTF-8, by ICU; names as real mail writes them.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace mime {

/// Converts a stream of octets in pieces. An unknown charset is read as UTF-8 while that holds, else as
/// windows-1252. What no charset explains becomes U+FFFD.
class CharsetDecoder {
public:
    explicit CharsetDecoder(std::string_view charset);
    ~CharsetDecoder();
    CharsetDecoder(CharsetDecoder&&) noexcept;
    CharsetDecoder& operator=(CharsetDecoder&&) noexcept;

    bool known() const;
    /// Appends to \p out. \p last: no more comes, flush what is incomplete.
    void decode(std::string_view octets, std::string& out, bool last = false);

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string to_utf8(std::string_view octets, std::string_view charset);
bool charset_known(std::string_view charset);
bool valid_utf8(std::string_view octets);
/// Valid UTF-8 stays; anything else is read as windows-1252: for raw 8-bit header text.
std::string guess_utf8(std::string_view octets);

}  // namespace mime

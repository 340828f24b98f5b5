// Encoder: appends ActiveSync's WBXML to a string, element by element; code pages are switched where they
// must be.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wbxml/tag.hpp"

namespace wbxml {

class Encoder {
public:
    /// Appends the header. `out` must outlive the encoder; others may append to it only between open_opaque
    /// and close.
    explicit Encoder(std::string& out);
    /// Elements that append() takes up later: no header.
    struct Fragment {};
    Encoder(std::string& out, Fragment) : out_(out) {}
    /// After the last element of a fragment, which has at least one.
    void end_fragment();
    /// Puts a whole fragment here.
    void append(std::string_view fragment);

    /// An element with children; each needs its close().
    void open(Tag tag);
    void close();
    /// An element without content: <MoreAvailable/>.
    void empty(Tag tag);
    /// An element with text, UTF-8. An inline string cannot hold NUL, and a device's XML parser that meets
    /// what XML 1.0 section 2.2 forbids gives up the whole answer: controls are left out, and what is no
    /// UTF-8 becomes U+FFFD.
    void text(Tag tag, std::string_view utf8);
    void number(Tag tag, std::int64_t value);
    void opaque(Tag tag, std::string_view octets);
    /// An element whose opaque content of exactly `size` octets the caller appends to the string; close()
    /// ends it.
    void open_opaque(Tag tag, std::uint32_t size);

    std::size_t depth() const { return depth_; }

    /// A place to go back to: what was written after it is taken out again, if it turns out to be empty.
    struct Mark {
        std::size_t size, depth;
        std::uint8_t page;
    };
    Mark mark() const { return {out_.size(), depth_, page_}; }
    void back_to(const Mark& mark);

private:
    void put(Tag tag, bool content);
    void switch_to(std::uint8_t page);
    void end_text();

    std::string& out_;
    std::size_t depth_ = 0;
    std::uint8_t page_ = 0;
};

}  // namespace wbxml

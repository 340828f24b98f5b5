// Decoder: a pull parser of ActiveSync's WBXML over one buffer; text and opaque data are views into it,
// nothing is copied.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wbxml/tag.hpp"

namespace wbxml {

struct DecodeLimits {
    std::size_t octets_max = 64u << 20;  ///< a message in SendMail is the largest thing a device sends
    std::size_t tokens_max = 1'000'000;  ///< elements and texts; what a request of 64 MiB needs is far less
    std::size_t depth_max = 32;          ///< the deepest element of any schema is below 16
};

enum class Fault : std::uint8_t {
    none,
    header,       ///< not exactly 03 01 6A 00: version 1.3, unknown public id, UTF-8, no string table
    truncated,    ///< ends inside a token or an element
    trailing,     ///< octets after the root element
    no_root,      ///< text outside the root, END before it, or nothing at all
    unsupported,  ///< entity, literal, extension, string table, processing instruction, attributes
    unknown_tag,  ///< a page or token that ActiveSync does not have
    bad_length,   ///< of opaque data: above 2^32 or longer than the rest
    too_large,
    too_many,
    too_deep,
};
/// A few words for a log line.
std::string_view describe(Fault fault);

struct Event {
    enum class Kind : std::uint8_t {
        start,   ///< `tag`; its end follows, unless `empty`
        end,     ///< `tag`
        text,    ///< `data`: as sent, UTF-8 is not checked; one element may have several
        opaque,  ///< `data`
        done,    ///< the root was closed and nothing follows
        fault,   ///< Decoder::fault() says which; it stays
    };
    Kind kind = Kind::fault;
    bool empty = false;
    Tag tag;
    std::string_view data;
};

class Decoder {
public:
    /// `octets` must outlive the decoder and the views that it gives.
    explicit Decoder(std::string_view octets, const DecodeLimits& limits = {});

    Event next();
    /// Reads past the end of the element that was started last and is still open.
    Event skip();

    Fault fault() const { return fault_; }
    /// Where the reader stands: at a fault, the octet that caused it.
    std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
    std::size_t depth() const { return depth_; }

private:
    static constexpr std::size_t deepest = 64;  // what `open_` has room for, whatever the limits say

    Event fail(Fault fault);
    Event start(std::uint8_t token);
    Event end();
    Event inline_text();
    Event opaque();
    bool read_length(std::uint32_t& length);
    bool count() { return ++tokens_ <= limits_.tokens_max; }

    const char* begin_;
    const char* at_;
    const char* end_;
    DecodeLimits limits_;
    std::size_t tokens_ = 0;
    std::size_t depth_ = 0;
    Tag open_[deepest];
    std::uint64_t known_;  // the tokens of this page
    std::uint8_t page_ = 0;
    bool rooted_ = false;
    Fault fault_ = Fault::none;
};

}  // namespace wbxml

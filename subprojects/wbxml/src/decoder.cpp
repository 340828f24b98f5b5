// WBXML 1.3 as ActiveSync uses it: MS-ASWBXML section 2.1; the tokens are WBXML 1.3 section 7.
#include "wbxml/decoder.hpp"

#include <algorithm>
#include <cstring>

namespace wbxml {

namespace {

constexpr std::string_view header("\x03\x01\x6A\x00", 4);

enum Global : std::uint8_t { switch_page = 0x00, end_token = 0x01, str_i = 0x03, opaque_token = 0xC3 };
constexpr std::uint8_t has_content = 0x40, has_attributes = 0x80;

}  // namespace

std::string_view describe(Fault fault) {
    switch (fault) {
        case Fault::none:
            return "no fault";
        case Fault::header:
            return "not ActiveSync's WBXML header";
        case Fault::truncated:
            return "it ends too early";
        case Fault::trailing:
            return "octets after the end";
        case Fault::no_root:
            return "no root element";
        case Fault::unsupported:
            return "a token that ActiveSync does not use";
        case Fault::unknown_tag:
            return "an unknown tag";
        case Fault::bad_length:
            return "a wrong length of opaque data";
        case Fault::too_large:
            return "too large";
        case Fault::too_many:
            return "too many tokens";
        case Fault::too_deep:
            return "nested too deeply";
    }
    return "";
}

Decoder::Decoder(std::string_view octets, const DecodeLimits& limits)
    : begin_(octets.data()),
      at_(begin_),
      end_(begin_ + octets.size()),
      limits_(limits),
      known_(known_tokens(0)) {
    limits_.depth_max = std::min(limits_.depth_max, deepest);
    if (octets.size() > limits_.octets_max) {
        fault_ = Fault::too_large;
    } else if (!octets.starts_with(header)) {
        fault_ = header.starts_with(octets) ? Fault::truncated : Fault::header;
    } else {
        at_ += header.size();
    }
}

Event Decoder::fail(Fault fault) {
    fault_ = fault;
    return {};
}

Event Decoder::next() {
    if (fault_ != Fault::none) return {};
    while (at_ != end_) {
        if (rooted_ && depth_ == 0) return fail(Fault::trailing);
        const auto token = static_cast<std::uint8_t>(*at_);
        switch (token) {
            case switch_page:
                if (end_ - at_ < 2) return fail(Fault::truncated);
                page_ = static_cast<std::uint8_t>(at_[1]);
                known_ = known_tokens(page_);
                if (known_ == 0) return fail(Fault::unknown_tag);
                at_ += 2;
                // Counted as well: a megabyte of them must not be read for nothing.
                if (!count()) return fail(Fault::too_many);
                continue;
            case end_token:
                return end();
            case str_i:
                return inline_text();
            case opaque_token:
                return opaque();
            default:
                return start(token);
        }
    }
    if (!rooted_) return fail(Fault::no_root);
    if (depth_ != 0) return fail(Fault::truncated);
    Event event;
    event.kind = Event::Kind::done;
    return event;
}

Event Decoder::start(std::uint8_t token) {
    // Below 5, by the six bits that tell a tag, are the global tokens: entities, literals, extensions, PI,
    // string table.
    if ((token & 0x3F) < 5 || (token & has_attributes)) return fail(Fault::unsupported);
    if (!(known_ >> (token & 0x3F) & 1)) return fail(Fault::unknown_tag);
    const Tag tag(page_, token);
    if (!count()) return fail(Fault::too_many);
    Event event;
    event.kind = Event::Kind::start;
    event.tag = tag;
    event.empty = !(token & has_content);
    if (!event.empty) {
        if (depth_ == limits_.depth_max) return fail(Fault::too_deep);
        open_[depth_++] = tag;
    }
    ++at_;
    rooted_ = true;
    return event;
}

Event Decoder::end() {
    if (depth_ == 0) return fail(Fault::no_root);
    ++at_;
    Event event;
    event.kind = Event::Kind::end;
    event.tag = open_[--depth_];
    return event;
}

Event Decoder::inline_text() {
    if (depth_ == 0) return fail(Fault::no_root);
    if (!count()) return fail(Fault::too_many);
    const char* text = at_ + 1;
    const auto* stop = static_cast<const char*>(std::memchr(text, 0, static_cast<std::size_t>(end_ - text)));
    if (!stop) return fail(Fault::truncated);
    at_ = stop + 1;
    Event event;
    event.kind = Event::Kind::text;
    event.data = {text, static_cast<std::size_t>(stop - text)};
    return event;
}

Event Decoder::opaque() {
    if (depth_ == 0) return fail(Fault::no_root);
    if (!count()) return fail(Fault::too_many);
    const char* const token = at_++;
    std::uint32_t length = 0;
    if (!read_length(length) || length > static_cast<std::size_t>(end_ - at_)) {
        const bool cut = at_ == end_;
        at_ = token;
        return fail(cut ? Fault::truncated : Fault::bad_length);
    }
    Event event;
    event.kind = Event::Kind::opaque;
    event.data = {at_, length};
    at_ += length;
    return event;
}

/// mb_u_int32 = *(%x80-FF) %x00-7F: seven bits an octet, the first ones first. WBXML 1.3 section 5.1.
bool Decoder::read_length(std::uint32_t& length) {
    std::uint64_t value = 0;
    for (int octets = 0; octets < 5 && at_ != end_; ++octets) {
        const auto octet = static_cast<std::uint8_t>(*at_++);
        value = value << 7 | (octet & 0x7F);
        if (octet & 0x80) continue;
        length = static_cast<std::uint32_t>(value);
        return value <= UINT32_MAX;
    }
    return false;
}

Event Decoder::skip() {
    const std::size_t outer = depth_ == 0 ? 0 : depth_ - 1;
    Event event;
    do event = next();
    while (depth_ > outer && event.kind != Event::Kind::fault);
    return event;
}

}  // namespace wbxml

#include "eas/mail/conversation_index.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/id_source.hpp"

namespace eas {
namespace {

constexpr std::size_t level_octets = 5, header_octets = 5;
constexpr std::size_t field_header_octets = 22;  // of Thread-Index: a sixth octet of the time, and a GUID
constexpr std::size_t levels_max = 100;          // nobody reads down to there
constexpr std::int64_t clocks_apart_max = 60;    // seconds from the message's time to that of its row

/// In units of 100 ns since 1601.
std::uint64_t filetime(std::int64_t seconds) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(seconds + 11'644'473'600, 0)) * 10'000'000;
}

std::string index_header(std::int64_t seconds) {
    const std::uint64_t time = filetime(seconds);
    std::string out;
    for (int shift = 56; shift >= 24; shift -= 8) out.push_back(static_cast<char>(time >> shift & 255U));
    return out;
}

std::uint64_t time_in(std::string_view header) {
    std::uint64_t out = 0;
    for (const char octet : header.substr(0, header_octets))
        out = out << 8 | static_cast<unsigned char>(octet);
    return out << 24;
}

/// MS-OXOMSG section 2.2.1.3.1: 31 bits of the time passed, of which the precision is that of its size, and
/// four that are random.
std::string level(std::string_view header, std::int64_t seconds, std::uint32_t salt) {
    constexpr std::uint64_t long_ago = 0x00FE'0000'0000'0000;
    const std::uint64_t began = time_in(header), now = std::max(filetime(seconds), began);
    const std::uint64_t passed = now - began;
    const bool coarse = (passed & long_ago) != 0;
    std::uint32_t time = static_cast<std::uint32_t>(passed >> (coarse ? 23 : 18)) & 0x7FFF'FFFFU;
    if (coarse) time |= 0x8000'0000U;
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(time >> shift & 255U));
    out.push_back(static_cast<char>((salt & 15U) << 4));
    return out;
}

/// Empty: it is none.
std::string from_field(std::string_view value) {
    std::string text(value);
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });  // where it was folded
    const auto octets = base::base64_decode(text);
    const bool sound = octets && octets->size() >= field_header_octets && octets->front() == 1 &&
                       (octets->size() - field_header_octets) % level_octets == 0 &&
                       octets->size() <= field_header_octets + levels_max * level_octets;
    if (!sound) return {};
    return octets->substr(0, header_octets) + octets->substr(field_header_octets);
}

}  // namespace

std::string conversation_index(const IndexFacts& facts) {
    if (std::string given = from_field(facts.thread_index); !given.empty()) return given;
    // When the conversation began is known by its first message; of mail that was brought from elsewhere, and
    // is older than its row, only when it came itself.
    const std::int64_t began = base::IdSource::time_of(facts.thread.value) / 1000;
    if (facts.received + clocks_apart_max < began) return index_header(facts.received);
    std::string out = index_header(began);
    // What lies between is not known without reading it: one level, whatever is answered.
    if (facts.is_answer) out += level(out, facts.received, facts.salt);
    return out;
}

std::string thread_index_of_answer(std::string_view original, base::ThreadId thread, std::int64_t now,
                                   std::uint32_t salt) {
    std::string out(original.substr(0, header_octets));
    out.push_back('\0');
    out += std::string(8, '\0');  // the GUID: the conversation's id
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(thread.value >> shift & 255U));
    const std::string_view levels = original.substr(header_octets);
    out += levels;
    if (levels.size() < levels_max * level_octets) out += level(original, now, salt);
    return base::base64_encode(out);
}

}  // namespace eas

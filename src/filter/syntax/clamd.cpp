#include "filter/syntax/clamd.hpp"

#include <algorithm>

namespace filter::clamd {
namespace {

Answer answer(Answer::Kind kind, std::string_view text) {
    Answer out;
    out.kind = kind;
    out.text = text.substr(0, 200);
    std::ranges::replace_if(out.text, [](char c) { return c < 0x20 || c == 0x7F; }, '?');
    return out;
}

}  // namespace

void append_piece(std::string& out, std::string_view octets) {
    const auto size = static_cast<std::uint32_t>(octets.size());
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xFFU);
    out += octets;
}

Answer parse(std::string_view input, bool closed) {
    const std::size_t end = input.find('\0');
    if (std::min(end, input.size()) > answer_bytes_max) return answer(Answer::Kind::failed, "endless answer");
    if (end == std::string_view::npos && !closed) return {};
    std::string_view line = input.substr(0, end);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return answer(Answer::Kind::failed, "no answer");
    if (line.ends_with(" ERROR")) {
        const bool too_big = line.find("size limit exceeded") != std::string_view::npos;
        return answer(too_big ? Answer::Kind::too_big : Answer::Kind::failed, line);
    }
    // Only a whole line may clear a message: "stream: OK" cut off says nothing.
    if (end == std::string_view::npos) return answer(Answer::Kind::failed, "the answer was cut off");
    constexpr std::string_view about = "stream: ", found = " FOUND";
    if (line == "stream: OK") return answer(Answer::Kind::clean, {});
    if (line.starts_with(about) && line.ends_with(found) && line.size() > about.size() + found.size()) {
        line.remove_prefix(about.size());
        line.remove_suffix(found.size());
        return answer(Answer::Kind::found, line);
    }
    return answer(Answer::Kind::failed, line);
}

}  // namespace filter::clamd

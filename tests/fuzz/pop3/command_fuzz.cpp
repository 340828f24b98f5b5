// Framer, parser and dot-stuffer of POP3. No crash; any cut of the input gives the same frames and nothing
// grows; a stuffed message ends once, at its end, for clients that read by CRLF and for those that read by
// LF.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/line_framer.hpp"
#include "pop3/syntax/dot_stuffer.hpp"
#include "pop3/syntax/parse_command.hpp"

namespace {

constexpr std::size_t line_bytes_max = 64;

void require(bool holds) {
    if (!holds) std::abort();
}

std::vector<std::string> frames(std::string_view input, std::size_t cut) {
    base::LineFramer framer;
    std::vector<std::string> out;
    std::string held;
    for (std::size_t at = 0; at < input.size(); at += cut) {
        held += input.substr(at, cut);
        for (;;) {
            const base::LineFramer::Frame frame = framer.next(held, line_bytes_max + 1);
            require(frame.consumed <= held.size());
            if (frame.whole()) out.emplace_back(frame.line);
            if (frame.status == base::LineFramer::Status::too_long) out.emplace_back("\n");
            if (frame.status == base::LineFramer::Status::flood) return out;
            held.erase(0, frame.consumed);
            if (frame.status == base::LineFramer::Status::need_more) break;
        }
        require(held.size() <= line_bytes_max + 1 + cut);
    }
    return out;
}

std::string stuffed(std::string_view message, std::size_t cut) {
    pop3::DotStuffer stuffer;
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += cut) stuffer.append(out, message.substr(at, cut));
    stuffer.finish(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size > 16384) return 0;  // a flood is cut off at a place that depends on the cut
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::vector<std::string> whole = frames(input, input.size() + 1);
    for (const std::size_t cut : {1U, 2U, 3U, 7U}) require(frames(input, cut) == whole);
    for (const std::string& line : whole) {
        const auto parsed = pop3::parse_command(line);
        require(parsed ? parsed->spec != nullptr : !parsed.error().what().empty());
    }

    const std::string reply = stuffed(input, input.size() + 1);
    for (const std::size_t cut : {1U, 3U}) require(stuffed(input, cut) == reply);
    const std::string framed = "\r\n" + reply;
    require(framed.find("\r\n.\r\n") == framed.size() - 5);
    for (std::size_t at = framed.find("\n."); at != std::string::npos; at = framed.find("\n.", at + 1)) {
        require(at == framed.size() - 4 || framed.compare(at, 3, "\n..") == 0);
    }
    std::string back;  // and what a client takes out again is what is stored
    for (std::size_t i = 0; i < reply.size() - 3; ++i) {
        if (reply[i] == '.' && (i == 0 || reply[i - 1] == '\n')) continue;
        back += reply[i];
    }
    require(back == input || back == std::string(input) + "\r\n");
    return 0;
}

// Command lines: any cut of a stream gives the same lines, no parser fails otherwise than by a reply, and
// what parses can be said again. The first octet chooses the cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/line_framer.hpp"
#include "smtp/syntax/parse_command.hpp"

namespace {

constexpr std::size_t line_max = 128, junk_max = 512;

/// Frames of `input` fed in pieces. Lines that were dropped are told apart only by their kind.
std::vector<std::string> frames(std::string_view input, std::size_t cut) {
    base::LineFramer framer(junk_max);
    std::string buffer;
    std::vector<std::string> out;
    std::size_t fed = 0;
    while (true) {
        const auto frame = framer.next(buffer, line_max);
        using Status = base::LineFramer::Status;
        if (frame.consumed > buffer.size()) std::abort();
        if (frame.status == Status::flood) {
            out.emplace_back("flood");
            return out;
        }
        if (frame.status != Status::need_more) {
            out.push_back(char('0' + int(frame.status)) + std::string(frame.line));
            if (frame.consumed == 0) std::abort();
        }
        buffer.erase(0, frame.consumed);
        if (frame.status != Status::need_more) continue;
        if (buffer.size() > line_max) std::abort();  // bounded memory
        if (fed == input.size()) return out;
        const std::size_t n = std::min(cut, input.size() - fed);
        buffer.append(input.substr(fed, n));
        fed += n;
    }
}

void parse(std::string_view line) {
    const smtp::CommandLine split = smtp::split_command(line);
    if (split.spec == nullptr) return;
    smtp::Cursor in(split.arguments);
    const auto command = split.spec->parse(in);
    if (!command) {
        if (command.error().code() < 500 || command.error().code() > 599) std::abort();
        return;
    }
    if (const auto* hello = std::get_if<smtp::cmd::Hello>(&*command)) {
        for (const char c : hello->name)
            if (!smtp::is(c, smtp::ch_hello)) std::abort();  // it goes into Received
    }
    if (const auto* mail = std::get_if<smtp::cmd::Mail>(&*command))
        for (const char c : mail->from.address() + mail->parameters.envid)
            if (smtp::is_control(c)) std::abort();
    if (const auto* rcpt = std::get_if<smtp::cmd::Rcpt>(&*command))
        for (const char c : rcpt->to.address() + rcpt->parameters.orcpt_address)
            if (smtp::is_control(c)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = frames(input, input.size() + 1);
    const auto pieces = frames(input, 1 + data[0] % 16);
    // A flood is noticed sooner when octets come slowly; up to it the frames are the same.
    for (std::size_t i = 0; i < whole.size() && i < pieces.size(); ++i) {
        if (whole[i] == "flood" || pieces[i] == "flood") break;
        if (whole[i] != pieces[i]) std::abort();
    }
    if (whole.size() != pieces.size() && (whole.empty() || whole.back() != "flood") &&
        (pieces.empty() || pieces.back() != "flood"))
        std::abort();
    for (const auto& frame : whole)
        if (frame != "flood") parse(std::string_view(frame).substr(1));
    parse(input);
    return 0;
}

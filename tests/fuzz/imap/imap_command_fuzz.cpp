// Whatever a frame holds, the parser ends; and what it understood, written in canonical text, is understood
// the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "imap/syntax/imap_url.hpp"
#include "imap/syntax/parse_command.hpp"
#include "imap/syntax/rules.hpp"
#include "unit/imap/command_text.hpp"

namespace {
/// The canonical text may be longer or deeper than what was sent (NEW is "(RECENT UNSEEN)").
bool is_limit(std::string_view what) { return what.find("too ") != std::string_view::npos; }

void read_again(const imap::Command& command) {
    const std::string text = imap::test::command_text(command);
    std::string tag;
    auto again = imap::parse_command("t " + text, tag);
    if (!again) {
        if (is_limit(again.error().what)) return;
        std::fprintf(stderr, "not read again: %s\n%s at %zu\n", text.c_str(), again.error().what.data(),
                     again.error().offset);
        std::abort();
    }
    const std::string second = imap::test::command_text(again->command);
    if (second == text) return;
    std::fprintf(stderr, "first:  %s\nsecond: %s\n", text.c_str(), second.c_str());
    std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view frame(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string tag = "*";
    auto parsed = imap::parse_command(frame, tag, imap::ParseMode{.utf8 = (data[0] & 1U) != 0});
    if (parsed) {
        read_again(parsed->command);
    } else if (parsed.error().offset > frame.size() || parsed.error().what.empty()) {
        std::abort();
    }
    imap::AppendPiece after;
    after.kind = imap::AppendPiece::Kind::literal;
    after.utf8 = (data[0] & 2U) != 0;
    after.catenate = (data[0] & 4U) != 0;
    const auto tail = imap::parse_append_tail(frame, after);
    if (!tail && tail.error().offset > frame.size()) std::abort();
    const auto url = imap::parse_message_url(frame, (data[0] & 1U) != 0 ? "a/b" : "");
    if (url && (url->mailbox.empty() || url->uid.value == 0)) std::abort();
    const std::string quoted = imap::url_for_response(frame);
    if (quoted.find_first_of(std::string_view("]\r\n\0 ", 5)) != std::string::npos) std::abort();
    return 0;
}

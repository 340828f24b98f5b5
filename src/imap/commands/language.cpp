// LANGUAGE: RFC 5255 section 3. All texts are English, which i-default (RFC 2277 section 4.5) is as well.
#include <array>

#include "imap/session.hpp"

namespace imap {

namespace {

constexpr std::array<std::string_view, 2> languages{"i-default", "en"};

/// Lookup of RFC 4647 section 3.4: the range gets shorter from its end until it is a language that is there.
/// Empty: it never is.
std::string_view language_of(std::string_view wanted) {
    std::string lower(wanted);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    std::string_view range = lower;
    // "*" goes with the default too: there is none that it would not match.
    if (range == "default" || range == "*") return languages.front();
    for (;;) {
        for (const std::string_view language : languages)
            if (range == language) return language;
        const std::size_t dash = range.rfind('-');
        if (dash == std::string_view::npos) return {};
        range = range.substr(0, dash);
        // A subtag of one octet introduces the one behind it, and goes with that.
        if (range.size() >= 2 && range[range.size() - 2] == '-') range.remove_suffix(2);
    }
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Language command) {
    if (command.wanted.empty()) {
        write_language(out(), languages);
        co_return ok("Supported languages have been enumerated");
    }
    for (const std::string& range : command.wanted) {
        const std::string_view found = language_of(range);
        if (found.empty()) continue;
        write_language(out(), std::span(&found, 1));
        co_return ok("Now speaking English");
    }
    co_return no(code::cannot, "Unsupported language");
}

}  // namespace imap

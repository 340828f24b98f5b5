#include "imap/syntax/mailbox_name.hpp"

#include <algorithm>

#include "base/utf7imap.hpp"
#include "base/utf8.hpp"
#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
constexpr std::string_view inbox = "INBOX";

/// Controls and line separators have no place in a name: RFC 9051 section 5.1, RFC 5198 section 2.
bool is_shown(std::string_view name) {
    while (!name.empty()) {
        const base::Utf8Char next = base::first_utf8(name);
        if (next.code < 0x20 || (next.code >= 0x7F && next.code <= 0x9F)) return false;
        if (next.code == 0x2028 || next.code == 0x2029) return false;
        name.remove_prefix(next.octets);
    }
    return true;
}

bool is_plain(std::string_view octets) {
    return std::all_of(octets.begin(), octets.end(),
                       [](char c) { return c >= 0x20 && c < 0x7F && c != '&'; });
}

/// Thunderbird sends "&" as it is once UTF8=ACCEPT is on, as RFC 6855 wants; Outlook goes on sending modified
/// UTF-7 (imap.md quirks 17, 19). Only what decodes to a name that needed the encoding is taken for modified
/// UTF-7.
std::optional<std::string> quirk_utf7_with_utf8_on(std::string_view octets) {
    if (octets.find('&') == std::string_view::npos || !base::is_ascii(octets)) return std::nullopt;
    auto decoded = base::utf7imap_to_utf8(octets);
    if (!decoded || base::is_ascii(*decoded)) return std::nullopt;
    return decoded;
}

std::optional<std::string> decode(std::string_view octets, ParseMode mode) {
    if (is_plain(octets)) return std::string(octets);
    std::optional<std::string> name;
    if (mode.utf8) {
        name = quirk_utf7_with_utf8_on(octets);
        if (!name && base::is_utf8(octets)) name.emplace(octets);
    } else {
        name = base::utf7imap_to_utf8(octets);
    }
    if (!name || !is_shown(*name)) return std::nullopt;
    return base::to_nfc(*name);
}
}  // namespace

bool begins_with_inbox(std::string_view name) {
    return name.size() >= inbox.size() && equals_upper(name.substr(0, inbox.size()), inbox) &&
           (name.size() == inbox.size() || name[inbox.size()] == hierarchy_delimiter);
}

std::optional<std::string> decode_mailbox_name(std::string_view octets, ParseMode mode) {
    auto name = decode(octets, mode);
    if (name && begins_with_inbox(*name)) name->replace(0, inbox.size(), inbox);
    return name;
}

std::optional<std::string> decode_list_pattern(std::string_view octets, ParseMode mode) {
    return decode(octets, mode);
}

}  // namespace imap

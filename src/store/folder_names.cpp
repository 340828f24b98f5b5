#include "store/folder_names.hpp"

#include <algorithm>

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace store {
namespace {

constexpr std::string_view inbox = "INBOX";

bool is_inbox(std::string_view level) {
    return std::equal(level.begin(), level.end(), inbox.begin(), inbox.end(),
                      [](char a, char b) { return a == b || (a >= 'a' && a <= 'z' && a - 'a' + 'A' == b); });
}

/// Well-formed UTF-8 without control characters (C0, DEL, C1) and line or paragraph separators.
bool printable_utf8(std::string_view text) {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto length = static_cast<std::int32_t>(text.size());
    for (std::int32_t at = 0; at < length;) {
        UChar32 character = 0;
        U8_NEXT(octets, at, length, character);
        if (character < 0x20 || (character >= 0x7F && character < 0xA0)) return false;  // negative: not UTF-8
        if (character == 0x2028 || character == 0x2029) return false;
    }
    return true;
}

Result<std::string> to_nfc(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return std::string(text);
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    if (U_FAILURE(status)) return Error(Errc::unavailable, "no Unicode data");
    const auto wide =
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
    const icu::UnicodeString normal = nfc->normalize(wide, status);
    if (U_FAILURE(status)) return Error(Errc::invalid, "the name is no text");
    std::string out;
    normal.toUTF8String(out);
    return out;
}

}  // namespace

Result<std::string> canonical_name(std::string_view name, const StoreLimits& limits) {
    if (name.size() > limits.folder_name_bytes_max) return Error(Errc::limit, "the folder name is too long");
    if (name.empty() || !printable_utf8(name)) return Error(Errc::invalid, "not a valid folder name");
    Result<std::string> normal = to_nfc(name);
    if (!normal) return normal;
    std::string& out = *normal;
    if (out.size() > limits.folder_name_bytes_max) return Error(Errc::limit, "the folder name is too long");
    std::uint32_t depth = 0;
    bool below_inbox = false;
    for (std::size_t at = 0; at <= out.size();) {
        const std::size_t end = std::min(out.find('/', at), out.size());
        const std::string_view level = std::string_view(out).substr(at, end - at);
        if (level.empty()) return Error(Errc::invalid, "a folder name has no empty levels");
        // RFC 9051 section 5.1: INBOX in any case. Apple's clients try INBOX/INBOX: refused.
        if (is_inbox(level) && depth == 0) {
            out.replace(at, inbox.size(), inbox);
            below_inbox = true;
        } else if (is_inbox(level) && depth == 1 && below_inbox) {
            return Error(Errc::invalid, "INBOX cannot be inside INBOX");
        }
        ++depth;
        at = end + 1;
    }
    if (depth > limits.folder_depth_max) return Error(Errc::limit, "the folder is nested too deep");
    return normal;
}

std::string_view leaf_of(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string_view parent_of(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

bool is_below(std::string_view name, std::string_view parent) {
    return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == '/';
}

bool name_before(std::string_view a, std::string_view b) {
    const bool a_first = a == inbox || is_below(a, inbox);
    const bool b_first = b == inbox || is_below(b, inbox);
    if (a_first != b_first) return a_first;
    const auto rank = [](char c) { return c == '/' ? 0U : static_cast<unsigned char>(c) + 1U; };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&rank](char x, char y) { return rank(x) < rank(y); });
}

}  // namespace store

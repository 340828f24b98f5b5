#include "auth/prepare.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <unicode/usprep.h>
#include <unicode/ustring.h>

namespace auth {
namespace {

struct Close {
    void operator()(UStringPrepProfile* profile) const { usprep_close(profile); }
};

const UStringPrepProfile* profile() {
    static const std::unique_ptr<UStringPrepProfile, Close> opened([] {
        UErrorCode code = U_ZERO_ERROR;
        UStringPrepProfile* const made = usprep_openByType(USPREP_RFC4013_SASLPREP, &code);
        return U_SUCCESS(code) ? made : nullptr;
    }());
    return opened.get();
}

bool plain_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

constexpr std::size_t text_bytes_max =
    4'096;  // a password of a person; mechanisms refuse longer messages before

}  // namespace

std::optional<std::string> saslprep(std::string_view text) {
    if (plain_ascii(text)) return std::string(text);
    if (text.size() > text_bytes_max || profile() == nullptr) return std::nullopt;
    UErrorCode code = U_ZERO_ERROR;
    std::vector<UChar> wide(text.size() + 1);
    std::int32_t size = 0;
    u_strFromUTF8(wide.data(), static_cast<std::int32_t>(wide.size()), &size, text.data(),
                  static_cast<std::int32_t>(text.size()), &code);
    if (U_FAILURE(code)) return std::nullopt;
    std::vector<UChar> out(wide.size() * 18 + 16);  // NFKC makes at most 18 of one
    UParseError where{};
    const std::int32_t done =
        usprep_prepare(profile(), wide.data(), size, out.data(), static_cast<std::int32_t>(out.size()),
                       USPREP_ALLOW_UNASSIGNED, &where, &code);
    if (U_FAILURE(code)) return std::nullopt;
    std::string octets(static_cast<std::size_t>(done) * 3, '\0');
    std::int32_t octet_count = 0;
    u_strToUTF8(octets.data(), static_cast<std::int32_t>(octets.size()), &octet_count, out.data(), done,
                &code);
    if (U_FAILURE(code)) return std::nullopt;
    octets.resize(static_cast<std::size_t>(octet_count));
    return octets;
}

std::string prepared_or_raw(std::string_view text) {
    auto prepared = saslprep(text);
    // A password that prepares to nothing (a soft hyphen) must not become the empty one.
    return prepared && !prepared->empty() ? std::move(*prepared) : std::string(text);
}

}  // namespace auth

// Addresses: RFC 5321 section 4.1.2's Mailbox with RFC 6531's UTF-8, and domains by UTS 46 (IDNA 2008).
#include "directory/address.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <unicode/normalizer2.h>
#include <unicode/uidna.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "directory/directory.hpp"

namespace directory {
namespace {

bool atom_octet(char c) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet <= 0x20 || octet == 0x7F) return false;
    return std::string_view("()<>[]:;@\\,\"").find(c) == std::string_view::npos;
}

bool dot_atom(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.') return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::ranges::all_of(text, atom_octet);
}

/// What a quoted local part means. RFC 5321 section 4.1.2: quoted-string without CR, LF and other controls.
std::optional<std::string> unquote(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        char c = text[i];
        if (c == '"') return std::nullopt;
        if (c == '\\') {
            if (++i + 1 >= text.size()) return std::nullopt;
            c = text[i];
        }
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet == 0x7F) return std::nullopt;
        out += c;
    }
    return out;
}

/// Where the domain starts: after the last '@' outside quotes. npos: there is none.
std::size_t last_at(std::string_view text) {
    bool quoted = false;
    std::size_t at = std::string_view::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (text[i] == '@' && !quoted) {
            at = i;
        }
    }
    return at;
}

bool label_octet(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

/// Labels of 1 to 63 letters, digits, hyphens; underscores too, since hosts of others do have them.
bool labels_valid(std::string_view domain) {
    if (domain.empty() || domain.size() > AddressLimits::domain_bytes_max) return false;
    std::size_t start = 0;
    while (start <= domain.size()) {
        const std::size_t dot = std::min(domain.find('.', start), domain.size());
        const std::string_view label = domain.substr(start, dot - start);
        if (label.empty() || label.size() > AddressLimits::label_bytes_max) return false;
        if (label.front() == '-' || label.back() == '-' || !std::ranges::all_of(label, label_octet))
            return false;
        start = dot + 1;
    }
    return true;
}

/// RFC 5321 section 4.1.3. Kept as it is but for case: only its use by a peer gives it meaning.
std::string address_literal(std::string_view domain) {
    if (domain.size() < 3 || domain.back() != ']') return {};
    const std::string_view inside = domain.substr(1, domain.size() - 2);
    const bool fine = std::ranges::all_of(
        inside, [](char c) { return c > 0x20 && c < 0x7F && c != '[' && c != ']' && c != '\\' && c != '@'; });
    return fine ? base::lowered(domain) : std::string();
}

struct IdnaClose {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
};

/// U-labels to A-labels. RFC 5891 section 5 by way of UTS 46, non-transitional.
std::string to_a_labels(std::string_view domain) {
    static const std::unique_ptr<UIDNA, IdnaClose> idna([] {
        UErrorCode code = U_ZERO_ERROR;
        UIDNA* made =
            uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &code);
        return U_SUCCESS(code) ? made : nullptr;
    }());
    if (!idna) return {};
    std::array<char, 1024> out{};
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode code = U_ZERO_ERROR;
    const std::int32_t size =
        uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()),
                               out.data(), static_cast<std::int32_t>(out.size()), &info, &code);
    if (U_FAILURE(code) || info.errors != 0 || size <= 0) return {};
    return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::string canonical_domain(std::string_view name) {
    if (name.size() > 4 * AddressLimits::domain_bytes_max) return {};
    std::string out = base::is_ascii(name) ? base::lowered(name) : to_a_labels(name);
    return labels_valid(out) ? out : std::string();
}

bool is_host_name(std::string_view domain) {
    return labels_valid(domain) && domain.find('_') == std::string_view::npos;
}

std::optional<Address> parse_address(std::string_view text) {
    const std::size_t at = last_at(text);
    if (at == std::string_view::npos) {
        // RFC 5321 section 4.5.1: "postmaster" alone is an address.
        if (is_postmaster(text)) return Address{std::string(text), {}};
        return std::nullopt;
    }
    const std::string_view left = text.substr(0, at);
    const std::string_view right = text.substr(at + 1);
    Address out;
    if (left.starts_with('"')) {
        auto meant = unquote(left);
        if (!meant || meant->empty()) return std::nullopt;
        out.local = std::move(*meant);
    } else {
        if (!dot_atom(left)) return std::nullopt;
        out.local = left;
    }
    if (out.local.size() > AddressLimits::local_bytes_max || !base::is_utf8(out.local)) return std::nullopt;
    out.domain = right.starts_with('[') ? address_literal(right) : canonical_domain(right);
    if (out.domain.empty()) return std::nullopt;
    return out;
}

std::string to_string(const Address& address) {
    std::string out;
    if (dot_atom(address.local)) {
        out = address.local;
    } else {
        out = "\"";
        for (const char c : address.local) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    if (!address.domain.empty()) out += '@' + address.domain;
    return out;
}

std::string fold_local(std::string_view local) {
    if (base::is_ascii(local)) return base::lowered(local);
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* const fold = icu::Normalizer2::getNFKCCasefoldInstance(code);
    if (U_FAILURE(code)) return std::string(local);
    const auto text = icu::UnicodeString::fromUTF8({local.data(), static_cast<std::int32_t>(local.size())});
    const icu::UnicodeString folded = fold->normalize(text, code);
    if (U_FAILURE(code)) return std::string(local);
    std::string out;
    folded.toUTF8String(out);
    return out;
}

std::string lookup_key(const Address& address) { return fold_local(address.local) + '@' + address.domain; }

std::optional<Address> without_detail(const Address& address) {
    const std::size_t plus = address.local.find('+');
    if (plus == std::string::npos || plus == 0) return std::nullopt;
    return Address{address.local.substr(0, plus), address.domain};
}

bool is_postmaster(std::string_view local) {
    constexpr std::string_view name = "postmaster";
    return local.size() == name.size() &&
           std::ranges::equal(local, name, [](char a, char b) { return base::to_lower(a) == b; });
}

bool is_office_name(std::string_view name) {
    return !name.empty() && name.size() <= AddressLimits::name_bytes_max &&
           std::ranges::all_of(name, label_octet);
}

bool is_node_name(std::string_view name) {
    return name.size() <= AddressLimits::name_bytes_max && std::ranges::all_of(name, [](char c) {
               const char low = base::to_lower(c);
               return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                      c == '.';
           });
}

bool is_mailbox_name(std::string_view name) {
    return name.size() <= AddressLimits::name_bytes_max && dot_atom(name) && base::is_utf8(name) &&
           fold_local(name) == name;
}

std::string canonical_address(std::string_view address) {
    const auto parsed = parse_address(address);
    return parsed ? to_string(*parsed) : std::string();
}

}  // namespace directory

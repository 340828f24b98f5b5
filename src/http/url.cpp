#include "http/url.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"

namespace http {
namespace {

constexpr std::size_t url_bytes_max = 2'048;

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (code != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

bool host_letters(std::string_view host, bool v6) {
    return !host.empty() && std::ranges::all_of(host, [v6](char c) {
        const char low = base::to_lower(c);
        const bool letter = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '.';
        return letter || (v6 ? low == ':' : low == '-' || low == '_');
    });
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
    const bool printable =
        std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '\\' && c != '#'; });
    if (text.size() > url_bytes_max || !printable) return std::nullopt;
    Url out;
    constexpr std::string_view secure = "https://", plain = "http://";
    out.tls = base::equals_nocase(text.substr(0, secure.size()), secure);
    if (!out.tls && !base::equals_nocase(text.substr(0, plain.size()), plain)) return std::nullopt;
    out.port = out.tls ? 443 : 80;
    text.remove_prefix(out.tls ? secure.size() : plain.size());
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, end);
    out.target = text.substr(end);
    if (!out.target.starts_with('/')) out.target.insert(out.target.begin(), '/');
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    const bool v6 = authority.starts_with('[');
    const std::size_t host_end = v6 ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (host_end == std::string_view::npos) return std::nullopt;
    const std::string_view host = authority.substr(v6 ? 1 : 0, host_end - (v6 ? 1 : 0));
    authority.remove_prefix(host_end + (v6 ? 1 : 0));
    if (!host_letters(host, v6)) return std::nullopt;
    out.host = base::lowered(host);
    if (authority.empty()) return out;
    if (authority.front() != ':') return std::nullopt;
    const auto port = port_of(authority.substr(1));
    if (!port) return std::nullopt;
    out.port = *port;
    return out;
}

std::string Url::authority() const {
    std::string out = host.find(':') == std::string::npos ? host : '[' + host + ']';
    if (port != (tls ? 443 : 80)) out += ':' + std::to_string(port);
    return out;
}

}  // namespace http

#include "relay/dialogue/dialogue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace relay {
namespace {

constexpr std::size_t logged_bytes_max = 200;

/// xtext = *( xchar / hexchar )                              RFC 3461 section 4
std::string xtext(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c > 0x20 && c < 0x7F && c != '+' && c != '=') {
            out += c;
        } else {
            out += fmt::format("+{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace

Next Dialogue::line(std::string_view line) {
    if (++lines_ > Limits::lines_max) return unavailable("it talks without end");
    return take(line);
}

Next Dialogue::fail(Failure::Kind kind, std::string why, std::string code) {
    failure_ = Failure{kind, std::move(why), std::move(code)};
    Next out;
    out.kind = Next::Kind::failed;
    return out;
}

std::string plain_message(const Facts& facts) {
    // RFC 4616 section 2. A user who proves himself acts as himself.
    const bool master = !facts.authenticated.empty();
    base::Secret message(fmt::format("{}{}{}{}{}", master ? facts.user : std::string(), '\0',
                                     master ? facts.authenticated : facts.user, '\0',
                                     facts.password.reveal()));
    return base::base64_encode(message.reveal());
}

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        if (base::equals_nocase(list.substr(0, end), word)) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

std::string xclient_attributes(const Facts& facts, std::string_view offered) {
    std::string out;
    const auto add = [&](std::string_view name, const std::string& value) {
        if (value.empty() || !has_word(offered, name)) return;
        out += fmt::format(" {}={}", name, xtext(value));
    };
    const bool v6 = facts.address.find(':') != std::string::npos;
    add("ADDR", v6 ? "IPV6:" + facts.address : facts.address);
    add("PORT", facts.port == 0 ? std::string() : std::to_string(facts.port));
    add("HELO", facts.client_name);
    add("SESSION", facts.session);
    add("TTL", std::to_string(facts.hops));
    return out;
}

std::string quoted_for_log(std::string_view text) {
    std::string out(text.substr(0, logged_bytes_max));
    std::ranges::replace_if(out, [](char c) { return c < 0x20 || c >= 0x7F; }, '?');
    return out;
}

}  // namespace relay

// The grammar of RFC 8601 section 2.2, read strictly; and what forged fields look like.
#include <algorithm>

#include "mailauth/auth_results.hpp"
#include "mailauth/domain.hpp"
#include "mailauth/message.hpp"
#include "text.hpp"

namespace mailauth {

namespace {

constexpr unsigned comment_depth_max = 8;
constexpr std::size_t methods_max = 100;
constexpr std::size_t properties_max = 100;

class ResultsReader {
public:
    explicit ResultsReader(std::string_view text) : text_(text) {}

    std::string read(AuthResults& results) {
        skip();
        if (!value(results.authserv_id)) return "no authserv-id";
        skip();
        if (is_digit()) (void)token();  // authres-version
        skip();
        while (take(';')) {
            skip();
            if (at_end()) return good_ ? "" : "a broken comment";  // a ";" at the end: common, and harmless
            if (std::string fault = method(results); !fault.empty()) return fault;
            skip();
        }
        if (!at_end() || !good_) return "something behind the results";
        return {};
    }

private:
    bool at_end() const { return at_ >= text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    bool is_digit() const { return peek() >= '0' && peek() <= '9'; }
    bool take(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    /// CFWS
    void skip() {
        while (!at_end()) {
            const char c = text_[at_];
            if (c == '(')
                skip_comment();
            else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
                ++at_;
            else
                return;
        }
    }
    void skip_comment() {
        unsigned depth = 0;
        while (!at_end()) {
            const char c = text_[at_++];
            if (c == '\\')
                ++at_;
            else if (c == '(' && ++depth > comment_depth_max)
                break;
            else if (c == ')' && --depth == 0)
                return;
        }
        good_ = false;
        at_ = text_.size();
    }

    std::string token(std::string_view more = {}) {
        const std::size_t begin = at_;
        while (!at_end() && (is_token(text_.substr(at_, 1)) || static_cast<unsigned char>(peek()) > 127 ||
                             more.find(peek()) != std::string_view::npos)) {
            ++at_;
        }
        return std::string(text_.substr(begin, at_ - begin));
    }
    /// Letters, digits and hyphens, in lower case.
    std::string keyword() {
        const std::size_t begin = at_;
        while (!at_end() && ((lower(peek()) >= 'a' && lower(peek()) <= 'z') || is_digit() || peek() == '-' ||
                             peek() == '_')) {
            ++at_;
        }
        return lower(text_.substr(begin, at_ - begin));
    }

    /// value = token / quoted-string; \p address: "@" too, and a quoted local part before it.
    bool value(std::string& out, bool address = false) {
        if (peek() == '"') {
            if (!quoted_string(out)) return false;
            if (address && peek() == '@') out += token("@");
            return true;
        }
        out = token(address ? "@/:="
                            : "");  // "/", ":" and "=" unquoted are wrong, and common in header.b and IPv6
        return !out.empty();
    }
    bool quoted_string(std::string& out) {
        ++at_;
        while (!at_end()) {
            const char c = text_[at_++];
            if (c == '"') return true;
            if (c == '\\' && at_end()) return false;
            out += c == '\\' ? text_[at_++] : c;
        }
        return false;
    }

    std::string method(AuthResults& results) {
        AuthMethod read;
        read.method = keyword();
        skip();
        if (take('/')) {
            skip();
            (void)token();  // its version
            skip();
        }
        if (read.method == "none" && results.methods.empty() && at_end()) return {};
        if (read.method.empty() || !take('=')) return "no method";
        skip();
        read.result = keyword();
        if (read.result.empty()) return "a method without a result";
        skip();
        while (!at_end() && peek() != ';') {
            if (std::string fault = property(read); !fault.empty()) return fault;
            skip();
        }
        if (results.methods.size() == methods_max) return "too many methods";
        results.methods.push_back(std::move(read));
        return {};
    }

    std::string property(AuthMethod& method) {
        AuthProperty read;
        read.type = keyword();
        skip();
        const bool dotted = take('.');
        skip();
        if (dotted) {
            read.name = keyword();
            skip();
        }
        if (read.type.empty() || (dotted && read.name.empty()) || !take('=')) return "a broken property";
        skip();
        if (!value(read.value, dotted)) return "a property without a value";
        if (!dotted) {
            if (read.type == "reason") method.reason = std::move(read.value);
            return {};  // "action=" and the like of others
        }
        if (method.properties.size() == properties_max) return "too many properties";
        method.properties.push_back(std::move(read));
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool good_ = true;
};

bool same_id(std::string_view a, std::string_view b) {
    if (same_text(a, b)) return true;
    const std::string ascii = to_ascii_domain(a);
    return !ascii.empty() && ascii == to_ascii_domain(b);
}

bool names_one_of(std::string_view text, const std::vector<std::string>& ids) {
    const std::string low = lower(text);
    return std::any_of(ids.begin(), ids.end(),
                       [&](const std::string& id) { return low.find(lower(id)) != std::string::npos; });
}

bool is_forged_result(std::string_view value, const std::vector<std::string>& own_ids) {
    const AuthResults results = parse_auth_results(value);
    if (!results.fault.empty()) return names_one_of(value, own_ids);
    return std::any_of(own_ids.begin(), own_ids.end(),
                       [&](const std::string& id) { return same_id(results.authserv_id, id); });
}

bool is_forged_spf(std::string_view value, const std::vector<std::string>& own_ids) {
    return lower(value).find("receiver=") == std::string::npos || names_one_of(value, own_ids);
}

}  // namespace

AuthResults parse_auth_results(std::string_view value) {
    AuthResults results;
    std::string fault = ResultsReader(value).read(results);
    if (!fault.empty()) results = AuthResults();
    results.fault = std::move(fault);
    return results;
}

std::string without_forged_results(std::string_view header, const std::vector<std::string>& own_ids) {
    std::string out;
    out.reserve(header.size());
    std::size_t at = 0;
    for (const HeaderField& field : split_header(header)) {
        const bool results = same_text(field.name, "Authentication-Results");
        const bool spf = same_text(field.name, "Received-SPF");
        if (!(results && is_forged_result(field.value(), own_ids)) &&
            !(spf && is_forged_spf(field.value(), own_ids))) {
            continue;
        }
        const auto begin = static_cast<std::size_t>(field.octets.data() - header.data());
        out += header.substr(at, begin - at);
        at = begin + field.octets.size();
    }
    return out += header.substr(at);
}

}  // namespace mailauth

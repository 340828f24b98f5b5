#include <algorithm>

#include "mailauth/auth_results.hpp"
#include "mailauth/domain.hpp"
#include "text.hpp"

namespace mailauth {

namespace {

/// pvalue of RFC 8601 section 2.2: a token, an address with a plain local part, or a quoted string.
std::string property_value(const std::string& value) {
    const std::size_t at = value.find('@');
    if (at != std::string::npos && (at == 0 || is_token(value.substr(0, at))) &&
        is_token(value.substr(at + 1))) {
        return value;
    }
    return token_or_quoted(value);
}

void add(AuthMethod& method, std::string_view type, std::string_view name, const std::string& value) {
    if (!value.empty()) method.properties.push_back({std::string(type), std::string(name), value});
}

/// A word that may stand before "=": what a caller makes up must not break the field either.
std::string keyword(std::string_view word) {
    std::string out;
    for (const char c : word) {
        const bool plain = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-';
        out += plain ? c : '-';
    }
    return out.empty() ? "-" : out;
}

void write_value(Folder& field, const AuthResults& results) {
    field.word(token_or_quoted(results.authserv_id) + ";");
    if (results.methods.empty()) field.word("none");
    for (std::size_t i = 0; i < results.methods.size(); ++i) {
        const AuthMethod& method = results.methods[i];
        const std::string_view end = i + 1 < results.methods.size() ? ";" : "";
        std::vector<std::string> words{keyword(method.method) + "=" + keyword(method.result)};
        if (!method.reason.empty()) words.push_back("reason=" + quoted(method.reason));
        for (const AuthProperty& property : method.properties) {
            words.push_back(keyword(property.type) + "." + keyword(property.name) + "=" +
                            property_value(property.value));
        }
        words.back() += end;
        field.new_line();
        for (const std::string& word : words) field.word(word);
    }
}

}  // namespace

AuthMethod auth_method(const SpfRequest& request, const SpfResult& result) {
    AuthMethod method{"spf", std::string(name_of(result.status)), result.problem, {}};
    const bool helo = result.identity == SpfIdentity::helo || request.mail_from.empty();
    if (helo)
        add(method, "smtp", "helo", request.helo);
    else
        add(method, "smtp", "mailfrom", request.mail_from);
    return method;
}

AuthMethod auth_method(const DkimResult& result) {
    AuthMethod method{"dkim", std::string(name_of(result.status)), result.reason, {}};
    add(method, "header", "d", result.domain);
    add(method, "header", "i", result.identity);
    add(method, "header", "s", result.selector);
    add(method, "header", "a", result.algorithm);
    add(method, "header", "b", result.signature.substr(0, 8));
    return method;
}

AuthMethod auth_method(const DmarcResult& result) {
    AuthMethod method{"dmarc", std::string(name_of(result.status)), result.reason, {}};
    add(method, "header", "from", result.author_domain);
    if (!result.policy_domain.empty()) add(method, "policy", "dmarc", std::string(name_of(result.policy)));
    return method;
}

AuthMethod auth_method(const ArcResult& result) {
    AuthMethod method{"arc", std::string(name_of(result.status)), result.reason, {}};
    if (result.status == ArcStatus::pass) {  // RFC 8617 section 10.2
        add(method, "header", "oldest-pass", std::to_string(result.oldest_pass));
    }
    return method;
}

AuthResults auth_results(std::string_view authserv_id, const SpfRequest& request, const SpfResult& spf,
                         const std::vector<DkimResult>& dkim, const DmarcResult& dmarc) {
    AuthResults results;
    results.authserv_id = authserv_id;
    results.methods.push_back(auth_method(request, spf));
    for (const DkimResult& one : dkim) results.methods.push_back(auth_method(one));
    if (dkim.empty()) results.methods.push_back({"dkim", "none", "", {}});
    results.methods.push_back(auth_method(dmarc));
    return results;
}

std::string write_auth_results(const AuthResults& results) {
    Folder field("Authentication-Results");
    write_value(field, results);
    return field.take();
}

std::string write_auth_results_value(const AuthResults& results) {
    Folder field("");
    write_value(field, results);
    std::string text = field.take();
    return text.substr(1, text.size() - 3);  // without the colon of no name, and without the last line end
}

}  // namespace mailauth

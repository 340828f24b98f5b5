// Authentication-Results (RFC 8601): written, read, and taken off when others claim to be us.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/arc.hpp"
#include "mailauth/dkim.hpp"
#include "mailauth/dmarc.hpp"
#include "mailauth/spf.hpp"

namespace mailauth {

struct AuthProperty {
    std::string type;  ///< smtp, header, body, policy, dns
    std::string name;
    std::string value;
    bool operator==(const AuthProperty&) const = default;
};

struct AuthMethod {
    std::string method;
    std::string result;
    std::string reason;
    std::vector<AuthProperty> properties;
    bool operator==(const AuthMethod&) const = default;
};

struct AuthResults {
    std::string authserv_id;
    std::vector<AuthMethod> methods;  ///< empty: "none", nothing was tried
    std::string fault;                ///< of reading; not empty: the rest is void
    bool operator==(const AuthResults&) const = default;
};

AuthMethod auth_method(const SpfRequest& request, const SpfResult& result);
AuthMethod auth_method(const DkimResult& result);
AuthMethod auth_method(const DmarcResult& result);
AuthMethod auth_method(const ArcResult& result);
/// What one message got: SPF, each signature ("dkim=none" without), DMARC, and ARC when there is a chain.
AuthResults auth_results(std::string_view authserv_id, const SpfRequest& request, const SpfResult& spf,
                         const std::vector<DkimResult>& dkim, const DmarcResult& dmarc);

/// The whole field with its line end. Whatever the values hold, it stays one field.
std::string write_auth_results(const AuthResults& results);
/// The same without the field's name and the last line end, for ARC-Authentication-Results.
std::string write_auth_results_value(const AuthResults& results);
/// What stands behind the colon.
AuthResults parse_auth_results(std::string_view value);

/// RFC 8601 section 5: the header without the Authentication-Results fields that one of \p own_ids could be
/// taken to have written, and without the Received-SPF fields that name it, or nobody, as receiver. Fields
/// that cannot be read go as well when our name stands in them.
std::string without_forged_results(std::string_view header, const std::vector<std::string>& own_ids);

}  // namespace mailauth

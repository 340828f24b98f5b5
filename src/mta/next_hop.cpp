#include <string>

#include "mta/connector.hpp"

namespace mta {

std::string NextHop::key() const {
    std::string out;
    switch (kind) {
        case Kind::mx:
            out = "mx:";
            break;
        case Kind::host:
            out = "host:";
            break;
        case Kind::post_office:
            return "post-office:" + name;
        case Kind::reports:
            return "reports:" + name;
    }
    out += name;
    if (port != 25) out += ":" + std::to_string(port);
    if (implicit_tls) out += " implicit-tls";
    switch (tls) {
        case TlsPolicy::opportunistic:
            break;
        case TlsPolicy::never:
            out += " no-tls";
            break;
        case TlsPolicy::encrypted:
            out += " encrypted";
            break;
        case TlsPolicy::verified:
            out += " verified";
            break;
    }
    if (!certificate_name.empty()) out += " certificate=" + certificate_name;
    if (credentials) out += " user=" + credentials->user;
    if (families == IpFamilies::ipv4_only) out += " ipv4";
    if (families == IpFamilies::ipv6_only) out += " ipv6";
    for (const auto& [label, value] : {std::pair{" from=", &source_ipv4}, std::pair{" from6=", &source_ipv6},
                                       std::pair{" helo=", &helo_ipv4}, std::pair{" helo6=", &helo_ipv6}}) {
        if (!value->empty()) out += label + *value;
    }
    return out;
}

std::shared_ptr<const NextHop> reports_hop() {
    static const auto hop = [] {
        auto made = std::make_shared<NextHop>();
        made->kind = NextHop::Kind::reports;
        return std::shared_ptr<const NextHop>(std::move(made));
    }();
    return hop;
}

std::string TlsFacts::text() const {
    if (!used) return {};
    std::string out = version + " " + cipher;
    switch (trust) {
        case Trust::none:
            break;
        case Trust::certificate:
            out += ", certificate verified";
            break;
        case Trust::mta_sts:
            out += ", by MTA-STS";
            break;
        case Trust::dane:
            out += ", by DANE";
            break;
    }
    return out;
}

}  // namespace mta

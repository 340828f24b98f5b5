// Settings of HTTP and of host names: each [[certificate]], and each [[discovery]], what clients of some
// domains are told.
#include <array>

#include "config/key_tables.hpp"

namespace config {
namespace {

constexpr std::int64_t port_max = 65'535;

/// A port that clients are told instead of the listener's.
constexpr Key port(std::string_view name, std::string_view doc, void (*set)(Discovery&, const Value&)) {
    return Key{.name = name,
               .type = Type::count,
               .initial = "0",
               .bounds = {0, port_max, {}},
               .doc = doc,
               .set_discovery = set};
}

const std::array table{
    Key{.name = "http.metrics_from",
        .type = Type::list,
        .initial = "",
        .bounds = {},
        .doc = "Networks that may read /metrics on HTTP listeners (\"127.0.0.0/8\"), figures for Prometheus "
               "and its "
               "kin; empty: it is not served. Behind a proxy without its PROXY header all clients have its "
               "address.",
        .set = [](Config& c, const Value& v) { c.http.metrics_from = v.list; }},
    Key{.name = "certificate.file",
        .type = Type::path,
        .initial = "",
        .bounds = {},
        .doc =
            "A certificate more, for other names than the listener's own has: a PEM file as tls.certificate. "
            "All listeners with TLS have it; who asks for none of the names gets the listener's own.",
        .required = true,
        .set_certificate = [](ServerCertificate& c, const Value& v) { c.file = v.text; }},
    Key{.name = "certificate.key",
        .type = Type::path,
        .initial = "",
        .bounds = {},
        .doc = "Its private key: a PEM file.",
        .required = true,
        .set_certificate = [](ServerCertificate& c, const Value& v) { c.key = v.text; }},
    Key{.name = "certificate.names",
        .type = Type::list,
        .initial = "",
        .bounds = {},
        .doc =
            "Names that it is for (SNI), \"*.example.org\" for all of one level; empty: those that it has.",
        .set_certificate = [](ServerCertificate& c, const Value& v) { c.names = v.list; }},

    Key{.name = "discovery.domains",
        .type = Type::list,
        .initial = "",
        .bounds = {},
        .doc = "Of whose clients the table is: mail domains; \"*\" are those that no other table names.",
        .required = true,
        .set_discovery = [](Discovery& d, const Value& v) { d.domains = v.list; }},
    Key{.name = "discovery.name",
        .type = Type::text,
        .initial = "",
        .bounds = {},
        .doc = "Whose mail it is, as a client shows it; empty: the domain.",
        .set_discovery = [](Discovery& d, const Value& v) { d.name = v.text; }},
    Key{.name = "discovery.host",
        .type = Type::text,
        .initial = "",
        .bounds = {},
        .doc = "The server's name for these clients; empty: hostname. Its certificate must have it.",
        .set_discovery = [](Discovery& d, const Value& v) { d.host = v.text; }},
    Key{.name = "discovery.web_host",
        .type = Type::text,
        .initial = "",
        .bounds = {},
        .doc = "The same for ActiveSync, autodiscover and profiles; empty: discovery.host.",
        .set_discovery = [](Discovery& d, const Value& v) { d.web_host = v.text; }},
    Key{.name = "discovery.hide",
        .type = Type::list,
        .initial = "",
        .bounds = {},
        .doc = "Services that these clients are not told of: imap, pop3, submission, activesync.",
        .set_discovery = [](Discovery& d, const Value& v) { d.hide = v.list; }},
    port("discovery.imap_port", "IMAP with STARTTLS; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.imap_port = u16(v); }),
    port("discovery.imaps_port", "IMAP by implicit TLS; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.imaps_port = u16(v); }),
    port("discovery.pop3_port", "POP3 with STARTTLS; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.pop3_port = u16(v); }),
    port("discovery.pop3s_port", "POP3 by implicit TLS; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.pop3s_port = u16(v); }),
    port("discovery.submission_port", "Submission with STARTTLS; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.submission_port = u16(v); }),
    port("discovery.submissions_port", "Submission by implicit TLS; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.submissions_port = u16(v); }),
    port("discovery.https_port", "ActiveSync, autodiscover and profiles; 0: the listener's port.",
         [](Discovery& d, const Value& v) { d.https_port = u16(v); }),
};

}  // namespace

std::span<const Key> host_keys() { return table; }

}  // namespace config

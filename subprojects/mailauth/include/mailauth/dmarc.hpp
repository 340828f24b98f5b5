// DMARC (RFC 9989): whose policy it is, found by the DNS tree walk, and whether SPF or DKIM speaks for From.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/dkim.hpp"
#include "mailauth/evaluation.hpp"
#include "mailauth/spf.hpp"

namespace mailauth {

enum class DmarcPolicy : std::uint8_t { none, quarantine, reject };
std::string_view name_of(DmarcPolicy policy);
enum class DmarcStatus : std::uint8_t { none, pass, fail, temperror, permerror };
std::string_view name_of(DmarcStatus status);

/// A policy record, RFC 9989 section 4.7.
struct DmarcRecord {
    DmarcPolicy policy = DmarcPolicy::none;
    DmarcPolicy subdomain_policy = DmarcPolicy::none;    ///< sp=, or p=
    DmarcPolicy nonexistent_policy = DmarcPolicy::none;  ///< np=, or sp=, or p=
    bool strict_dkim = false;                            ///< adkim=s
    bool strict_spf = false;                             ///< aspf=s
    bool testing = false;                                ///< t=y: one step less than the policy says
    enum class Psd : std::uint8_t { unknown, yes, no } psd = Psd::unknown;
    std::string failure_options = "0";              ///< fo=
    std::vector<std::string> aggregate_reports_to;  ///< rua=, URIs
    std::vector<std::string> failure_reports_to;    ///< ruf=
    std::string text;                               ///< as it stands in DNS
    std::string fault;                              ///< not empty: this is no policy record
};
DmarcRecord parse_dmarc_record(std::string_view text);

/// Who a message says that it is from.
struct AuthorDomains {
    std::vector<std::string> domains;  ///< A-labels, each once
    std::string fault;  ///< not empty: no From, several, or one that cannot be read: no verdict may be "pass"
};
AuthorDomains author_domains(std::string_view header);

struct DmarcLimits {
    std::size_t labels_max = 8;  ///< section 4.10: longer names are cut to 7 labels after the first step
    std::size_t author_domains_max = 5;  ///< of one From; more is permerror
    std::size_t identifiers_max = 10;    ///< DKIM domains whose tree is walked
    std::size_t uris_max = 20;           ///< of one record
};

struct DmarcRequest {
    AuthorDomains author;
    SpfResult spf;                 ///< of MAIL FROM, or of HELO when that is empty
    std::vector<DkimResult> dkim;  ///< all of them; only what passed whole counts
};

/// How one identifier fares.
struct DmarcIdentifier {
    std::string domain;
    bool aligned = false;
};

struct DmarcResult {
    DmarcStatus status = DmarcStatus::none;
    DmarcPolicy policy =
        DmarcPolicy::none;  ///< what the owner asks for when it is not pass; t= is counted in
    std::string author_domain;
    std::string policy_domain;  ///< where the record was found; empty: nowhere
    std::string organizational_domain;
    DmarcRecord record;
    bool spf_aligned = false;               ///< and passed
    bool dkim_aligned = false;              ///< one that passed
    std::vector<std::string> aligned_dkim;  ///< their d=
    bool nonexistent = false;               ///< the author domain is not in DNS: np= was used
    std::string reason;                     ///< why not pass
};

/// Several author domains: each is judged, the worst verdict counts (section 4.5 leaves it to us, and says
/// that such mail is seldom wanted).
Evaluation<DmarcResult> check_dmarc(DmarcRequest request, DmarcLimits limits = {});

/// The organizational domain of a name, by the tree walk.
Evaluation<std::string> find_organizational_domain(std::string domain, DmarcLimits limits = {});

/// RFC 9990 section 4: may reports about \p policy_domain be sent to \p destination? True within one
/// organizational domain, else when the destination's domain has a record that says so.
Evaluation<bool> may_report_to(std::string policy_domain, std::string destination_uri,
                               DmarcLimits limits = {});

}  // namespace mailauth

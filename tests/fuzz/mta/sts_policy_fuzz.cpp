// Policies and records of MTA-STS and TLS reporting, as strangers publish them.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mta/smtp_out/mta_sts.hpp"
#include "mta/smtp_out/syntax/commands.hpp"
#include "mta/smtp_out/tls_reports.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mta::smtp_out;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto policy = read_sts_policy(text)) {
        if (policy->mode == StsPolicy::Mode::enforce && policy->mx.empty()) std::abort();
        if (policy->max_age > StsLimits::age_max) std::abort();
        for (const std::string& pattern : policy->mx) {
            const bool wildcard = pattern.starts_with("*.");
            if (!policy->allows(wildcard ? "a" + pattern.substr(1) : pattern)) std::abort();
            if (wildcard && policy->allows("evil.a" + pattern.substr(1)) && policy->mx.size() == 1)
                std::abort();
        }
    }
    if (read_sts_record(text).size() > 32) std::abort();
    const ReportAddresses addresses = read_tls_report_record(text);
    if (addresses.mail.size() + addresses.https.size() > ReportAddresses::most) std::abort();
    for (const std::string& address : addresses.mail)
        if (!safe_address(address)) std::abort();
    return 0;
}

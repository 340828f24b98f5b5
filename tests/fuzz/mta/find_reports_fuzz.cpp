// Mails with reports, as strangers send them: bounded whatever they hold, and the same answer for the same
// octets.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mta/reports/received.hpp"
#include "mta/reports/report_mail.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mta::reports;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    ReceivedLimits limits;
    limits.xml_bytes_max = limits.json_bytes_max = 256U << 10;
    const FoundReports found = find_reports(text, limits);
    if (found.reports.size() > limits.reports_of_mail_max) std::abort();
    if (found.reports.empty() && found.fault.empty()) std::abort();
    for (const ReceivedReport& one : found.reports) {
        if (one.domain.empty() || one.organization.size() > limits.text_bytes_max) std::abort();
        if (one.details.size() > std::max(limits.sources_max, limits.failures_max)) std::abort();
    }
    if (const auto destination = parse_destination(text))
        if (destination->address.find_first_of("\r\n ") != std::string::npos) std::abort();
    return 0;
}

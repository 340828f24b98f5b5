// Reports as XML, gzip or zip; what could be read is written and read back as the same.
#include "mailauth/report.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    mailauth::ReportLimits limits;
    limits.xml_octets_max = 1 << 20;
    const mailauth::ReadReport read = mailauth::read_aggregate_report(octets, limits);
    if (!read.fault.empty()) return;
    limits.xml_octets_max = 64 << 20;
    limits.text_octets_max *= 8;
    const std::string xml = mailauth::write_aggregate_report(read.report);
    must(mailauth::read_aggregate_report(xml, limits).fault.empty());
}

#include "mta/reports/report_mail.hpp"

#include <charconv>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/percent.hpp"
#include "mta/dsn/text.hpp"
#include "mta/smtp_out/syntax/commands.hpp"

namespace mta::reports {
namespace {

constexpr std::size_t encoded_line = 76;

}  // namespace

std::optional<Destination> parse_destination(std::string_view uri) {
    constexpr std::string_view scheme = "mailto:";
    if (uri.size() <= scheme.size() || !base::equals_nocase(uri.substr(0, scheme.size()), scheme))
        return std::nullopt;
    uri.remove_prefix(scheme.size());
    Destination out;
    if (const std::size_t mark = uri.rfind('!'); mark != std::string_view::npos) {
        const std::string_view size = uri.substr(mark + 1);
        std::uint64_t number = 0;
        const auto [end, failed] = std::from_chars(size.data(), size.data() + size.size(), number);
        const std::string_view unit = size.substr(static_cast<std::size_t>(end - size.data()));
        constexpr std::string_view units = "kmgt";
        const std::size_t place = unit.empty() ? 0 : units.find(base::lowered(unit));
        if (failed != std::errc() || unit.size() > 1 || place == std::string_view::npos ||
            number >= (1ULL << 20))
            return std::nullopt;
        out.bytes_max = number << (unit.empty() ? 0 : 10 * (place + 1));
        uri = uri.substr(0, mark);
    }
    auto address = base::percent_decoded(uri.substr(0, uri.find('?')));
    if (!address) return std::nullopt;
    out.address = std::move(*address);
    const std::size_t at = out.address.rfind('@');
    // Quotes are for what no address for reports needs, and in a domain they are never right.
    if (at == std::string::npos || at == 0 || at + 1 == out.address.size() ||
        out.address.find('"') != std::string::npos || !smtp_out::safe_address(out.address))
        return std::nullopt;
    return out;
}

std::string aggregate_mail(const mailauth::AggregateReport& report, std::string_view packed,
                           const std::string& host_name, const std::string& to, base::SystemTime now,
                           base::Random& random) {
    const std::string boundary = "=_" + random.hex(16);
    const std::string name = mailauth::report_file_name(report, host_name);
    std::string out;
    dsn::write_field(out, "Date", dsn::date_text(now), false);
    dsn::write_field(out, "From", "<" + report.email + ">", false);
    dsn::write_field(out, "To", "<" + to + ">", false);
    dsn::write_field(out, "Subject", mailauth::report_subject(report, host_name), false);
    dsn::write_field(out, "Message-ID", "<" + report.report_id + "." + random.hex(4) + "@" + host_name + ">",
                     false);
    dsn::write_field(out, "Auto-Submitted", "auto-generated", false);
    dsn::write_field(out, "MIME-Version", "1.0", false);
    out += "Content-Type: multipart/mixed;\r\n    boundary=\"" + boundary + "\"\r\n\r\n";
    out += "--" + boundary + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
    dsn::write_paragraph(
        out, "",
        "This is a DMARC aggregate report of " + host_name + " about mail from " + report.policy.domain + ".",
        false);
    out += "\r\n--" + boundary + "\r\nContent-Type: application/gzip;\r\n    name=\"" + name + "\"\r\n";
    out += "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n    filename=\"" + name +
           "\"\r\n\r\n";
    const std::string encoded = base::base64_encode(packed);
    for (std::size_t at = 0; at < encoded.size(); at += encoded_line)
        out += encoded.substr(at, encoded_line) + "\r\n";
    out += "--" + boundary + "--\r\n";
    return out;
}

}  // namespace mta::reports

#include <algorithm>
#include <zlib.h>

#include "mailauth/report.hpp"

namespace mailauth {

namespace {

/// The length of the UTF-8 character at the front of \p text; 0 when there is none that XML may hold.
std::size_t character_length(std::string_view text) {
    const auto at = [&text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const unsigned first = at(0);
    if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0U) != 0x80) return 0;
    }
    if (first == 0xe0 && at(1) < 0xa0) return 0;                   // overlong
    if (first == 0xed && at(1) > 0x9f) return 0;                   // surrogates
    if (first == 0xef && at(1) == 0xbf && at(2) > 0xbd) return 0;  // no characters
    if (first == 0xf0 && at(1) < 0x90) return 0;
    if (first == 0xf4 && at(1) > 0x8f) return 0;
    return length;
}

std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 0)
            out += '?';
        else if (text.front() == '&')
            out += "&amp;";
        else if (text.front() == '<')
            out += "&lt;";
        else if (text.front() == '>')
            out += "&gt;";
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

class XmlWriter {
public:
    void open(std::string_view name) { line("<" + std::string(name) + ">", depth_++); }
    void close(std::string_view name) { line("</" + std::string(name) + ">", --depth_); }
    void element(std::string_view name, std::string_view value) {
        line("<" + std::string(name) + ">" + escaped(value) + "</" + std::string(name) + ">", depth_);
    }
    void optional(std::string_view name, std::string_view value) {
        if (!value.empty()) element(name, value);
    }
    void line(std::string_view text, unsigned depth) {
        out_.append(2 * depth, ' ');
        out_ += text;
        out_ += '\n';
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    unsigned depth_ = 0;
};

void write_metadata(XmlWriter& xml, const AggregateReport& report) {
    xml.open("report_metadata");
    xml.element("org_name", report.organization);
    xml.element("email", report.email);
    xml.optional("extra_contact_info", report.contact);
    xml.element("report_id", report.report_id);
    xml.open("date_range");
    xml.element("begin", std::to_string(report.begin.count()));
    xml.element("end", std::to_string(report.end.count()));
    xml.close("date_range");
    for (const std::string& error : report.errors) xml.element("error", error);
    xml.optional("generator", report.generator);
    xml.close("report_metadata");
}

void write_policy(XmlWriter& xml, const ReportPolicy& policy) {
    xml.open("policy_published");
    xml.element("domain", policy.domain);
    xml.optional("discovery_method", policy.discovery_method);
    xml.optional("p", policy.p);
    xml.optional("sp", policy.sp);
    xml.optional("np", policy.np);
    xml.optional("fo", policy.fo);
    xml.optional("adkim", policy.adkim);
    xml.optional("aspf", policy.aspf);
    xml.optional("testing", policy.testing);
    xml.close("policy_published");
}

void write_record(XmlWriter& xml, const ReportRecord& record) {
    xml.open("record");
    xml.open("row");
    xml.element("source_ip", record.source_ip);
    xml.element("count", std::to_string(record.count));
    xml.open("policy_evaluated");
    xml.element("disposition", record.disposition);
    xml.element("dkim", record.dkim);
    xml.element("spf", record.spf);
    for (const ReportReason& reason : record.reasons) {
        xml.open("reason");
        xml.element("type", reason.type);
        xml.optional("comment", reason.comment);
        xml.close("reason");
    }
    xml.close("policy_evaluated");
    xml.close("row");
    xml.open("identifiers");
    xml.element("header_from", record.header_from);
    xml.optional("envelope_from", record.envelope_from);
    xml.optional("envelope_to", record.envelope_to);
    xml.close("identifiers");
    xml.open("auth_results");
    for (const ReportDkim& dkim : record.dkim_results) {
        xml.open("dkim");
        xml.element("domain", dkim.domain);
        xml.element("selector", dkim.selector);
        xml.element("result", dkim.result);
        xml.optional("human_result", dkim.human_result);
        xml.close("dkim");
    }
    for (const ReportSpf& spf : record.spf_results) {
        xml.open("spf");
        xml.element("domain", spf.domain);
        xml.optional("scope", spf.scope);
        xml.element("result", spf.result);
        xml.optional("human_result", spf.human_result);
        xml.close("spf");
    }
    xml.close("auth_results");
    xml.close("record");
}

/// For a file name and a header field: printable ASCII without blanks and "!".
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) out += c > 0x20 && c < 0x7f && c != '!' && c != '/' ? c : '-';
    return out;
}

}  // namespace

std::string write_aggregate_report(const AggregateReport& report) {
    XmlWriter xml;
    xml.line("<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">", 0);
    xml.line("<version>1.0</version>", 1);
    write_metadata(xml, report);
    write_policy(xml, report.policy);
    for (const ReportRecord& record : report.records) write_record(xml, record);
    xml.line("</feedback>", 0);
    return xml.take();
}

std::string gzip(std::string_view octets) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string out;
    char piece[16 * 1024];
    int code = Z_OK;
    while (code != Z_STREAM_END) {
        if (stream.avail_in == 0 && !octets.empty()) {
            const std::size_t take = std::min<std::size_t>(octets.size(), 1U << 30U);
            stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
            stream.avail_in = static_cast<uInt>(take);
            octets.remove_prefix(take);
        }
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        code = deflate(&stream, octets.empty() ? Z_FINISH : Z_NO_FLUSH);
        out.append(piece, sizeof piece - stream.avail_out);
    }
    deflateEnd(&stream);
    return out;
}

std::string report_file_name(const AggregateReport& report, std::string_view receiver) {
    return plain(receiver) + "!" + plain(report.policy.domain) + "!" + std::to_string(report.begin.count()) +
           "!" + std::to_string(report.end.count()) + "!" + plain(report.report_id) + ".xml.gz";
}

std::string report_subject(const AggregateReport& report, std::string_view receiver) {
    return "Report Domain: " + plain(report.policy.domain) + " Submitter: " + plain(receiver) +
           " Report-ID: <" + plain(report.report_id) + ">";
}

}  // namespace mailauth

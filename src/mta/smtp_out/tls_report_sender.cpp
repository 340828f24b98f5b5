#include "mta/smtp_out/tls_report_sender.hpp"

#include <zlib.h>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "mta/dsn/text.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;

std::string gzipped(std::string_view octets) {
    z_stream stream{};
    constexpr int gzip_window = 15 + 16;
    if (::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string out(::deflateBound(&stream, static_cast<uLong>(octets.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(octets.data()));
    stream.avail_in = static_cast<uInt>(octets.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(done ? stream.total_out : 0);
    ::deflateEnd(&stream);
    return out;
}

std::string tls_report_mail(const TlsReport& report, const std::string& from, const std::string& to,
                            base::SystemTime now, base::Random& random) {
    const std::string submitter = from.substr(from.rfind('@') + 1);
    const std::string boundary = "=_" + random.hex(16);
    const std::string name = report.filename + ".json.gz";
    std::string out;
    dsn::write_field(out, "Date", dsn::date_text(now), false);
    dsn::write_field(out, "From", "<" + from + ">", false);
    dsn::write_field(out, "To", "<" + to + ">", false);
    dsn::write_field(
        out, "Subject",
        "Report Domain: " + report.domain + " Submitter: " + submitter + " Report-ID: <" + report.id + ">",
        false);
    dsn::write_field(out, "Message-ID", "<" + report.id + ">", false);
    dsn::write_field(out, "TLS-Report-Domain", report.domain, false);
    dsn::write_field(out, "TLS-Report-Submitter", submitter, false);
    // RFC 8689 section 3: what tells of broken TLS must arrive where TLS is broken.
    dsn::write_field(out, "TLS-Required", "No", false);
    dsn::write_field(out, "Auto-Submitted", "auto-generated", false);
    dsn::write_field(out, "MIME-Version", "1.0", false);
    out += "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n    boundary=\"" + boundary +
           "\"\r\n\r\n";
    out += "--" + boundary + "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
    dsn::write_paragraph(
        out, "",
        "This is an aggregate TLS report from " + submitter + " about mail to " + report.domain + ".", false);
    out += "\r\n--" + boundary + "\r\nContent-Type: application/tlsrpt+gzip\r\n";
    out += "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n    filename=\"" + name +
           "\"\r\n\r\n";
    const std::string encoded = base::base64_encode(gzipped(report.json));
    for (std::size_t at = 0; at < encoded.size(); at += 76) out += encoded.substr(at, 76) + "\r\n";
    out += "--" + boundary + "--\r\n";
    return out;
}

asio::awaitable<bool> TlsReportSender::send(TlsReport report, std::stop_token stop) {
    const std::string domain = report.domain;
    std::string name = "_smtp._tls." + domain;
    const net::DnsAnswer answer = co_await resolver_.query(std::move(name), net::RecordType::txt);
    if (!answer.known()) co_return false;
    ReportAddresses addresses;
    std::size_t records = 0;
    for (const std::string& data : answer.data) {
        const std::string text = net::read_txt(data);
        if (!text.starts_with("v=TLSRPTv1")) continue;
        ++records;
        addresses = read_tls_report_record(text);
    }
    // Section 3: more than one record is as good as none.
    if (records != 1 || (addresses.mail.empty() && addresses.https.empty())) co_return true;
    const base::SystemTime began = clock_.now();
    for (const std::string& target : addresses.https) {
        if (stop.stop_requested() || clock_.now() - began >= https_max) break;
        auto url = http::Url::parse(target);
        if (!url || !url->tls) continue;
        http::Request request;
        request.url = std::move(*url);
        request.body = gzipped(report.json);
        request.content_type = "application/tlsrpt+gzip";
        request.accept = "*/*";
        auto taken = co_await client_.request(std::move(request));
        if (taken && taken->status >= 200 && taken->status < 300) co_return true;
        const std::string why = taken ? "status " + std::to_string(taken->status) : taken.error().what();
        base::log::warn("mta", "TLS report not taken", {{"domain", domain}, {"url", target}, {"why", why}});
    }
    if (mailer_ == nullptr) co_return false;
    for (const std::string& to : addresses.mail) {
        if (stop.stop_requested()) break;
        std::string text = tls_report_mail(report, from_, to, clock_.now(), random_);
        std::string from = from_, recipient = to;
        const bool taken = co_await mailer_->send(std::move(from), std::move(recipient), std::move(text));
        if (taken) co_return true;
    }
    co_return false;
}

}  // namespace mta::smtp_out

#include "mta/dsn/report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "mta/dsn/text.hpp"

namespace mta::dsn {
namespace asio = boost::asio;
namespace {

/// What is returned of the message, ready to stand in the report.
struct Returned {
    std::string text;
    bool whole = false;
    bool eight_bit = false;
    std::string message_id;  // of its header, with its brackets; empty: none that may be repeated
};

/// RFC 3461 section 4.3: RET is about failures; otherwise nobody needs the body again.
bool returns_whole(const Request& request, const Settings& settings) {
    const Envelope& envelope = *request.envelope;
    const bool failed = std::ranges::any_of(request.recipients,
                                            [](const Told& told) { return told.action == Action::failed; });
    return failed && envelope.ret != Ret::headers && envelope.body != Body::binary &&
           !envelope
                .require_tls &&  // RFC 8689 section 5: nothing private in a report that may go in the clear
           request.message->size() <= settings.returned_bytes_max;
}

std::size_t header_end(std::string_view text) {
    if (text.starts_with("\r\n")) return 0;
    const std::size_t crlf = text.find("\r\n\r\n"), lf = text.find("\n\n");
    if (crlf == std::string_view::npos && lf == std::string_view::npos) return text.size();
    return lf < crlf ? lf + 1 : crlf + 2;
}

/// msg-id of the header, where it is one that may stand in ours: RFC 5322 section 3.6.4.
std::string read_message_id(std::string_view header) {
    for (std::size_t at = 0; at < header.size();) {
        const std::size_t end = std::min(header.find('\n', at), header.size());
        std::string_view line = header.substr(at, end - at);
        at = end + 1;
        if (line.size() < 11 || !base::equals_nocase(line.substr(0, 11), "Message-ID:")) continue;
        line.remove_prefix(11);
        const std::size_t open = line.find('<'), close = line.find('>');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
        const std::string_view id = line.substr(open, close - open + 1);
        const bool fine = id.size() <= 250 && id.find('@') != std::string_view::npos &&
                          std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7F; });
        return fine ? std::string(id) : std::string();
    }
    return {};
}

asio::awaitable<Returned> read_returned(const Request* request, const Settings* settings) {
    Returned out;
    if (!request->message) co_return out;
    Message& message = *request->message;
    const bool whole = returns_whole(*request, *settings);
    const auto wanted = static_cast<std::size_t>(
        whole ? message.size() : std::min<std::uint64_t>(message.size(), settings->header_bytes_max));
    auto text = co_await message.read(0, wanted);
    if (!text) co_return out;
    const std::size_t header = header_end(*text);
    out.message_id = read_message_id(std::string_view(*text).substr(0, header));
    bool changed = false;
    if (whole) {
        out.text = clean_lines(*text, &changed);
        // A message with lines that no mail may have is not repeated.
        out.whole = !changed;
    }
    if (!out.whole) out.text = clean_lines(std::string_view(*text).substr(0, header), &changed);
    out.eight_bit = !base::is_ascii(out.text);
    co_return out;
}

std::string_view subject(const Request& request) {
    const auto any = [&](Action action) {
        return std::ranges::any_of(request.recipients,
                                   [action](const Told& told) { return told.action == action; });
    };
    if (any(Action::failed)) return "Undelivered mail";
    if (any(Action::delayed)) return "Delayed mail";
    if (any(Action::relayed)) return "Relayed mail";
    return "Delivered mail";
}

void write_part(std::string& out, const std::string& boundary, std::string_view type, bool eight_bit,
                std::string_view text) {
    out += "--" + boundary + "\r\n";
    out += fmt::format("Content-Type: {}\r\n", type);
    if (eight_bit) out += "Content-Transfer-Encoding: 8bit\r\n";
    out += "\r\n";
    out += text;
    out += "\r\n";
}

void write_header(std::string& out, const Request& request, const Settings& settings,
                  const Returned& returned, base::SystemTime now, base::Random& random) {
    const std::string& host = settings.host_name;
    write_field(out, "Date", date_text(now), false);
    write_field(out, "From", "Mail Delivery System <MAILER-DAEMON@" + host + ">", false);
    write_field(out, "To", "<" + request.envelope->sender + ">", request.envelope->smtputf8);
    write_field(out, "Subject", subject(request), false);
    write_field(out, "Message-ID", "<" + random.hex(12) + ".dsn@" + host + ">", false);
    if (!returned.message_id.empty()) {
        write_field(out, "In-Reply-To", returned.message_id, false);
        write_field(out, "References", returned.message_id, false);
    }
    // RFC 3834 section 5.
    write_field(out, "Auto-Submitted", "auto-replied", false);
    write_field(out, "MIME-Version", "1.0", false);
}

}  // namespace

bool wants(const Envelope& envelope, const Recipient& recipient, Action action, const Settings& settings) {
    if (envelope.sender.empty()) return false;  // RFC 5321 section 4.5.5
    if ((recipient.notify & notify_never) != 0) return false;
    switch (action) {
        case Action::failed:
            return recipient.notify == notify_unset || (recipient.notify & notify_failure) != 0;
        case Action::delayed:
            return recipient.notify == notify_unset ? settings.tell_delays
                                                    : (recipient.notify & notify_delay) != 0;
        case Action::delivered:
        case Action::relayed:
        case Action::expanded:
            break;
    }
    return (recipient.notify & notify_success) != 0;
}

asio::awaitable<std::optional<Report>> make_report(Request request, Settings settings, base::SystemTime now,
                                                   base::Random* random) {
    std::erase_if(request.recipients, [&](const Told& told) {
        return !wants(*request.envelope, told.recipient, told.action, settings);
    });
    if (request.recipients.empty()) co_return std::nullopt;
    const Returned returned = co_await read_returned(&request, &settings);
    const bool utf8 = request.envelope->smtputf8;
    const std::string human = human_text(request, settings, utf8);
    const std::string status = status_text(request, settings, utf8);
    const std::string boundary = "=_" + random->hex(16);

    Report out;
    out.to.address = request.envelope->sender;
    out.to.notify = notify_never;  // of reports nothing is reported
    out.envelope.smtputf8 = utf8;
    out.envelope.require_tls = request.envelope->require_tls;
    out.envelope.arrived = now;
    const bool human_8bit = !base::is_ascii(human), status_8bit = !base::is_ascii(status);
    if (human_8bit || status_8bit || returned.eight_bit) out.envelope.body = Body::eight_bit;

    std::string& text = out.text;
    write_header(text, request, settings, returned, now, *random);
    text += "Content-Type: multipart/report; report-type=delivery-status;\r\n    boundary=\"" + boundary +
            "\"\r\n";
    if (out.envelope.body == Body::eight_bit) text += "Content-Transfer-Encoding: 8bit\r\n";
    text += "\r\n";
    write_part(text, boundary, human_8bit ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii",
               human_8bit, human);
    write_part(text, boundary, utf8 ? "message/global-delivery-status" : "message/delivery-status",
               status_8bit, status);
    if (request.message && !returned.text.empty()) {
        // RFC 6533 section 5: what has UTF-8 in its header is no message/rfc822.
        std::string_view type = utf8 ? "message/global-headers" : "text/rfc822-headers";
        if (returned.whole) type = utf8 ? "message/global" : "message/rfc822";
        write_part(text, boundary, type, returned.eight_bit, returned.text);
    }
    text += "--" + boundary + "--\r\n";
    co_return out;
}

}  // namespace mta::dsn

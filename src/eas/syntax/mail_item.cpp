#include "eas/syntax/mail_item.hpp"

#include <chrono>

#include <fmt/format.h>

#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace email = wbxml::email;
namespace email2 = wbxml::email2;
namespace base_tags = wbxml::airsyncbase;

// MS-ASEMAIL section 2.2.2.79: longer ones are refused by devices that check.
constexpr std::size_t address_list_max = 32'768;

void text_if(wbxml::Encoder& to, wbxml::Tag tag, std::string_view text) {
    if (!text.empty()) to.text(tag, cut_utf8(text, address_list_max));
}

void write_attachment(wbxml::Encoder& to, const ItemAttachment& one) {
    to.open(base_tags::attachment);
    if (!one.name.empty()) to.text(base_tags::display_name, one.name);
    to.text(base_tags::file_reference, one.reference);
    to.number(base_tags::method, one.method);
    to.number(base_tags::estimated_data_size, static_cast<std::int64_t>(one.size));
    if (!one.content_id.empty()) to.text(base_tags::content_id, one.content_id);
    if (!one.content_location.empty()) to.text(base_tags::content_location, one.content_location);
    if (one.is_inline) to.number(base_tags::is_inline, 1);
    to.close();
}

}  // namespace

std::string write_milliseconds(std::int64_t milliseconds) {
    using namespace std::chrono;
    const sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
    const sys_days date = floor<days>(time);
    const year_month_day ymd(date);
    const hh_mm_ss clock(time - date);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(ymd.year()),
                       static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::string write_date(std::int64_t seconds) { return write_milliseconds(seconds * 1'000); }

std::optional<std::int64_t> parse_milliseconds(std::string_view text) {
    const auto seconds = parse_date(text);
    if (!seconds) return std::nullopt;
    std::int64_t out = *seconds * 1'000;
    std::int64_t unit = 100;
    for (std::size_t at = text.find('.'); at < text.size() && ++at < text.size() && unit != 0; unit /= 10) {
        if (text[at] < '0' || text[at] > '9') break;
        out += unit * (text[at] - '0');
    }
    return out;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
    std::string digits;
    for (const char c : text.substr(0, std::min(text.find('.'), text.size()))) {
        if (c >= '0' && c <= '9')
            digits.push_back(c);
        else if (c != '-' && c != ':' && c != 'T' && c != 'Z')
            return std::nullopt;
    }
    if (digits.size() != 14 && digits.size() != 8) return std::nullopt;
    const auto number = [&digits](std::size_t at, std::size_t count) {
        unsigned out = 0;
        for (std::size_t i = at; i < at + count && i < digits.size(); ++i)
            out = out * 10 + static_cast<unsigned>(digits[i] - '0');
        return out;
    };
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(number(0, 4))), month(number(4, 2)), day(number(6, 2))};
    const unsigned hour = number(8, 2), minute = number(10, 2), second = number(12, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const auto at = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
    return at.time_since_epoch() / seconds(1);
}

std::string_view cut_utf8(std::string_view utf8, std::size_t octets_max) {
    if (utf8.size() <= octets_max) return utf8;
    std::size_t end = octets_max;
    while (end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xC0U) == 0x80U) --end;
    return utf8.substr(0, end);
}

std::string_view first_characters(std::string_view utf8, std::size_t count) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        if ((static_cast<unsigned char>(utf8[i]) & 0xC0U) == 0x80U) continue;
        if (seen++ == count) return utf8.substr(0, i);
    }
    return utf8;
}

std::size_t text_octets(const MailItem& item) {
    return (item.body ? item.body->data.size() : 0) + (item.part ? item.part->data.size() : 0);
}

void write_body(wbxml::Encoder& to, const ItemBody& body) {
    to.open(base_tags::body);
    to.number(base_tags::type, static_cast<int>(body.type));
    to.number(base_tags::estimated_data_size, static_cast<std::int64_t>(body.size));
    if (body.truncated) to.number(base_tags::truncated, 1);
    if (body.has_data && !body.part) to.text(base_tags::data, body.data);
    if (!body.preview.empty()) to.text(base_tags::preview, body.preview);
    if (body.part) to.number(wbxml::itemoperations::part, *body.part);
    to.close();
}

void write_body_part(wbxml::Encoder& to, const ItemBody& part) {
    to.open(base_tags::body_part);
    to.number(base_tags::status, part.has_data ? status::ok : status::part_too_large);
    to.number(base_tags::type, static_cast<int>(part.type));
    to.number(base_tags::estimated_data_size, static_cast<std::int64_t>(part.size));
    if (part.truncated) to.number(base_tags::truncated, 1);
    if (part.has_data) to.text(base_tags::data, part.data);
    if (!part.preview.empty()) to.text(base_tags::preview, part.preview);
    to.close();
}

void write_attachments(wbxml::Encoder& to, const std::vector<ItemAttachment>& all) {
    to.open(base_tags::attachments);
    for (const ItemAttachment& one : all) write_attachment(to, one);
    to.close();
}

void write_mail_state(wbxml::Encoder& to, const MailState& state, std::uint16_t version, StateChange what) {
    const bool all = what.other || (!what.read && !what.flag);
    if (all || what.read) to.number(email::read, state.read ? 1 : 0);
    if (all || what.flag) {
        if (state.flag.empty()) {
            to.empty(email::flag);
        } else {
            to.append(state.flag);
        }
    }
    if (version < 140 || !all) return;
    if (state.categories.empty()) {
        to.empty(
            email::categories);  // MS-ASEMAIL section 2.2.2.16: all were removed; absent: none has changed
    } else {
        to.open(email::categories);
        for (const std::string& category : state.categories) to.text(email::category, category);
        to.close();
    }
    if (state.last_verb != 0) {
        to.number(email2::last_verb_executed, state.last_verb);
        to.text(email2::last_verb_execution_time, write_date(state.last_verb_time));
    }
}

void write_mail(wbxml::Encoder& to, const MailItem& item, std::uint16_t version) {
    text_if(to, email::to, item.to);
    text_if(to, email::cc, item.cc);
    text_if(to, email::from, item.from);
    to.text(email::subject, item.subject);
    text_if(to, email::reply_to, item.reply_to);
    to.text(email::date_received, write_date(item.received));
    text_if(to, email::display_to, item.display_to);
    to.text(email::thread_topic, item.thread_topic);
    to.number(email::importance, item.importance);
    if (!item.attachments.empty()) write_attachments(to, item.attachments);
    if (item.body) write_body(to, *item.body);
    if (item.part) write_body_part(to, *item.part);
    to.text(email::message_class, item.message_class);
    to.text(email::internet_cpid, "65001");
    to.text(email::content_class, item.content_class);
    if (!item.meeting.empty()) to.append(item.meeting);
    to.number(base_tags::native_body_type, static_cast<int>(item.native_body));
    write_mail_state(to, item.state, version);
    if (version < 140) return;
    if (!item.conversation_id.empty()) {
        to.opaque(email2::conversation_id, item.conversation_id);
        to.opaque(email2::conversation_index, item.conversation_index);
    }
    text_if(to, email2::sender, item.sender);
    if (version < 160) return;
    if (!item.bcc.empty()) to.text(email2::bcc, cut_utf8(item.bcc, 1'024));
    if (item.is_draft) to.number(email2::is_draft, 1);
}

}  // namespace eas

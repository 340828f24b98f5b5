#include "eas/syntax/meeting_answer.hpp"

#include "eas/syntax/elements.hpp"
#include "eas/syntax/mail_item.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::meetingresponse;
namespace base_tags = wbxml::airsyncbase;

constexpr std::size_t id_octets_max = 256;  // MS-ASCMD section 2.2.3.93.2

void take_reply(wbxml::Element reply, std::uint16_t version, MeetingAnswer& out) {
    out.send_reply = static_cast<bool>(reply);
    const wbxml::Element body = reply.child(base_tags::body);
    if (has_twins(reply) || has_twins(body)) out.response = 0;
    out.text = body.child(base_tags::data).text();
    if (body.child(base_tags::type).number().value_or(1) == 2) out.text_type = BodyType::html;
    if (version < 161) return;
    out.proposed_start = reply.child(tags::proposed_start_time).text();
    out.proposed_end = reply.child(tags::proposed_end_time).text();
}

bool matches(std::string_view text, std::string_view pattern) {
    if (text.size() != pattern.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) return false;
    }
    return true;
}

}  // namespace

bool parse_meeting_answers(wbxml::Element root, std::uint16_t version, std::size_t answers_max,
                           std::vector<MeetingAnswer>& out) {
    for (const wbxml::Element one : root) {
        if (one.tag() != tags::request || out.size() == answers_max) return false;
        MeetingAnswer made;
        made.request_id = one.child(tags::request_id).text();
        made.collection_id = one.child(tags::collection_id).text();
        made.long_id = one.child(wbxml::search::long_id).text();
        if (made.request_id.size() > id_octets_max || made.long_id.size() > id_octets_max) return false;
        const auto response = one.child(tags::user_response).number();
        if (response && *response >= 1 && *response <= 3 && !has_twins(one)) made.response = *response;
        const wbxml::Element instance = one.child(tags::instance_id);
        made.has_instance = static_cast<bool>(instance);
        made.instance = instance.text();
        if (version >= 160) take_reply(one.child(tags::send_response), version, made);
        out.push_back(std::move(made));
    }
    return !out.empty();
}

void write_meeting_result(wbxml::Encoder& to, const MeetingAnswer& request, const MeetingResult& result) {
    to.open(tags::result);
    if (!request.request_id.empty()) to.text(tags::request_id, cut_utf8(request.request_id, 64));
    to.number(tags::status, result.status);
    if (!result.calendar_id.empty()) to.text(tags::calendar_id, result.calendar_id);
    to.close();
}

bool is_instance_text(std::string_view text, std::uint16_t version) {
    return matches(text, "0000-00-00T00:00:00.000Z") || (version >= 160 && matches(text, "00000000T000000Z"));
}

}  // namespace eas

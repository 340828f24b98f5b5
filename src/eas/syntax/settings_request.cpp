#include "eas/syntax/settings_request.hpp"

#include "base/ascii.hpp"
#include "eas/syntax/mail_item.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::settings;

std::optional<OutOfOffice::Reply> parse_reply(wbxml::Element message) {
    OutOfOffice::Reply out;
    const std::string_view enabled = message.child(tags::enabled).text();
    if (enabled != "0" && enabled != "1" && !enabled.empty()) return std::nullopt;
    out.enabled = enabled == "1";
    const std::string_view text = message.child(tags::reply_message).text();
    if (text.size() > oof_text_bytes_max) return std::nullopt;
    const std::string_view type = message.child(tags::body_type).text();
    if (!is_oof_body_type(type)) return std::nullopt;
    out.text = text;
    out.type = base::equals_nocase(type, "HTML") ? "HTML" : "TEXT";
    return out;
}

void write_reply(wbxml::Encoder& to, wbxml::Tag who, const OutOfOffice::Reply& reply, std::string_view type) {
    to.open(tags::oof_message);
    to.empty(who);
    to.number(tags::enabled, reply.enabled ? 1 : 0);
    if (!reply.text.empty()) to.text(tags::reply_message, reply.text);
    to.text(tags::body_type, !reply.type.empty() ? reply.type : type.empty() ? "TEXT" : type);
    to.close();
}

}  // namespace

bool is_oof_body_type(std::string_view type) {
    return type.empty() || base::equals_nocase(type, "TEXT") || base::equals_nocase(type, "HTML");
}

std::optional<OutOfOffice> parse_oof(wbxml::Element set) {
    OutOfOffice out;
    const auto state = set.child(tags::oof_state).number();
    if (!state || *state < 0 || *state > 2) return std::nullopt;
    out.state = static_cast<std::uint8_t>(*state);
    out.start = set.child(tags::start_time).text();
    out.end = set.child(tags::end_time).text();
    if (out.start.empty() != out.end.empty()) return std::nullopt;  // section 2.2.3.172.2: both or none
    if (out.state == 2 && out.start.empty()) return std::nullopt;
    for (const std::string* time : {&out.start, &out.end})
        if (!time->empty() && !parse_date(*time)) return std::nullopt;
    if (out.state == 2 && *parse_date(out.end) <= *parse_date(out.start)) return std::nullopt;
    for (const wbxml::Element message : set) {
        if (message.tag() != tags::oof_message) continue;
        const auto reply = parse_reply(message);
        if (!reply) return std::nullopt;
        if (message.child(tags::applies_to_internal)) {
            out.internal = *reply;
        } else if (message.child(tags::applies_to_external_known)) {
            out.external_known = *reply;
        } else if (message.child(tags::applies_to_external_unknown)) {
            out.external_unknown = *reply;
        } else {
            return std::nullopt;
        }
    }
    return out;
}

void write_oof(wbxml::Encoder& to, const OutOfOffice& oof, std::string_view type) {
    to.open(tags::get);
    to.number(tags::oof_state, oof.state);
    if (!oof.start.empty()) {
        to.text(tags::start_time, write_date(parse_date(oof.start).value_or(0)));
        to.text(tags::end_time, write_date(parse_date(oof.end).value_or(0)));
    }
    write_reply(to, tags::applies_to_internal, oof.internal, type);
    write_reply(to, tags::applies_to_external_known, oof.external_known, type);
    write_reply(to, tags::applies_to_external_unknown, oof.external_unknown, type);
    to.close();
}

}  // namespace eas

#include "eas/items/item.hpp"

#include <algorithm>
#include <array>

#include "eas/mail/message_text.hpp"
#include "mime/decode.hpp"
#include "pim/date_time.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace base_tags = wbxml::airsyncbase;

constexpr std::string_view html_property = "X-ALT-DESC";  // as Outlook writes it
constexpr std::size_t list_max = 300;  // MS-ASCAL section 2.2.2.11, MS-ASCNTC section 2.2.2.19

std::string with_line_ends(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out.push_back('\r');
        out.push_back(text[i]);
    }
    return out;
}

/// What the device prefers: the form that is stored, if it takes it.
BodyPreference preferred(const ItemOptions& options, BodyType native) {
    const auto same = std::ranges::find(options.bodies, native, &BodyPreference::type);
    if (same != options.bodies.end()) return *same;
    for (const BodyPreference& one : options.bodies)
        if (one.type == BodyType::plain || one.type == BodyType::html) return one;
    BodyPreference whole;  // who asks for nothing gets plain text
    whole.type = BodyType::plain;
    return whole;
}

}  // namespace

bool Ghosts::keeps(wbxml::Tag tag) const {
    if (all) return true;
    if (!supported) return false;
    return std::ranges::find(*supported, tag.value()) == supported->end();
}

bool take_body(wbxml::Element data, pim::Component& component, std::string_view property) {
    const wbxml::Element body = data.child(base_tags::body);
    if (!body) return true;  // MS-ASCMD section 2.2.3.24: it stays
    constexpr std::array order{base_tags::type, base_tags::estimated_data_size, base_tags::truncated,
                               base_tags::data, base_tags::preview};
    const wbxml::Element of_type = body.child(base_tags::type);
    if (!stand_in_order(body, order) || (of_type && !of_type.number())) return false;
    const auto type = of_type.number().value_or(1);
    const std::string_view text = body.child(base_tags::data).text();
    if (type != 1 && type != 2) return text.empty();
    // Against MS-ASAIRS section 2.2.2.39.1, which ignores it: a piece must not take the place of the whole.
    if (body.child(base_tags::truncated).text() == "1" && component.find(property) != nullptr) return true;
    component.remove(html_property);
    if (type == 1) {
        component.set_text(property, text);
        return true;
    }
    component.set_text(property, mime::html_to_text(text));
    if (!text.empty())
        component.set_raw(html_property, pim::escape(text)).set_parameter("FMTTYPE", "text/html");
    return true;
}

void write_item_body(wbxml::Encoder& to, const pim::Component& component, std::string_view property,
                     const ItemOptions& options) {
    write_bare_body(to, component, property, options);
    const bool html = !component.raw(html_property).empty();
    to.number(base_tags::native_body_type, static_cast<int>(html ? BodyType::html : BodyType::plain));
}

void write_bare_body(wbxml::Encoder& to, const pim::Component& component, std::string_view property,
                     const ItemOptions& options) {
    const std::string html = component.text(html_property);
    const BodyType native = html.empty() ? BodyType::plain : BodyType::html;
    const BodyPreference wanted = preferred(options, native);
    std::string text;
    if (wanted.type == BodyType::html) {
        text = html.empty() ? html_of(component.text(property)) : html;
    } else {
        text = with_line_ends(component.text(property));
    }
    ItemBody body = make_body(wanted.type, std::move(text), wanted);
    if (wanted.preview != 0) body.preview = first_characters(component.text(property), wanted.preview);
    write_body(to, body);
}

void take_text(wbxml::Element data, wbxml::Tag tag, pim::Component& component, std::string_view property,
               const ItemContext& context) {
    const wbxml::Element child = data.child(tag);
    if (!child && context.keeps(tag)) return;
    component.set_text(property, child.text());
}

void text_if(wbxml::Encoder& to, wbxml::Tag tag, std::string_view text) {
    if (!text.empty()) to.text(tag, text);
}

void take_list(wbxml::Element data, CategoryTags tags, pim::Component& component, std::string_view property,
               const ItemContext& context) {
    const wbxml::Element child = data.child(tags.list);
    if (!child && context.keeps(tags.list)) return;
    std::vector<std::string> values;
    for (const wbxml::Element one : child)
        if (one.tag() == tags.one && !one.text().empty() && values.size() < list_max)
            values.emplace_back(one.text());
    component.remove(property);
    if (!values.empty()) component.set_raw(property, pim::join(values, ','));
}

void write_list(wbxml::Encoder& to, CategoryTags tags, const pim::Component& component,
                std::string_view property) {
    std::vector<std::string> values;
    for (const pim::Property& one : component.properties) {
        if (one.name != property) continue;
        for (std::string& value : pim::split(one.value, ','))
            if (!value.empty() && values.size() < list_max) values.push_back(std::move(value));
    }
    if (values.empty()) return;
    to.open(tags.list);
    for (const std::string& value : values) to.text(tags.one, value);
    to.close();
}

std::string write_compact(std::int64_t seconds) {
    return pim::write_date_time(pim::DateTime{seconds, pim::DateTime::Kind::utc});
}

}  // namespace eas

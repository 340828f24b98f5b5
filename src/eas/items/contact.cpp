#include "eas/items/contact.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "eas/items/contact_fields.hpp"
#include "pim/date_time.hpp"

namespace eas {
namespace {

namespace c = wbxml::contacts;
using Shape = ContactField::Shape;

constexpr std::string_view mark = "X-BARID-FIELD";
constexpr std::string_view shown_name = "X-BARID-NAME";  // of an address that came with one
/// MS-ASCNTC section 2.2.2.58: 48 KB, as base64. It is checked on its way in alone.
constexpr std::size_t picture_coded_max = (48U << 10) / 3 * 4;
constexpr CategoryTags categories{c::categories, c::category};

/// The pieces of a structured value as they stand.
std::vector<std::string> raw_parts(std::string_view value) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\') {
            ++i;
        } else if (value[i] == ';') {
            out.emplace_back(value.substr(begin, i - begin));
            begin = i + 1;
        }
    }
    out.emplace_back(value.substr(std::min(begin, value.size())));
    return out;
}

std::string part_of(std::string_view value, unsigned part) {
    const std::vector<std::string> parts = raw_parts(value);
    return part < parts.size() ? pim::unescape(parts[part]) : std::string();
}

std::string with_part(std::string_view value, unsigned part, unsigned count, std::string_view text) {
    std::vector<std::string> parts = raw_parts(value);
    if (parts.size() < count) parts.resize(count);
    if (parts.size() <= part) parts.resize(part + 1);
    parts[part] = pim::escape(text);
    if (std::ranges::all_of(parts, &std::string::empty)) return {};
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : ";") + parts[i];
    return out;
}

unsigned parts_of(std::string_view property) { return property == "N" ? 5 : property == "ADR" ? 7 : 1; }

/// Days, whatever the device's zone made of midnight: what is past noon in UTC is the next day's morning in
/// the east. MS-ASCNTC section 2.2.2.7.
std::string day_of(std::string_view text) {
    const auto time = pim::parse_date_time(text);
    if (!time) return {};
    const std::int64_t into = ((time->seconds % pim::day_seconds) + pim::day_seconds) % pim::day_seconds;
    std::int64_t midnight = time->seconds - into;
    if (into > pim::day_seconds / 2) midnight += pim::day_seconds;
    return pim::write_date_time(pim::DateTime{midnight, pim::DateTime::Kind::date});
}

/// At a time of day that is the same day from America to Asia, as Exchange has it.
std::string shown_day(std::string_view value) {
    const auto time = pim::parse_date_time(value);
    if (!time) return {};
    const std::int64_t day = time->seconds / pim::day_seconds * pim::day_seconds;
    std::int64_t midnight = day;
    if (day > time->seconds) midnight -= pim::day_seconds;
    return write_date(midnight + 11 * 3'600 + 59 * 60);
}

/// "Anna" <anna@example.org>: the address alone is the property's value.
void set_mailbox(pim::Property& property, std::string_view text) {
    const std::size_t open = text.rfind('<'), close = text.rfind('>');
    std::string_view address = text, name;
    if (open != std::string_view::npos && close == text.size() - 1 && open < close) {
        address = text.substr(open + 1, close - open - 1);
        name = text.substr(0, open);
        while (name.ends_with(' ')) name.remove_suffix(1);
        if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
            name = name.substr(1, name.size() - 2);
    }
    property.value = pim::escape(address);
    property.set_parameter(shown_name, name);
}

std::string shown_mailbox(const pim::Property& property) {
    const std::string address = pim::unescape(property.value);
    const std::string_view name = property.parameter(shown_name);
    return name.empty() ? address : "\"" + std::string(name) + "\" <" + address + ">";
}

std::string shown(const ContactField& field, const pim::Property& property) {
    switch (field.shape) {
        case Shape::part:
            return part_of(property.value, field.part);
        case Shape::date:
            return shown_day(property.value);
        case Shape::mailbox:
            return shown_mailbox(property);
        case Shape::text:
            break;
    }
    return pim::unescape(property.value);
}

pim::Property& make_property(pim::Component& card, const ContactSlot& slot) {
    pim::Property& made = card.properties.emplace_back(slot.property, "");
    for (std::string_view types = slot.types; !types.empty();) {
        const std::size_t end = std::min(types.find(','), types.size());
        if (made.parameters.empty())
            made.set_parameter("TYPE", types.substr(0, end));
        else
            made.parameters.front().values.emplace_back(types.substr(0, end));
        types.remove_prefix(std::min(end + 1, types.size()));
    }
    if (slot.property == "RELATED") made.set_parameter("VALUE", "text");
    const auto alike = std::ranges::count(contact_slots, slot.property, &ContactSlot::property);
    if (alike > 1) made.set_parameter(mark, slot.name);
    return made;
}

void set_field(pim::Component& card, const ContactField& field, std::string_view text) {
    const std::size_t number = slot_number(field.slot);
    const int place = find_slots(card)[number];
    if (place < 0 && text.empty()) return;
    pim::Property& property = place >= 0 ? card.properties[static_cast<std::size_t>(place)]
                                         : make_property(card, contact_slots[number]);
    switch (field.shape) {
        case Shape::part:
            property.value =
                with_part(property.value, field.part, parts_of(contact_slots[number].property), text);
            break;
        case Shape::date:
            property.value = day_of(text);
            break;
        case Shape::mailbox:
            set_mailbox(property, text);
            break;
        case Shape::text:
            property.value = pim::escape(text);
            break;
    }
    if (property.value.empty()) {
        const auto at = &property - card.properties.data();
        card.properties.erase(card.properties.begin() + at);
    }
}

/// FN, which a vCard must have: RFC 6350 section 6.2.1.
std::string full_name(const pim::Component& card) {
    std::string out;
    const std::string_view name = card.raw("N");
    for (const unsigned part : {3U, 1U, 2U, 0U, 4U}) {
        const std::string word = part_of(name, part);
        if (!word.empty()) out += (out.empty() ? "" : " ") + word;
    }
    if (out.empty()) out = part_of(card.raw("ORG"), 0);
    if (out.empty()) out = card.text("EMAIL");
    if (out.empty()) out = card.text("X-FILE-AS");
    return out;
}

std::string file_as(const pim::Component& card) {
    std::string out = card.text("X-FILE-AS");
    if (!out.empty()) return out;
    const std::string last = part_of(card.raw("N"), 0), first = part_of(card.raw("N"), 1);
    if (!last.empty() && !first.empty()) return last + ", " + first;
    return card.text("FN");
}

void take_children(wbxml::Element data, pim::Component& card, const ItemContext& context) {
    const wbxml::Element children = data.child(c::children);
    if (!children && context.keeps(c::children)) return;
    std::erase_if(card.properties, [](const pim::Property& one) {
        return one.name == "RELATED" && one.has_parameter("TYPE", "child");
    });
    std::size_t count = 0;
    for (const wbxml::Element child : children) {
        if (child.tag() != c::child || child.text().empty() || ++count > 300) continue;
        pim::Property& made = card.properties.emplace_back("RELATED", pim::escape(child.text()));
        made.set_parameter("TYPE", "child");
        made.set_parameter("VALUE", "text");
    }
}

void write_children(wbxml::Encoder& to, const pim::Component& card) {
    const wbxml::Encoder::Mark before = to.mark();
    bool any = false;
    to.open(c::children);
    for (const pim::Property& one : card.properties) {
        if (one.name != "RELATED" || !one.has_parameter("TYPE", "child")) continue;
        to.text(c::child, pim::unescape(one.value));
        any = true;
    }
    if (any) to.close();
    if (!any) to.back_to(before);
}

/// A day that is none is not taken for one that is left out.
bool has_sound_dates(wbxml::Element data) {
    return std::ranges::all_of(contact_fields, [data](const ContactField& field) {
        const std::string_view text = data.child(field.tag).text();
        return field.shape != Shape::date || text.empty() || pim::parse_date_time(text);
    });
}

/// False: it is too large, or not in base64.
bool take_picture(wbxml::Element data, pim::Component& card) {
    const wbxml::Element picture = data.child(c::picture);
    if (!picture) return true;  // MS-ASCMD section 2.2.3.24: it stays
    std::string coded(picture.text());
    if (picture.is_opaque()) coded = base::base64_encode(picture.text());
    std::erase_if(coded, [](char octet) { return octet == '\r' || octet == '\n' || octet == ' '; });
    if (coded.size() > picture_coded_max || !base::base64_decode(coded)) return false;
    card.remove("PHOTO");
    if (coded.empty()) return true;
    const char* type = coded.starts_with("iVBOR")  ? "image/png"
                       : coded.starts_with("R0lG") ? "image/gif"
                                                   : "image/jpeg";
    card.set_raw("PHOTO", "data:" + std::string(type) + ";base64," + coded);
    return true;
}

/// Base64; of version 3 too. What is only named by an address is not fetched.
std::string_view picture_of(const pim::Component& card) {
    const pim::Property* photo = card.find("PHOTO");
    if (photo == nullptr) return {};
    const std::string_view value = photo->value;
    if (value.starts_with("data:")) {
        const std::size_t comma = value.find(";base64,");
        return comma == std::string_view::npos ? std::string_view() : value.substr(comma + 8);
    }
    const bool coded = photo->has_parameter("ENCODING", "b") || photo->has_parameter("ENCODING", "base64");
    return coded ? value : std::string_view();
}

}  // namespace

pim::Component empty_card() {
    pim::Component out("VCARD");
    out.set_raw("VERSION", "4.0");
    return out;
}

bool apply_contact(wbxml::Element data, pim::Component& card, const ItemContext& context) {
    if (!has_sound_dates(data)) return false;
    const std::string before = full_name(card);
    for (const ContactField& field : contact_fields) {
        const wbxml::Element child = data.child(field.tag);
        if (!child && context.keeps(field.tag)) continue;
        set_field(card, field, child.text());
    }
    take_list(data, categories, card, "CATEGORIES", context);
    take_children(data, card, context);
    if (!take_picture(data, card)) return false;
    if (!take_body(data, card, "NOTE")) return false;
    if (card.raw("UID").empty()) card.set_text("UID", context.fresh_uid);
    const std::string name = full_name(card);
    if (card.raw("FN").empty() || name != before) card.set_raw("FN", pim::escape(name));
    card.set_raw("REV", write_compact(context.now));
    return true;
}

void write_contact(wbxml::Encoder& to, const pim::Component& card, const ItemOptions& options) {
    const std::vector<int> places = find_slots(card);
    for (const ContactField& field : contact_fields) {
        if (field.tag == c::file_as) {
            text_if(to, c::file_as, file_as(card));
            continue;
        }
        const int place = places[slot_number(field.slot)];
        if (place >= 0)
            text_if(to, field.tag, shown(field, card.properties[static_cast<std::size_t>(place)]));
    }
    write_list(to, categories, card, "CATEGORIES");
    write_children(to, card);
    text_if(to, c::picture, picture_of(card));
    write_item_body(to, card, "NOTE", options);
}

ItemFacts contact_facts(const pim::Component& card) {
    ItemFacts out;
    out.subject = card.text("FN");
    out.uid = card.text("UID");
    out.date = no_end;
    return out;
}

}  // namespace eas

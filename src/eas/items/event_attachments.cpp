#include "eas/items/event_attachments.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "eas/mail/attachment_part.hpp"
#include "eas/syntax/mail_item.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

using pim::itip::file_content_id;
using pim::itip::file_name_in;
using pim::itip::file_name_in_value;

constexpr std::string_view content_id_parameter = "X-BARID-CONTENT-ID";
constexpr std::string_view inline_parameter = "X-BARID-INLINE";

std::uint64_t size_in(const pim::Property& property) {
    const std::string_view text = property.parameter("SIZE");
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

/// Null: it is there already.
pim::Property* add_to(pim::Component& event, const AddedAttachment& one, std::uint64_t octets) {
    const std::string& name = one.name_in_event;
    const bool known = std::ranges::any_of(
        event.properties, [&name](const pim::Property& property) { return file_name_in(property) == name; });
    if (known) return nullptr;
    pim::Property& made = event.properties.emplace_back("ATTACH", "CID:" + file_content_id(name));
    made.set_parameter(pim::itip::file_name_parameter, name);
    made.set_parameter("FMTTYPE", attachment_type(one));
    made.set_parameter("FILENAME", attachment_title(one));
    made.set_parameter("SIZE", std::to_string(octets));
    made.set_parameter(content_id_parameter, one.content_id);
    if (one.is_inline) made.set_parameter(inline_parameter, "1");
    return &made;
}

void remove_from(pim::Component& event, std::string_view reference) {
    // Of whatever event it is: one that was moved to another folder has another id.
    const auto id = parse_attachment_id(reference);
    if (!id) return;
    std::erase_if(event.properties,
                  [&id](const pim::Property& property) { return file_name_in(property) == id->name; });
}

std::vector<const pim::Property*> files_of(const pim::Component& event) {
    std::vector<const pim::Property*> out;
    for (const pim::Property& one : event.properties)
        if (!file_name_in(one).empty()) out.push_back(&one);
    return out;
}

bool same_files(const pim::Component& a, const pim::Component& b) {
    return std::ranges::equal(
        files_of(a), files_of(b), {}, [](const pim::Property* one) { return *one; },
        [](const pim::Property* one) { return *one; });
}

ItemAttachment described(const pim::Property& property, const ItemId& event) {
    ItemAttachment out;
    const std::string_view name = property.parameter("FILENAME");
    out.name = name.empty() ? "attachment" : name;
    out.reference = write_attachment_id({event, std::string(file_name_in(property))});
    out.content_id = property.parameter(content_id_parameter);
    out.size = size_in(property);
    out.is_inline = property.parameter(inline_parameter) == "1";
    return out;
}

/// The ATTACHes of files, each file once, and no more than `most`.
std::vector<const pim::Property*> all_files(const pim::Component& calendar, std::size_t most) {
    std::vector<const pim::Property*> out;
    std::set<std::string_view> known;
    for (const pim::Component& event : calendar.components) {
        if (event.name != "VEVENT") continue;
        for (const pim::Property& one : event.properties) {
            const std::string_view name = file_name_in(one);
            if (name.empty() || !known.insert(name).second) continue;
            out.push_back(&one);
            if (out.size() >= most) return out;
        }
    }
    return out;
}

}  // namespace

std::vector<std::string> attachment_names(const pim::Component& calendar,
                                          const EventAttachmentLimits& limits) {
    std::vector<std::string> out;
    for (const pim::Property* one : all_files(calendar, limits.count_max + 1))
        out.emplace_back(file_name_in(*one));
    return out;
}

std::vector<std::string> attachment_names_told(const pim::Component& message,
                                               const EventAttachmentLimits& limits) {
    std::vector<std::string> out;
    std::set<std::string_view> known;
    for (const pim::Component& event : message.components)
        for (const pim::Property& one : event.properties) {
            if (one.name != "ATTACH" || out.size() > limits.count_max) continue;
            const std::string_view name = file_name_in_value(one.value);
            if (!name.empty() && known.insert(name).second) out.emplace_back(name);
        }
    return out;
}

bool attachments_fit(const pim::Component& calendar, const EventAttachmentLimits& limits) {
    std::uint64_t octets = 0;
    const std::vector<const pim::Property*> files = all_files(calendar, limits.count_max + 1);
    for (const pim::Property* one : files) {
        const std::uint64_t size = size_in(*one);
        if (size > limits.octets_max) return false;  // and the sum cannot overflow
        octets += size;
    }
    return files.size() <= limits.count_max && octets <= limits.octets_max;
}

bool attachments_fit(const AttachmentChanges& changes, const pim::Component& calendar,
                     const EventAttachmentLimits& limits) {
    return changes.added.empty() || attachments_fit(calendar, limits);
}

void name_mailed_file(pim::Component& event, const AddedAttachment& one, std::uint64_t octets) {
    if (pim::Property* made = add_to(event, one, octets))
        made->set_parameter(pim::itip::mailed_file_parameter, "1");
}

void apply_attachments(const AttachmentChanges& changes, pim::Component& event) {
    for (const std::string& reference : changes.removed) remove_from(event, reference);
    for (const AddedAttachment& one : changes.added) add_to(event, one, one.octets.size());
}

void show_attachments(wbxml::Encoder& to, const pim::Component& event, const pim::Component* than,
                      const ItemView& view) {
    if (view.version < 160) return;  // MS-ASCAL section 2.2.2.21
    if (than != nullptr && same_files(event, *than)) return;
    std::vector<ItemAttachment> all;
    for (const pim::Property* one : files_of(event)) all.push_back(described(*one, view.id));
    if (!all.empty()) return write_attachments(to, all);
    if (than != nullptr) to.empty(wbxml::airsyncbase::attachments);
}

}  // namespace eas

#include "eas/items/note.hpp"

#include "eas/items/calendar_text.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::notes;
constexpr CategoryTags categories{tags::categories, tags::category};

}  // namespace

bool apply_note(wbxml::Element data, pim::Component& calendar, const ItemContext& context) {
    // MS-ASNOTE section 2.2.2.5: of sticky notes alone.
    const std::string_view message_class = data.child(tags::message_class).text();
    if (!message_class.empty() && !message_class.starts_with("IPM.StickyNote")) return false;
    pim::Component& note = main_component(calendar, "VJOURNAL");
    // Section 3.2.5.3: without Subject it stays, as the body does.
    if (data.child(tags::subject)) take_text(data, tags::subject, note, "SUMMARY", context);
    take_list(data, categories, note, "CATEGORIES", context);
    if (!take_body(data, note, "DESCRIPTION")) return false;
    if (note.raw("UID").empty()) note.set_text("UID", context.fresh_uid);
    note.set_raw("DTSTAMP", write_compact(context.now));
    note.set_raw("LAST-MODIFIED", write_compact(context.now));  // whatever the device says: section 3.2.5.3.1
    note.set_text("X-BARID-CLASS", message_class == "IPM.StickyNote" ? std::string_view() : message_class);
    return true;
}

void write_note(wbxml::Encoder& to, const pim::Component& calendar, const ItemOptions& options) {
    const pim::Component* note = find_main(calendar, "VJOURNAL");
    if (note == nullptr) return;
    to.text(tags::subject, note->text("SUMMARY"));
    const std::string message_class = note->text("X-BARID-CLASS");
    to.text(tags::message_class, message_class.empty() ? "IPM.StickyNote" : std::string_view(message_class));
    text_if(to, tags::last_modified_date, note->raw("LAST-MODIFIED"));
    write_list(to, categories, *note, "CATEGORIES");
    write_item_body(to, *note, "DESCRIPTION", options);
}

ItemFacts note_facts(const pim::Component& calendar) {
    ItemFacts out;
    out.date = no_end;
    if (const pim::Component* note = find_main(calendar, "VJOURNAL")) {
        out.subject = note->text("SUMMARY");
        out.uid = note->text("UID");
    }
    return out;
}

}  // namespace eas

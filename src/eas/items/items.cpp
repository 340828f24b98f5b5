#include "eas/items/items.hpp"

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/fingerprint.hpp"
#include "eas/items/calendar_text.hpp"
#include "eas/items/contact.hpp"
#include "eas/items/event.hpp"
#include "eas/items/note.hpp"
#include "eas/items/task.hpp"
#include "eas/mail/outgoing_message.hpp"

namespace eas {
namespace {

using store::FolderKind;

constexpr std::size_t subject_bytes_max = 200;  // of the header; the text has all of it
constexpr std::size_t word_octets = 45;         // RFC 2047 section 2: an encoded word has 75 at most

/// For tools that look at the store's messages: what it is about.
std::string subject_field(std::string_view subject) {
    std::string text;
    bool plain = true;
    for (const char octet : cut_utf8(subject, subject_bytes_max)) {
        const bool control = static_cast<unsigned char>(octet) < 0x20 || octet == 0x7F;
        text.push_back(control ? ' ' : octet);
        plain = plain && static_cast<unsigned char>(octet) < 0x80;
    }
    if (plain && text.find("=?") == std::string::npos && text.size() < 70) return text;
    std::string out;
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view word = cut_utf8(rest, word_octets);
        if (word.empty()) break;
        out += (out.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + base::base64_encode(word) + "?=";
        rest.remove_prefix(word.size());
    }
    return out;
}

}  // namespace

pim::Component empty_item(FolderKind kind) {
    return kind == FolderKind::contacts ? empty_card() : empty_calendar();
}

bool apply_item(FolderKind kind, wbxml::Element data, pim::Component& item, const ItemContext& context) {
    switch (kind) {
        case FolderKind::calendar:
            return apply_event(data, item, context);
        case FolderKind::contacts:
            return apply_contact(data, item, context);
        case FolderKind::tasks:
            return apply_task(data, item, context);
        case FolderKind::notes:
            return apply_note(data, item, context);
        default:
            return false;
    }
}

void write_item(wbxml::Encoder& to, FolderKind kind, const pim::Component& item, const ItemView& view) {
    switch (kind) {
        case FolderKind::calendar:
            return write_event(to, item, view);
        case FolderKind::contacts:
            return write_contact(to, item, view.options);
        case FolderKind::tasks:
            return write_task(to, item, view.options, view.version);
        case FolderKind::notes:
            return write_note(to, item, view.options);
        default:
            return;
    }
}

ItemFacts facts_of(FolderKind kind, const pim::Component& item) {
    switch (kind) {
        case FolderKind::calendar:
            return event_facts(item);
        case FolderKind::contacts:
            return contact_facts(item);
        case FolderKind::tasks:
            return task_facts(item);
        default:
            return note_facts(item);
    }
}

bool is_meeting(FolderKind kind, const pim::Component& item) {
    return kind == FolderKind::calendar &&
           std::ranges::any_of(item.components, [](const pim::Component& one) {
               return one.name == "VEVENT" && one.find("ATTENDEE") != nullptr;
           });
}

bool differ_in_stamps_only(const pim::Component& one, const pim::Component& other) {
    const auto strip = [](pim::Component& part) {
        for (const std::string_view stamp : {"REV", "DTSTAMP", "LAST-MODIFIED"}) part.remove(stamp);
    };
    const auto bare = [&strip](pim::Component item) {
        strip(item);
        std::ranges::for_each(item.components, strip);
        return item;
    };
    return bare(one) == bare(other);
}

std::string item_message_id(std::string_view uid) {
    return fmt::format("<{:016x}@item.invalid>", base::fingerprint(uid));
}

std::string item_header(FolderKind kind, const pim::Component& item, std::int64_t now) {
    const ItemFacts facts = facts_of(kind, item);
    return "Date: " + rfc5322_date(now) + "\r\nSubject: " + subject_field(facts.subject) +
           "\r\nMessage-ID: " + item_message_id(facts.uid) + "\r\nMIME-Version: 1.0\r\n";
}

std::string item_part(FolderKind kind, const pim::Component& item) {
    const std::string_view type = kind == FolderKind::contacts ? "text/vcard" : "text/calendar";
    return fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", type) +
           pim::write(item);
}

std::optional<pim::Component> unwrap_item(FolderKind kind, std::string_view text) {
    auto out = pim::parse(text);
    if (!out || out->name != (kind == FolderKind::contacts ? "VCARD" : "VCALENDAR")) return std::nullopt;
    return out;
}

std::string_view class_of(FolderKind kind) {
    switch (kind) {
        case FolderKind::calendar:
            return "Calendar";
        case FolderKind::contacts:
            return "Contacts";
        case FolderKind::tasks:
            return "Tasks";
        case FolderKind::notes:
            return "Notes";
        case FolderKind::mail:
            break;
    }
    return "Email";
}

bool has_filter(FolderKind kind, std::uint8_t filter) {
    switch (kind) {
        case FolderKind::mail:
            return filter <= 5;
        case FolderKind::calendar:
            return filter == 0 || (filter >= 4 && filter <= 7);
        case FolderKind::tasks:
            return filter == 0 || filter == 8;
        default:
            return true;
    }
}

std::optional<std::int64_t> item_window(FolderKind kind, std::uint8_t filter, std::int64_t now) {
    // MS-ASCMD section 2.2.3.68.2: calendars have 4 to 7, tasks 8, the others none.
    if (kind == FolderKind::calendar && filter >= 4 && filter <= 7) return window_start(filter, now);
    if (kind == FolderKind::tasks && filter == 8) return no_end;
    return std::nullopt;
}

}  // namespace eas

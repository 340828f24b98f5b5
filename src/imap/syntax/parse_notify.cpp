// NOTIFY: RFC 5465 section 8.
#include <array>
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using Kind = MailboxFilter::Kind;
using Group = NotifyGroup;

struct EventRow {
    std::string_view name;
    std::uint16_t event;
};
constexpr std::array<EventRow, 7> event_rows{{
    {"MESSAGENEW", Group::message_new},
    {"MESSAGEEXPUNGE", Group::message_expunge},
    {"FLAGCHANGE", Group::flag_change},
    {"MAILBOXNAME", Group::mailbox_name},
    {"SUBSCRIPTIONCHANGE", Group::subscription_change},
    {"MAILBOXMETADATACHANGE", Group::mailbox_metadata_change},
    {"SERVERMETADATACHANGE", Group::server_metadata_change},
}};

bool is_selected(Kind kind) { return kind == Kind::selected || kind == Kind::selected_delayed; }

/// event = message-event / mailbox-event / user-event / event-ext
bool parse_event(Cursor& in, Group& out) {
    std::string_view name;
    if (!in.atom(name)) return in.fail("expected event");
    std::uint16_t event = Group::other;
    for (const EventRow& row : event_rows)
        if (equals_upper(name, row.name)) event = row.event;
    // AnnotationChange wants MessageNew and MessageExpunge beside it, as FlagChange does.
    out.events |= event;
    if (event != Group::message_new || !in.rest().starts_with(" (")) return true;
    if (!is_selected(out.filter.kind)) return in.fail("FETCH items are for the selected mailbox");
    in.advance(1);
    return parse_fetch_attributes(in, out.fetch);
}

/// The examples of RFC 5465 section 3.1 have events without parentheses.
bool quirk_bare_events(Cursor& in, Group& out) {
    std::size_t events = 0;
    do {
        if (++events > ParseLimits::list_items_max) return in.fail("too many events");
        if (!parse_event(in, out)) return false;
    } while (in.skip(' '));
    return true;
}

/// What section 5 says of events that belong together, and section 6.1 of the selected mailbox.
bool check_events(Cursor& in, const Group& group, std::size_t start) {
    const bool comes = (group.events & Group::message_new) != 0;
    const bool goes = (group.events & Group::message_expunge) != 0;
    if (comes != goes) return in.fail_at("MessageNew and MessageExpunge go together", start);
    if ((group.events & Group::flag_change) != 0 && !comes)
        return in.fail_at("FlagChange needs MessageNew and MessageExpunge", start);
    constexpr std::uint16_t about_mailboxes = Group::mailbox_name | Group::subscription_change |
                                              Group::mailbox_metadata_change | Group::server_metadata_change;
    if (is_selected(group.filter.kind) && (group.events & about_mailboxes) != 0)
        return in.fail_at("only events of messages are for the selected mailbox", start);
    return true;
}

/// event-group = "(" filter-mailboxes SP events ")"
/// events = ( "(" event *(SP event) ")" ) / "NONE"
bool parse_group(Cursor& in, Group& out) {
    const std::size_t start = in.offset();
    if (!in.open() || !parse_notify_filter(in, out.filter) || !in.space()) return false;
    if (in.skip('(')) {
        if (!parse_items(in, [&] { return parse_event(in, out); })) return false;
    } else if (!in.skip_word("NONE") && !quirk_bare_events(in, out)) {
        return false;
    }
    return in.close() && check_events(in, out, start);
}

/// event-groups = event-group *(SP event-group)
bool parse_groups(Cursor& in, cmd::Notify& out) {
    bool selected = false;
    do {
        const std::size_t start = in.offset();
        if (out.groups.size() == ParseLimits::list_items_max) return in.fail("too many event groups");
        if (!parse_group(in, out.groups.emplace_back())) return false;
        if (!is_selected(out.groups.back().filter.kind)) continue;
        // RFC 5465 section 6.1
        if (std::exchange(selected, true)) return in.fail_at("the selected mailbox is there already", start);
    } while (in.skip(' ') && !in.at_end());
    return true;
}
}  // namespace

/// notify = "NOTIFY" SP ( "SET" [SP "STATUS"] SP event-groups / "NONE" )
Parsed<Command> parse_notify(Cursor& in) {
    cmd::Notify notify;
    if (!in.space()) return in.error();
    if (in.skip_word("NONE")) {
        if (!in.end()) return in.error();
        return Command(std::move(notify));
    }
    if (!in.skip_word("SET") && !in.fail("expected SET or NONE")) return in.error();
    if (!in.space()) return in.error();
    notify.status = in.skip_word("STATUS");
    if (notify.status && !in.space()) return in.error();
    if (!parse_groups(in, notify) || !in.end()) return in.error();
    return Command(std::move(notify));
}

}  // namespace imap

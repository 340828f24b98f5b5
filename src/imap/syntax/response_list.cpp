// Writers of LIST, STATUS, NAMESPACE and ID.
#include <array>

#include "imap/syntax/response.hpp"

namespace imap {
namespace {
using Attribute = ListResponse::Attribute;

struct AttributeName {
    Attribute bit;
    std::string_view name;
    std::string_view xlist_name;  ///< Gmail's names of before RFC 6154
};
constexpr std::array<AttributeName, 22> attribute_names{{
    {Attribute::no_inferiors, "\\Noinferiors", "\\Noinferiors"},
    {Attribute::no_select, "\\Noselect", "\\Noselect"},
    {Attribute::nonexistent, "\\NonExistent", "\\Noselect"},
    {Attribute::no_access, "\\NoAccess", "\\Noselect"},
    {Attribute::has_children, "\\HasChildren", "\\HasChildren"},
    {Attribute::has_no_children, "\\HasNoChildren", "\\HasNoChildren"},
    {Attribute::marked, "\\Marked", "\\Marked"},
    {Attribute::unmarked, "\\Unmarked", "\\Unmarked"},
    {Attribute::subscribed, "\\Subscribed", "\\Subscribed"},
    {Attribute::remote, "\\Remote", "\\Remote"},
    {Attribute::all, "\\All", "\\AllMail"},
    {Attribute::archive, "\\Archive", "\\Archive"},
    {Attribute::drafts, "\\Drafts", "\\Drafts"},
    {Attribute::flagged, "\\Flagged", "\\Starred"},
    {Attribute::junk, "\\Junk", "\\Spam"},
    {Attribute::sent, "\\Sent", "\\Sent"},
    {Attribute::trash, "\\Trash", "\\Trash"},
    {Attribute::important, "\\Important", "\\Important"},
    {Attribute::memos, "\\Memos", "\\Memos"},
    {Attribute::scheduled, "\\Scheduled", "\\Scheduled"},
    {Attribute::snoozed, "\\Snoozed", "\\Snoozed"},
    {Attribute::inbox, "", "\\Inbox"},
}};

std::string_view head(cmd::List::Kind kind) {
    switch (kind) {
        case cmd::List::Kind::lsub:
            return "* LSUB (";
        case cmd::List::Kind::xlist:
            return "* XLIST (";
        case cmd::List::Kind::list:
            break;
    }
    return "* LIST (";
}

void write_attributes(std::string& out, const ListResponse& response) {
    const bool xlist = response.kind == cmd::List::Kind::xlist;
    bool first = true;
    for (const AttributeName& attribute : attribute_names) {
        const std::string_view name = xlist ? attribute.xlist_name : attribute.name;
        if ((response.attributes & attribute.bit) == 0 || name.empty()) continue;
        if (!first) out.push_back(' ');
        first = false;
        out.append(name);
    }
}

void write_delimiter(std::string& out, char delimiter) {
    if (delimiter == '\0') {
        out.append("NIL");
    } else {
        write_string(out, std::string_view(&delimiter, 1));
    }
}

/// mbox-list-extended, RFC 9051 section 7.3.1
void write_list_extended(std::string& out, const ListResponse& response, WriteMode mode) {
    if (!response.child_info_subscribed && !response.old_name) return;
    out.append(" (");
    if (response.child_info_subscribed) out.append("\"CHILDINFO\" (\"SUBSCRIBED\")");
    if (response.old_name) {
        out.append(response.child_info_subscribed ? " \"OLDNAME\" (" : "\"OLDNAME\" (");
        write_mailbox(out, *response.old_name, mode);
        out.push_back(')');
    }
    out.push_back(')');
}

void write_namespaces(std::string& out, const std::vector<NamespaceResponse::Entry>& entries,
                      WriteMode mode) {
    if (entries.empty()) {
        out.append(" NIL");
        return;
    }
    out.append(" (");
    for (const NamespaceResponse::Entry& entry : entries) {
        out.push_back('(');
        write_mailbox(out, entry.prefix, mode);
        out.push_back(' ');
        write_delimiter(out, entry.delimiter);
        out.push_back(')');
    }
    out.push_back(')');
}

/// One item of STATUS after another, with a space between them.
class StatusItems {
public:
    StatusItems(std::string& out, std::uint16_t wanted) : out_(out), wanted_(wanted) {}

    bool begin(StatusItem item, std::string_view name) {
        if ((wanted_ & item) == 0) return false;
        if (!first_) out_.push_back(' ');
        first_ = false;
        out_.append(name);
        return true;
    }
    void number(StatusItem item, std::string_view name, std::uint64_t value) {
        if (begin(item, name)) write_number(out_, value);
    }

private:
    std::string& out_;
    std::uint16_t wanted_;
    bool first_ = true;
};
}  // namespace

void write_list(std::string& out, const ListResponse& response, WriteMode mode) {
    out.append(head(response.kind));
    write_attributes(out, response);
    out.append(") ");
    write_delimiter(out, response.delimiter);
    out.push_back(' ');
    write_mailbox(out, response.name, mode);
    write_list_extended(out, response, mode);
    out.append("\r\n");
}

void write_status(std::string& out, const StatusResponse& response, WriteMode mode) {
    out.append("* STATUS ");
    write_mailbox(out, response.name, mode);
    out.append(" (");
    StatusItems items(out, response.items);
    items.number(status_messages, "MESSAGES ", response.messages);
    items.number(status_recent, "RECENT ", response.recent);
    items.number(status_uid_next, "UIDNEXT ", response.uid_next.value);
    items.number(status_uid_validity, "UIDVALIDITY ", response.uid_validity);
    items.number(status_unseen, "UNSEEN ", response.unseen);
    items.number(status_deleted, "DELETED ", response.deleted);
    items.number(status_size, "SIZE ", response.size);
    items.number(status_deleted_storage, "DELETED-STORAGE ", response.deleted_storage);
    items.number(status_highest_mod_seq, "HIGHESTMODSEQ ", response.highest_mod_seq.value);
    if (items.begin(status_append_limit, "APPENDLIMIT ")) {
        if (response.append_limit) {
            write_number(out, *response.append_limit);
        } else {
            out.append("NIL");
        }
    }
    if (items.begin(status_mailbox_id, "MAILBOXID (")) out.append(response.mailbox_id).push_back(')');
    out.append(")\r\n");
}

void write_namespace(std::string& out, const NamespaceResponse& response, WriteMode mode) {
    out.append("* NAMESPACE");
    write_namespaces(out, response.personal, mode);
    write_namespaces(out, response.other_users, mode);
    write_namespaces(out, response.shared, mode);
    out.append("\r\n");
}

void write_id(std::string& out, std::span<const std::pair<std::string_view, std::string_view>> fields) {
    if (fields.empty()) {
        out.append("* ID NIL\r\n");
        return;
    }
    out.append("* ID (");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) out.push_back(' ');
        write_string(out, fields[i].first);
        out.push_back(' ');
        write_string(out, fields[i].second);
    }
    out.append(")\r\n");
}

}  // namespace imap

// SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS: RFC 4314. GETQUOTA, GETQUOTAROOT, SETQUOTA: RFC 9208.
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using cmd::SetAcl;

/// RFC 4314 section 3.1: letters and digits only; which of them there are is the session's to know.
bool parse_rights(Cursor& in, SetAcl& out) {
    const std::size_t start = in.offset();
    if (!in.astring(out.rights)) return in.fail("expected rights");
    if (out.rights.starts_with('+') || out.rights.starts_with('-')) {
        out.change = out.rights.front() == '+' ? SetAcl::Change::add : SetAcl::Change::remove;
        out.rights.erase(0, 1);
    }
    for (const char right : out.rights) {
        if (right >= 'A' && right <= 'Z') return in.fail_at("uppercase rights are not allowed", start);
        const bool known = (right >= 'a' && right <= 'z') || (right >= '0' && right <= '9');
        if (!known) return in.fail_at("not a right", start);
    }
    return true;
}

bool parse_identifier(Cursor& in, std::string& out) {
    const std::size_t start = in.offset();
    if (!in.astring(out)) return in.fail("expected identifier");
    return (!out.empty() && out != "-") || in.fail_at("expected identifier", start);
}

template <class Struct>
Parsed<Command> only_mailbox(Cursor& in) {
    Struct command;
    if (!in.space() || !parse_mailbox(in, command.mailbox) || !in.end()) return in.error();
    return Command(std::move(command));
}
}  // namespace

/// setacl = "SETACL" SP mailbox SP identifier SP mod-rights
Parsed<Command> parse_set_acl(Cursor& in) {
    SetAcl command;
    if (!in.space() || !parse_mailbox(in, command.mailbox) || !in.space() ||
        !parse_identifier(in, command.identifier) || !in.space() || !parse_rights(in, command) || !in.end())
        return in.error();
    return Command(std::move(command));
}

/// deleteacl = "DELETEACL" SP mailbox SP identifier
Parsed<Command> parse_delete_acl(Cursor& in) {
    SetAcl command;
    command.change = SetAcl::Change::erase;
    if (!in.space() || !parse_mailbox(in, command.mailbox) || !in.space() ||
        !parse_identifier(in, command.identifier) || !in.end())
        return in.error();
    return Command(std::move(command));
}

/// listrights = "LISTRIGHTS" SP mailbox SP identifier
Parsed<Command> parse_list_rights(Cursor& in) {
    cmd::ListRights command;
    if (!in.space() || !parse_mailbox(in, command.mailbox) || !in.space() ||
        !parse_identifier(in, command.identifier) || !in.end())
        return in.error();
    return Command(std::move(command));
}

Parsed<Command> parse_get_acl(Cursor& in) { return only_mailbox<cmd::GetAcl>(in); }
Parsed<Command> parse_my_rights(Cursor& in) { return only_mailbox<cmd::MyRights>(in); }

Parsed<Command> parse_get_quota_root(Cursor& in) { return only_mailbox<cmd::GetQuotaRoot>(in); }

/// getquota = "GETQUOTA" SP quota-root-name
Parsed<Command> parse_get_quota(Cursor& in) {
    cmd::GetQuota command;
    if (!in.space() || !in.astring(command.root) || !in.end()) return in.error();
    return Command(std::move(command));
}

/// setquota = "SETQUOTA" SP quota-root-name SP "(" [setquota-resource *(SP setquota-resource)] ")"
Parsed<Command> parse_set_quota(Cursor& in) {
    cmd::SetQuota command;
    const auto resource = [&] {
        std::string name;
        std::uint64_t limit = 0;
        if (!in.upper_atom(name) || !in.space() || !in.number64(limit)) return in.fail("expected limit");
        command.limits.emplace_back(std::move(name), limit);
        return true;
    };
    if (!in.space() || !in.astring(command.root) || !in.space() || !in.open()) return in.error();
    if (!in.skip(')') && !parse_items(in, resource)) return in.error();
    if (!in.end()) return in.error();
    return Command(std::move(command));
}

}  // namespace imap

// The command table, and the way from a frame to its row. RFC 9051 section 9: command.
#include "imap/syntax/parse_command.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "imap/syntax/cursor.hpp"
#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
constexpr std::uint8_t any = state_not_authenticated | state_authenticated | state_selected;
constexpr std::uint8_t not_authenticated = state_not_authenticated;
constexpr std::uint8_t authenticated = state_authenticated | state_selected;
constexpr std::uint8_t selected = state_selected;

// breaks_seq: RFC 9051 section 7.5.1 forbids EXPUNGE while FETCH, STORE or SEARCH run; their UID forms allow
// it.
constexpr std::array table{
    CommandSpec{.name = "APPEND", .parse = parse_append, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "AUTHENTICATE", .parse = parse_authenticate, .states = not_authenticated},
    CommandSpec{.name = "CANCELUPDATE", .parse = parse_cancel_update, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "CAPABILITY",
                .parse = no_arguments<cmd::Capability>,
                .states = any,
                .breaks_seq = true,
                .before_tls = true},
    CommandSpec{.name = "CHECK", .parse = no_arguments<cmd::Check>, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "CLOSE", .parse = no_arguments<cmd::Close>, .states = selected},
    CommandSpec{.name = "COMPARATOR", .parse = parse_comparator, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "COMPRESS", .parse = parse_compress, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "COPY", .parse = parse_copy, .states = selected, .uses_seq = true, .breaks_seq = true},
    CommandSpec{.name = "CREATE", .parse = parse_create, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "DELETE", .parse = parse_delete, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "DELETEACL", .parse = parse_delete_acl, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "ENABLE", .parse = parse_enable, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "ESEARCH", .parse = parse_esearch, .states = authenticated},
    CommandSpec{.name = "EXAMINE", .parse = parse_examine, .states = authenticated},
    CommandSpec{
        .name = "EXPUNGE", .parse = no_arguments<cmd::Expunge>, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "FETCH", .parse = parse_fetch, .states = selected, .uses_seq = true},
    CommandSpec{.name = "GETACL", .parse = parse_get_acl, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "GETMETADATA", .parse = parse_get_metadata, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "GETQUOTA", .parse = parse_get_quota, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "GETQUOTAROOT", .parse = parse_get_quota_root, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "ID", .parse = parse_id, .states = any, .breaks_seq = true, .before_tls = true},
    CommandSpec{
        .name = "IDLE", .parse = no_arguments<cmd::Idle>, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "LANGUAGE", .parse = parse_language, .states = any, .breaks_seq = true, .before_tls = true},
    CommandSpec{.name = "LIST", .parse = parse_list, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "LISTRIGHTS", .parse = parse_list_rights, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "LOGIN", .parse = parse_login, .states = not_authenticated},
    CommandSpec{.name = "LOGOUT", .parse = no_arguments<cmd::Logout>, .states = any, .before_tls = true},
    CommandSpec{.name = "LSUB", .parse = parse_lsub, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "MOVE", .parse = parse_move, .states = selected, .uses_seq = true, .breaks_seq = true},
    CommandSpec{.name = "MYRIGHTS", .parse = parse_my_rights, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "NAMESPACE",
                .parse = no_arguments<cmd::Namespace>,
                .states = authenticated,
                .breaks_seq = true},
    CommandSpec{.name = "NOOP",
                .parse = no_arguments<cmd::Noop>,
                .states = any,
                .breaks_seq = true,
                .before_tls = true},
    CommandSpec{.name = "NOTIFY", .parse = parse_notify, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "RENAME", .parse = parse_rename, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "REPLACE", .parse = parse_replace, .states = selected, .uses_seq = true, .breaks_seq = true},
    CommandSpec{.name = "SEARCH", .parse = parse_search, .states = selected, .uses_seq = true},
    CommandSpec{.name = "SELECT", .parse = parse_select, .states = authenticated},
    CommandSpec{.name = "SETACL", .parse = parse_set_acl, .states = authenticated, .breaks_seq = true},
    CommandSpec{
        .name = "SETMETADATA", .parse = parse_set_metadata, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "SETQUOTA", .parse = parse_set_quota, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "SORT", .parse = parse_sort, .states = selected, .uses_seq = true},
    CommandSpec{.name = "STARTTLS",
                .parse = no_arguments<cmd::StartTls>,
                .states = not_authenticated,
                .before_tls = true},
    CommandSpec{.name = "STATUS", .parse = parse_status, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "STORE", .parse = parse_store, .states = selected, .uses_seq = true},
    CommandSpec{.name = "SUBSCRIBE", .parse = parse_subscribe, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "THREAD", .parse = parse_thread, .states = selected, .uses_seq = true},
    CommandSpec{.name = "UID COPY", .parse = parse_uid_copy, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID EXPUNGE", .parse = parse_uid_expunge, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID FETCH", .parse = parse_uid_fetch, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID MOVE", .parse = parse_uid_move, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID REPLACE", .parse = parse_uid_replace, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID SEARCH", .parse = parse_uid_search, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID SORT", .parse = parse_uid_sort, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID STORE", .parse = parse_uid_store, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UID THREAD", .parse = parse_uid_thread, .states = selected, .breaks_seq = true},
    CommandSpec{.name = "UIDBATCHES", .parse = parse_uid_batches, .states = selected, .breaks_seq = true},
    CommandSpec{
        .name = "UNAUTHENTICATE", .parse = no_arguments<cmd::Unauthenticate>, .states = authenticated},
    CommandSpec{.name = "UNSELECT", .parse = no_arguments<cmd::Unselect>, .states = selected},
    CommandSpec{
        .name = "UNSUBSCRIBE", .parse = parse_unsubscribe, .states = authenticated, .breaks_seq = true},
    CommandSpec{.name = "XLIST", .parse = parse_xlist, .states = authenticated, .breaks_seq = true},
};

constexpr bool by_name(const CommandSpec& a, const CommandSpec& b) { return a.name < b.name; }
static_assert(std::is_sorted(table.begin(), table.end(), by_name), "find_command() searches by halves");

constexpr std::size_t longest_name() {
    std::size_t longest = 0;
    for (const CommandSpec& spec : table) longest = std::max(longest, spec.name.size());
    return longest;
}

/// command name, of one atom or "UID" and another
bool parse_name(Cursor& in, const CommandSpec*& out) {
    const std::size_t start = in.offset();
    const std::string_view from_here = in.rest();
    std::string_view word;
    if (!in.atom(word)) return in.fail("expected command");
    std::size_t length = word.size();
    if (equals_upper(word, "UID")) {
        if (!in.space() || !in.atom(word)) return in.fail("expected command after UID");
        length += 1 + word.size();
    }
    out = find_command(from_here.substr(0, length));
    return out != nullptr || in.fail_at("unknown command", start);
}
}  // namespace

std::span<const CommandSpec> command_table() { return table; }

const CommandSpec* find_command(std::string_view name) {
    std::array<char, longest_name()> upper;
    if (name.size() > upper.size()) return nullptr;
    std::transform(name.begin(), name.end(), upper.begin(), to_upper);
    const std::string_view wanted(upper.data(), name.size());
    const auto row =
        std::lower_bound(table.begin(), table.end(), wanted,
                         [](const CommandSpec& spec, std::string_view n) { return spec.name < n; });
    return row != table.end() && row->name == wanted ? &*row : nullptr;
}

Parsed<ParsedCommand> parse_command(std::string_view frame, std::string& tag_out, ParseMode mode) {
    Cursor in(frame, mode);
    std::string tag;
    if (!in.tag(tag)) return in.error();
    tag_out = tag;
    const CommandSpec* spec = nullptr;
    if (!in.space() || !parse_name(in, spec)) return in.error();
    if (mode.uid_only && spec->uses_seq) {
        in.fail_number(in.offset());
        return in.error();
    }
    auto command = spec->parse(in);
    if (!command) return command.error();
    return ParsedCommand{std::move(tag), spec, std::move(*command)};
}

}  // namespace imap

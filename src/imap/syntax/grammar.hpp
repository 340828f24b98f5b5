// The rule of each command: what follows its name, up to the end of the frame. The rows that use them are in
// parse_command.cpp, the rules in parse_<family>.cpp.
#pragma once
#include "imap/syntax/command.hpp"
#include "imap/syntax/cursor.hpp"

namespace imap {

template <class Struct>
Parsed<Command> no_arguments(Cursor& in) {
    if (!in.end()) return in.error();
    return Command(Struct{});
}

// parse_login.cpp
Parsed<Command> parse_login(Cursor& in);
Parsed<Command> parse_authenticate(Cursor& in);
Parsed<Command> parse_id(Cursor& in);
Parsed<Command> parse_enable(Cursor& in);

// parse_connection.cpp
Parsed<Command> parse_compress(Cursor& in);

// parse_mailbox.cpp
Parsed<Command> parse_select(Cursor& in);
Parsed<Command> parse_examine(Cursor& in);
Parsed<Command> parse_create(Cursor& in);
Parsed<Command> parse_delete(Cursor& in);
Parsed<Command> parse_rename(Cursor& in);
Parsed<Command> parse_subscribe(Cursor& in);
Parsed<Command> parse_unsubscribe(Cursor& in);
Parsed<Command> parse_status(Cursor& in);

// parse_list.cpp
Parsed<Command> parse_list(Cursor& in);
Parsed<Command> parse_lsub(Cursor& in);
Parsed<Command> parse_xlist(Cursor& in);

// parse_acl.cpp
Parsed<Command> parse_set_acl(Cursor& in);
Parsed<Command> parse_delete_acl(Cursor& in);
Parsed<Command> parse_get_acl(Cursor& in);
Parsed<Command> parse_list_rights(Cursor& in);
Parsed<Command> parse_my_rights(Cursor& in);
Parsed<Command> parse_get_quota(Cursor& in);
Parsed<Command> parse_get_quota_root(Cursor& in);
Parsed<Command> parse_set_quota(Cursor& in);

// parse_metadata.cpp
Parsed<Command> parse_get_metadata(Cursor& in);
Parsed<Command> parse_set_metadata(Cursor& in);
bool parse_metadata_entries(Cursor& in, std::vector<std::string>& out);

// parse_append.cpp
Parsed<Command> parse_append(Cursor& in);
Parsed<Command> parse_replace(Cursor& in);
Parsed<Command> parse_uid_replace(Cursor& in);

// parse_fetch.cpp
Parsed<Command> parse_fetch(Cursor& in);
Parsed<Command> parse_uid_fetch(Cursor& in);
bool parse_section(Cursor& in, FetchSection& out);

// parse_find.cpp
Parsed<Command> parse_search(Cursor& in);
Parsed<Command> parse_uid_search(Cursor& in);
Parsed<Command> parse_sort(Cursor& in);
Parsed<Command> parse_uid_sort(Cursor& in);
Parsed<Command> parse_thread(Cursor& in);
Parsed<Command> parse_uid_thread(Cursor& in);
Parsed<Command> parse_esearch(Cursor& in);
Parsed<Command> parse_cancel_update(Cursor& in);

// parse_notify.cpp
Parsed<Command> parse_notify(Cursor& in);

// parse_international.cpp
Parsed<Command> parse_comparator(Cursor& in);
Parsed<Command> parse_language(Cursor& in);

// parse_store.cpp
Parsed<Command> parse_store(Cursor& in);
Parsed<Command> parse_uid_store(Cursor& in);
Parsed<Command> parse_copy(Cursor& in);
Parsed<Command> parse_uid_copy(Cursor& in);
Parsed<Command> parse_move(Cursor& in);
Parsed<Command> parse_uid_move(Cursor& in);
Parsed<Command> parse_uid_expunge(Cursor& in);
Parsed<Command> parse_uid_batches(Cursor& in);

}  // namespace imap

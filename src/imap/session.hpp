// Session: one IMAP connection, from greeting to close (RFC 9051, RFC 3501).
//
// Frames, parses, checks the state, calls the handler, tells what changed and writes the tagged reply. It
// holds no grammar (imap/syntax), no socket (net) and no storage (store); how it waits and writes is in Wire,
// where mailboxes are in Mailboxes. A local variable of serve(); all on the connection's strand. The handlers
// are in commands/, one file for each command or family.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "imap/mailboxes.hpp"
#include "imap/reply.hpp"
#include "imap/resync.hpp"
#include "imap/selected.hpp"
#include "imap/sort/comparator.hpp"
#include "imap/syntax/fetch_writer.hpp"
#include "imap/syntax/parse_command.hpp"
#include "imap/wire.hpp"
#include "store/metadata.hpp"

namespace imap {

class AppendRun;      // commands/append_run.hpp
class ChangeTeller;   // commands/change_teller.hpp
class FetchRun;       // commands/fetch_run.hpp
class SearchRun;      // commands/search_run.hpp
class SearchReturn;   // commands/search_return.hpp
class ColumnReader;   // commands/sort_run.hpp
class SortRun;        // commands/sort_run.hpp
class ThreadRun;      // commands/thread.cpp
class MultiSearch;    // commands/multisearch.cpp
class Notifier;       // notifier.hpp
struct SearchSource;  // commands/search_run.hpp

class Session : private Wire, private Mailboxes {
public:
    Session(net::Connection& connection, const Services& services);
    ~Session();

    /// Runs until the peer leaves or is sent away. Throws base::Bug and what the library throws when there is
    /// a bug.
    awaitable<void> run();
    /// After an exception: says goodbye as well as it can.
    awaitable<void> end_after_bug(std::string what);
    /// One line in the log, when all is over.
    void log_end() const;

private:
    friend class AppendRun;
    friend class ChangeTeller;
    friend class FetchRun;
    friend class SearchRun;
    friend class SearchReturn;
    friend class ColumnReader;
    friend class SortRun;
    friend class ThreadRun;
    friend class MultiSearch;
    friend class Notifier;

    // session.cpp: the story
    void greet();
    awaitable<bool> step();
    awaitable<bool> run_frame(Framer::Found found);
    awaitable<Reply> call(ParsedCommand parsed);
    awaitable<bool> finish(Reply reply);
    awaitable<bool> change_layer(Reply::Then how);
    Reply check_state(const CommandSpec& spec) const;
    bool tells_first(const Command& command) const;
    bool refuse(std::string_view tag, std::string_view reason, std::string_view code = {});

    awaitable<bool> tell_progress(Progress* progress, std::uint64_t done, std::uint64_t goal);

    // updates.cpp: what the client is told of its mailbox
    bool is_behind(bool may_expunge) const;
    store::Takeover wanted(bool may_expunge, const OwnChange* own) const;
    void note_fresh(std::uint32_t appended);
    awaitable<bool> synchronise(bool may_expunge, bool with_uid);
    awaitable<bool> synchronise_to(store::SnapshotPtr newest, bool may_expunge, bool with_uid,
                                   const OwnChange* own);
    awaitable<bool> tell(store::SnapshotPtr before, store::Difference difference, bool with_uid,
                         const OwnChange* own);
    void tell_change(SeqNum seq, bool flags_differ, const store::Snapshot* before, bool with_uid,
                     const OwnChange* own);
    void tell_flags(SeqNum seq, const store::Entry& entry, bool with_uid, bool with_flags);
    awaitable<bool> tell_flags_of(NumberRanges numbers, bool with_uid);
    void write_flag_lists();
    void claim_recent(const store::Snapshot& before);
    void tell_modseq(Reply& reply);

    // notifications.cpp: NOTIFY
    bool follows() const;
    awaitable<bool> wait_for_command();
    awaitable<bool> tell_changes(bool may_expunge);
    awaitable<bool> tell_elsewhere();
    awaitable<void> watch_annotations();
    awaitable<bool> tell_own(store::UidRanges uids);
    awaitable<bool> fetch_unasked(FetchAttributes what, NumberRanges uids);
    void note_own(base::FolderId folder, const std::vector<Uid>* appended = nullptr);
    void note_own(std::string_view name);

    // commands/resynchronise.cpp: QRESYNC
    awaitable<bool> write_vanished_pieces(bool earlier, NumberRanges uids);
    awaitable<std::optional<Reply>> tell_vanished_since(Resync what);
    awaitable<std::optional<Reply>> resynchronise(cmd::Qresync known);

    // Facts
    WriteMode write_mode() const { return WriteMode{utf8_ || rev2_}; }
    std::string capabilities();
    auth::Client client() const;
    void enable_condstore() { condstore_ = true; }
    void deselect();
    bool rights_hold();

    // Handlers, in commands/
    awaitable<Reply> handle(cmd::Capability);
    awaitable<Reply> handle(cmd::Noop);
    awaitable<Reply> handle(cmd::Logout);
    awaitable<Reply> handle(cmd::StartTls);
    awaitable<Reply> handle(cmd::Namespace);
    awaitable<Reply> handle(cmd::Check);
    awaitable<Reply> handle(cmd::Close);
    awaitable<Reply> handle(cmd::Unselect);
    awaitable<Reply> handle(cmd::Compress);
    awaitable<Reply> handle(cmd::Unauthenticate);
    awaitable<Reply> handle(cmd::Idle);
    awaitable<Reply> handle(cmd::Authenticate);
    awaitable<Reply> handle(cmd::Login);
    awaitable<Reply> handle(cmd::Id);
    awaitable<Reply> handle(cmd::Enable);
    awaitable<Reply> handle(cmd::Select);
    awaitable<Reply> handle(cmd::Create);
    awaitable<Reply> handle(cmd::Delete);
    awaitable<Reply> handle(cmd::Rename);
    awaitable<Reply> handle(cmd::Subscribe);
    awaitable<Reply> handle(cmd::Unsubscribe);
    awaitable<Reply> handle(cmd::List);
    awaitable<Reply> handle(cmd::Status);
    awaitable<Reply> handle(cmd::Append);
    awaitable<Reply> handle(cmd::Replace);
    awaitable<Reply> handle(cmd::Expunge);
    awaitable<Reply> handle(cmd::Search);
    awaitable<Reply> handle(cmd::UidBatches);
    awaitable<Reply> handle(cmd::Fetch);
    awaitable<Reply> handle(cmd::Store);
    awaitable<Reply> handle(cmd::Copy);
    awaitable<Reply> handle(cmd::Move);
    awaitable<Reply> handle(cmd::SetAcl);
    awaitable<Reply> handle(cmd::GetAcl);
    awaitable<Reply> handle(cmd::ListRights);
    awaitable<Reply> handle(cmd::MyRights);
    awaitable<Reply> handle(cmd::GetQuota);
    awaitable<Reply> handle(cmd::GetQuotaRoot);
    awaitable<Reply> handle(cmd::SetQuota);
    awaitable<Reply> handle(cmd::GetMetadata);
    awaitable<Reply> handle(cmd::SetMetadata);
    awaitable<Reply> handle(cmd::Thread);
    awaitable<Reply> handle(cmd::MultiSearch);
    awaitable<Reply> handle(cmd::CancelUpdate);
    awaitable<Reply> handle(cmd::Comparator);
    awaitable<Reply> handle(cmd::Language);
    awaitable<Reply> handle(cmd::Notify);

    // message_limit.cpp
    void limit_messages(NumberRanges* numbers, const store::Snapshot& messages);
    std::optional<Reply> refuse_many(std::uint64_t messages, bool saving) const;
    void tell_limit(Reply* reply);
    // commands/filter.cpp
    awaitable<std::optional<Reply>> expand_filters(SearchProgram* program);
    static bool is_sound_filter(std::string_view entry, std::string_view value);
    // commands/find.cpp
    SearchSource selected_source() const;
    std::optional<Reply> refuse_program(const SearchProgram& program) const;
    awaitable<Reply> run_search(const cmd::Search* search, SearchSource source, std::string mailbox);
    // commands/context.cpp
    std::optional<Reply> refuse_update(const cmd::Search& search) const;
    void refuse_updates(std::string_view tag);
    void refuse_numbered_contexts();
    void begin_context(const cmd::Search& search, const SearchSource& source, const NumberRanges& found,
                       const std::vector<std::uint32_t>& order);
    void leave_contexts(const store::Snapshot& before, const store::Difference& difference);
    bool contexts_wait() const;
    awaitable<bool> update_contexts();
    awaitable<bool> update_context(UpdateContext* context);
    awaitable<bool> fetch_added(FetchAttributes what, NumberRanges added);
    // commands/authenticate.cpp
    awaitable<std::optional<std::string>> read_sasl_line();
    awaitable<Reply> logged_in(auth::Outcome outcome);
    // commands/relay.cpp
    void note_hops(std::string_view number);
    bool is_elsewhere(const auth::Identity& identity) const;
    awaitable<Reply> lead_on(auth::Identity identity);
    awaitable<void> carry();
    // commands/list.cpp, status.cpp
    awaitable<store::Result<StatusResponse>> status_of(store::AccountPtr account, base::FolderId folder,
                                                       std::uint16_t items);
    // commands/acl.cpp, quota.cpp
    awaitable<store::Result<store::AccountPtr>> make_commons(bool needed);
    awaitable<std::optional<Reply>> tell_quota(store::AccountPtr account, std::string root);
    awaitable<store::Result<bool>> is_administrator();
    awaitable<Reply> quota_root(std::string root, QuotaRoot* out);
    awaitable<store::Result<store::AclWho>> who_is(std::string identifier);
    awaitable<store::Result<std::optional<std::string>>> name_of(store::AclWho who);
    // commands/metadata.cpp
    awaitable<std::optional<Reply>> annotated(std::string mailbox, Annotated* out);
    awaitable<store::Result<std::map<std::string, std::string>>> annotations(const Annotated* of);
    awaitable<store::Result<void>> touch(const Annotated* place);
    void announce(const Annotated& place, const std::vector<std::string>& entries);
    awaitable<std::optional<Reply>> may_share(Annotated* place);
    awaitable<store::Result<void>> annotate(const Annotated* place, store::MetadataEntries own,
                                            store::MetadataEntries shared);
    awaitable<void> copy_annotations(base::FolderId from, base::FolderId to);
    awaitable<bool> list_metadata(const std::vector<std::string>* names, Annotated place);
    // commands/idle.cpp
    enum class IdleEnd : std::uint8_t { done, other, gone };
    awaitable<IdleEnd> idle_until_line();

    Framer framer_;
    std::string tag_;                    // of the command that runs
    const CommandSpec* spec_ = nullptr;  // of the command that runs or ran last
    State state_ = state_not_authenticated;
    bool condstore_ = false, rev2_ = false, utf8_ = false, qresync_ = false, uid_only_ = false;
    imap::Comparator comparator_ = default_comparator;  // RFC 5255 section 4.2: the active one
    bool literal_non_sync_ = false;  // the message literal that APPEND has before it comes unasked
    bool literal_waits_ = false;     // the framer stands before a literal of APPEND
    std::string limit_;  // response code of the command that runs, when it went over part of its messages
    unsigned bad_in_a_row_ = 0;
    std::uint32_t commands_ = 0;
    std::string user_;
    relay::Course course_;
    std::unique_ptr<Selected> selected_;
    std::unique_ptr<Notifier> notifier_;           // once NOTIFY was used
    std::unique_ptr<Notifier> annotations_watch_;  // ENABLE METADATA, until NOTIFY says more
};

}  // namespace imap

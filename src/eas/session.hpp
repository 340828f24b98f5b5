// Session: one request of one device, from its first octet to its answer. A local of the route's handler, on
// the connection's strand.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eas/colleagues.hpp"
#include "eas/folders.hpp"
#include "eas/items/items.hpp"
#include "eas/mail/draft.hpp"
#include "eas/mail/mail_reader.hpp"
#include "eas/mail/meeting_mail.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/mailbox_view.hpp"
#include "eas/meeting_teller.hpp"
#include "eas/news.hpp"
#include "eas/search_hits.hpp"
#include "eas/services.hpp"
#include "eas/session_parts.hpp"
#include "eas/syntax/compose_request.hpp"
#include "eas/syntax/held_policy.hpp"
#include "eas/syntax/meeting_answer.hpp"
#include "eas/syntax/query.hpp"
#include "eas/syntax/search_request.hpp"
#include "http/exchange.hpp"
#include "wbxml/document.hpp"

namespace eas {

class WaitingPing;
struct FileSources;

struct Answer {
    Answer();
    ~Answer();
    Answer(Answer&&) noexcept;
    Answer& operator=(Answer&&) noexcept;

    unsigned status = 200;
    std::string body;                    ///< WBXML, unless `type` says otherwise
    std::string type;                    ///< empty: WBXML
    http::Fields fields;                 ///< besides those of every answer
    bool gone = false;                   ///< there is nobody to answer
    std::unique_ptr<WaitingPing> later;  ///< instead of all that: who will answer
};
/// Takes the fields out of it.
http::ResponseHead head_of(Answer* answered);

/// What one collection of a Sync has to say.
struct CollectionAnswer;
struct DraftThread;
struct PlanFacts;

class Session {
public:
    Session(http::Exchange exchange, ServicesPtr services);
    /// Answers, unless it returns who will: then the session has done its part.
    awaitable<std::unique_ptr<WaitingPing>> run();

private:
    // session.cpp: what comes before a command, and behind it
    awaitable<Answer> answer();
    std::optional<Answer> read_query();
    awaitable<Answer> answer_command();
    awaitable<std::optional<Answer>> log_in();
    awaitable<std::optional<Answer>> read_body();
    void forget_body();
    awaitable<std::optional<Answer>> find_device();
    std::optional<Answer> check_access() const;
    awaitable<std::optional<Answer>> load_policy();
    std::optional<Answer> check_policy_key() const;
    awaitable<std::string> login_name(std::string given);
    Answer options() const;
    /// The device's rows, and then the turn is over. False: they were not written.
    awaitable<bool> save();
    Answer common(int status) const;  ///< of 14.0 and later; HTTP says it to older ones
    static Answer http(unsigned status);
    Answer wbxml(std::string body) const;
    Answer failed(const store::Error& error) const;
    wbxml::Element root() const { return document_ ? document_->root() : wbxml::Element(); }
    std::int64_t now() const { return base::unix_seconds(services_->clock.now()); }
    const Limits& limits() const { return services_->limits; }
    Deadline deadline() const { return std::chrono::steady_clock::now() + limits().answer_time; }

    // dispatch.cpp
    awaitable<Answer> run_command();
    awaitable<Answer> not_served();

    // commands/
    awaitable<Answer> provision();
    void acknowledge_wipe(int done, ProvisionAnswer& out);
    awaitable<Answer> folder_sync();
    awaitable<Answer> get_hierarchy();
    awaitable<Answer> folder_create();
    awaitable<Answer> folder_update();
    awaitable<Answer> folder_delete();
    Answer folder_changed(int status, std::string_view server_id);
    bool hierarchy_key_fits(std::string_view key) const;
    // shared_folders.cpp: what is somebody else's
    Answer join_shared(base::FolderId id, std::string_view name);
    awaitable<Answer> leave_shared(const store::FolderInfo* folder, std::string_view server_id);
    awaitable<store::Result<OpenedFolder>> open_folder(base::FolderId id);
    awaitable<bool> may_be_meeting(store::FolderPtr folder, base::Uid uid, store::FolderKind kind);
    awaitable<void> keep_meetings(CollectionAnswer* out, store::UidRanges* uids);

    awaitable<Answer> sync();
    /// The device has waited for this answer as long as it may.
    bool is_late() const { return std::chrono::steady_clock::now() - answer_began_ > limits().answer_time; }
    awaitable<News::End> wait_for_news(std::uint32_t seconds);
    awaitable<Answer> sync_once(const SyncRequest* request, bool may_wait, bool* nothing);
    awaitable<CollectionAnswer> sync_collection(const SyncCollection* request, std::size_t window);
    awaitable<void> open_collection(CollectionAnswer* out);
    awaitable<void> run_commands(CollectionAnswer* out);
    awaitable<CommandResult> run_change(CollectionAnswer* out, const SyncCommand* command);
    awaitable<std::optional<int>> change_mail(CollectionAnswer* out, const SyncCommand* command,
                                              base::Uid uid);
    awaitable<void> run_deletes(CollectionAnswer* out);
    awaitable<CommandResult> run_add(CollectionAnswer* out, const SyncCommand* command);
    awaitable<void> find_threads(CollectionAnswer* out);
    awaitable<std::optional<DraftThread>> thread_of_draft(store::FolderPtr folder, base::Uid uid);
    awaitable<void> run_fetches(CollectionAnswer* out);
    awaitable<store::Result<MailItem>> fetch_item(store::FolderPtr folder, base::Uid uid,
                                                  ItemOptions options);
    awaitable<void> tell_changes(CollectionAnswer* out, std::size_t window);
    awaitable<store::Result<Plan>> next_plan(CollectionAnswer* out, std::size_t steps);
    static void break_off(CollectionAnswer* out);
    void leave_unsettled(CollectionAnswer* out);
    awaitable<bool> render(CollectionAnswer* out, Plan* plan);
    awaitable<bool> render_mail(wbxml::Encoder* to, CollectionAnswer* out, Plan* plan, const Step* step,
                                const PlanFacts* facts);
    awaitable<bool> render_item(wbxml::Encoder* to, const CollectionAnswer* out, Plan* plan, const Step* step,
                                store::DetailPtr detail);
    void leave_out(const CollectionAnswer* out, Plan* plan, base::Uid uid, const store::Error& why) const;
    void write_collection(wbxml::Encoder& to, const CollectionAnswer& answer) const;
    // sync_items.cpp: items other than mail
    store::FolderKind kind_of_folder(base::FolderId folder) const;
    bool is_sent_mail(base::FolderId folder) const;  ///< the user's own
    bool is_item_folder(base::FolderId folder) const {
        return kind_of_folder(folder) != store::FolderKind::mail;
    }
    std::int64_t window_of(store::FolderKind kind, std::uint8_t filter) const;
    bool shows_conversations(bool asked) const;
    ItemContext item_context(const CollectionAnswer& out) const;
    ItemView item_view(const ItemOptions& options, ItemId id) const;
    awaitable<store::Result<store::Incoming>> make_item(store::FolderKind kind, const pim::Component* item,
                                                        const FileSources* files);
    std::string uid_of_add(const CollectionAnswer& out, const SyncCommand& command) const;
    awaitable<store::Result<base::Uid>> find_recent(CollectionAnswer* out, std::string begin);
    awaitable<store::Result<base::Uid>> find_retried(CollectionAnswer* out, std::string uid);
    awaitable<store::Result<void>> note_recent(CollectionAnswer* out);
    awaitable<CommandResult> add_again(CollectionAnswer* out, const SyncCommand* command,
                                       CommandResult known);
    awaitable<store::Result<bool>> says_the_same(const CollectionAnswer* out, const SyncCommand* command,
                                                 store::Entry entry);
    awaitable<CommandResult> add_item(CollectionAnswer* out, const SyncCommand* command);
    awaitable<CommandResult> change_item(CollectionAnswer* out, const SyncCommand* command);
    awaitable<CommandResult> revise_item(CollectionAnswer* out, const SyncCommand* command,
                                         store::Entry entry);
    awaitable<void> write_fetched_item(wbxml::Encoder* to, wbxml::Element element, ItemId id,
                                       FetchedParts* parts);
    awaitable<store::Result<pim::Component>> fetch_stored(store::FolderPtr folder, base::Uid uid,
                                                          store::FolderKind kind);
    // invitations.cpp: what an organizer's device changes, and the server tells (16.0)
    awaitable<pim::itip::Owner> owner_of_mailbox();
    awaitable<MeetingChange> plan_meeting(store::FolderKind kind, const pim::Component* before,
                                          pim::Component* after);
    MeetingTeller teller() const;
    awaitable<bool> asks_to_orphan(const MailItem* item);
    awaitable<std::vector<RemovedMeeting>> meetings_to_remove(const CollectionAnswer* out,
                                                              const store::UidRanges* uids);
    awaitable<void> call_off(std::vector<RemovedMeeting>* meetings, store::Error failed);
    // meeting_response.cpp
    awaitable<Answer> meeting_response();
    awaitable<MeetingResult> respond(const MeetingAnswer* request);
    awaitable<MeetingResult> respond_to_mail(const MeetingAnswer* request, ItemId id);
    awaitable<MeetingResult> answer_meeting(const MeetingAnswer* request, const AskedBy* by);
    awaitable<MeetingResult> find_asked(const MeetingAnswer* request, const AskedBy* by, AskedMeeting* out);
    awaitable<MeetingResult> asked_in_calendar(const MeetingAnswer* request, ItemId id, AskedMeeting* out);
    awaitable<MeetingResult> asked_by_mail(const pim::itip::Message* message, AskedMeeting* out);
    awaitable<store::Result<void>> read_meeting(store::FolderPtr folder, base::Uid uid, MailedMeeting* out);
    awaitable<store::Error> shelve(AskedMeeting* asked, const MailedFiles* files);
    awaitable<MeetingResult> keep_answer(const MeetingAnswer* request, const AskedBy* by,
                                         AskedMeeting* asked);
    awaitable<int> send_reply(const MeetingAnswer* request, const AskedMeeting* asked);
    awaitable<void> move_to_deleted(store::FolderPtr folder, base::Uid uid);

    awaitable<Answer> get_item_estimate();
    awaitable<std::pair<int, std::size_t>> estimate(wbxml::Element collection);
    awaitable<Answer> ping();
    PingAnswer take_ping(std::vector<base::FolderId>* folders, std::uint32_t* seconds);
    awaitable<Answer> compose();
    Answer sent_answer(int status) const;
    Post post() const;
    awaitable<store::Result<Original>> read_original(ItemId id, bool with_parts);
    awaitable<store::Result<std::vector<std::string>>> read_parts(MessageOctets* message,
                                                                  std::vector<std::uint32_t> parts);
    awaitable<void> mark_answered(ItemId id);
    // compose_meeting.cpp
    awaitable<int> read_about(const ComposeRequest* request, ItemId id, Original* out,
                              std::optional<PassedMeeting>* passed);
    awaitable<int> read_meeting_about(const ComposeRequest* request, ItemId id, Original* out,
                                      std::optional<PassedMeeting>* passed);
    awaitable<store::Result<std::optional<ItemId>>> find_organized(const pim::itip::Message* asked);
    awaitable<void> note_asked(const PassedMeeting* passed);
    awaitable<store::Result<void>> ask_in_calendar(const PassedMeeting* passed);
    awaitable<store::Result<ShelvedEvent>> read_event(ItemId id);
    awaitable<std::string> write_passed(const ComposeRequest* request, const Original* original,
                                        const PassedMeeting* passed);
    awaitable<void> tell_organizer(const PassedMeeting* passed);
    awaitable<Answer> move_items();

    awaitable<store::Result<Draft>> read_draft(ItemId id, const DraftChanges* changes, BodyRoom::Share* room);
    awaitable<store::Result<std::string>> make_draft(std::optional<ItemId> former,
                                                     const DraftChanges* changes, std::string message_id,
                                                     BodyRoom::Share* room);
    std::uint64_t sent_mark(const CollectionAnswer& out, const SyncCommand& command) const;
    bool was_sent(const CollectionAnswer& out, const SyncCommand& command) const;
    awaitable<int> send_draft(const CollectionAnswer* out, const SyncCommand* command, std::string message);
    awaitable<void> remove_sent(CollectionAnswer* out, std::string of_add);
    awaitable<store::Result<base::Uid>> keep_draft(store::FolderPtr folder, std::string message,
                                                   std::optional<ItemId> former);
    awaitable<CommandResult> change_draft(CollectionAnswer* out, const SyncCommand* command, ItemId id,
                                          const DraftChanges* changes);

    awaitable<store::Result<AttachmentRequest>> find_attachment(std::string reference);
    awaitable<Answer> item_operations();
    awaitable<Answer> get_attachment();
    awaitable<store::Result<AttachmentOctets>> fetch_attachment(std::string reference,
                                                                std::optional<PlaceRange> range,
                                                                std::size_t octets_max,
                                                                std::uint64_t* read_room);
    awaitable<void> write_fetched_attachment(wbxml::Encoder* to, wbxml::Element element, FetchedParts* parts);
    awaitable<void> write_fetched(wbxml::Encoder* to, wbxml::Element element, FetchedParts* parts);
    awaitable<void> write_emptied(wbxml::Encoder* to, wbxml::Element element);
    awaitable<int> empty_folder(base::FolderId id, bool with_folders);
    // move_conversation.cpp
    int conversation_target(std::string_view text, base::FolderId* out) const;
    awaitable<int> move_conversation(base::ThreadId conversation, base::FolderId target, bool always);
    awaitable<void> write_moved(wbxml::Encoder* to, wbxml::Element element);

    awaitable<Answer> settings();
    awaitable<bool> settings_property(wbxml::Encoder* to, wbxml::Element property);
    awaitable<void> settings_oof(wbxml::Encoder* to, wbxml::Element oof);
    awaitable<void> settings_user(wbxml::Encoder* to);
    awaitable<int> keep_recovery_password(wbxml::Element property);

    awaitable<Answer> search();
    awaitable<Answer> find();
    awaitable<void> search_mailbox(wbxml::Encoder* to, const SearchRequest* request);
    awaitable<void> find_in_mailbox(wbxml::Encoder* to, const SearchRequest* request);
    std::vector<base::FolderId> searched_folders(const MailQuery& query) const;
    awaitable<void> find_candidates(const MailQuery* query, base::FolderId id, std::vector<SearchHit>* hits);
    awaitable<std::vector<SearchHit>> find_mail(MailQuery query, std::size_t wanted, Deadline until);
    awaitable<std::vector<SearchHit>> find_items(const MailQuery* query, std::size_t wanted, Deadline until);
    awaitable<void> search_people(wbxml::Encoder* to, const SearchRequest* request);
    awaitable<std::size_t> write_hit(wbxml::Encoder* to, const SearchHit* hit, const ItemOptions* options);
    awaitable<store::Result<std::vector<std::vector<Person>>>> find_people(std::vector<std::string> texts,
                                                                           std::size_t most);
    awaitable<store::Result<std::vector<std::vector<Person>>>> walk_people(std::vector<std::string> texts,
                                                                           std::size_t most);
    awaitable<store::Result<std::vector<std::vector<Person>>>> resolve(std::vector<std::string> names,
                                                                       std::size_t most);
    awaitable<Colleagues> colleagues();
    awaitable<Answer> resolve_recipients();
    awaitable<Answer> validate_cert();

    http::Exchange exchange_;
    const ServicesPtr services_;
    Query query_;
    QueryFault query_fault_ = QueryFault::none;  ///< of the device alone: others are answered at once
    std::uint16_t version_ = 0;
    auth::Identity identity_;
    MailboxViewPtr account_;
    std::string body_;
    BodyRoom::Share body_room_;                // for body_
    std::optional<wbxml::Document> document_;  // of body_
    DeviceKey key_;
    LiveDevicePtr live_;
    LiveDevice::Turn turn_;
    std::uint64_t number_ = 0;  // of this request among the device's Syncs and Pings
    DeviceRows rows_;
    DeviceChanges changes_;
    PolicySettings policy_;                // that holds for the mailbox
    HeldPolicy held_;                      // what of it is the server's to hold to
    std::map<std::string, bool> orphans_;  // UIDs that mails name an occurrence of: none is in a calendar
    std::chrono::steady_clock::time_point answer_began_;  // of a Sync
    std::size_t fetched_bytes_ = 0;   // by Fetch commands of a Sync, of all its collections
    std::uint64_t copied_bytes_ = 0;  // of events with files that a Sync writes anew
    bool transient_ = false;          // a probe that keeps no state
};

}  // namespace eas

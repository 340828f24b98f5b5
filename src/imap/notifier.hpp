// Notifier: what a client asked to hear with NOTIFY (RFC 5465), and how far it was told.
//
// Nothing is polled and no folder is opened: an account tells its subscribers that something happened, and
// its tree and its notices (store/notices.hpp) say what. A session keeps one mark for each account, however
// many folders that has. Who is too slow finds less, each thing once; who is far too slow is told so (section
// 5.8). Belongs to a session and lives on its strand; only NotifyWatcher is called from elsewhere.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "imap/folder_news.hpp"
#include "imap/mailbox_filters.hpp"
#include "imap/place.hpp"
#include "imap/syntax/command.hpp"
#include "net/connection.hpp"

namespace imap {

using boost::asio::awaitable;

class Session;

/// Told by accounts, on any thread.
class NotifyWatcher final : public store::Subscriber {
public:
    explicit NotifyWatcher(std::shared_ptr<net::Waker> waker) : waker_(std::move(waker)) {}
    void changed() noexcept override {
        happened_.store(true, std::memory_order_release);
        waker_->wake(net::event_mail);
    }
    /// Once for all that happened so far.
    bool take() { return happened_.exchange(false, std::memory_order_acq_rel); }

private:
    std::shared_ptr<net::Waker> waker_;
    std::atomic<bool> happened_{false};
};

class Notifier {
public:
    /// \param notify NONE, or a SET without events that there are not
    Notifier(Session& session, cmd::Notify notify);
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Of all mailboxes and of the server: what ENABLE METADATA asks for (RFC 5464 section 4.1).
    static cmd::Notify all_annotations();
    /// Not NOTIFY: nothing but annotations is ever told, and what was lost is lost.
    void be_quiet() { quiet_ = true; }

    /// Begins to listen, and says how things stand.
    awaitable<Reply> start(bool with_status);
    /// What happened since. False: the session is over.
    awaitable<bool> tell();

    // Of the selected mailbox.
    bool wants_messages() const { return (selected_events_ & NotifyGroup::message_new) != 0; }
    bool wants_flags() const { return (selected_events_ & NotifyGroup::flag_change) != 0; }
    bool delays_expunge() const { return delays_expunge_; }
    const FetchAttributes& fetch() const { return fetch_; }

    /// What the running command has done itself: that is not news to the client (section 5).
    void note_own(base::FolderId folder) { own_folders_.insert(folder); }
    void note_own(std::string_view name) { own_names_.emplace_back(name); }

private:
    struct Group {
        MailboxFilters filters;
        std::uint16_t events = 0;
    };
    /// An account that is listened to.
    struct Source {
        store::AccountPtr account;
        std::string prefix;
        store::FolderTreePtr tree;  ///< as it was told
        bool speaks_for_server = false;
        std::uint64_t mark = 0;  ///< notices up to here were told
        store::SubscriptionPtr subscription;
    };
    using Sources = std::map<base::AccountId, Source>;
    /// A name to be listed.
    struct Listed {
        std::optional<std::string> old_name;
        std::uint32_t attributes = 0;  ///< beside those that it has
    };
    /// A folder that has another UIDVALIDITY than the one of its name before it.
    struct Anew {
        base::AccountId account;
        base::FolderId folder;
        std::uint16_t items = 0;  ///< of STATUS
    };
    /// What is to be said of one folder.
    struct Said {
        std::uint16_t items = 0;           ///< of STATUS
        std::vector<std::string> entries;  ///< of METADATA
    };

    // notifier.cpp: how things stand, and what happened in folders
    awaitable<store::Error> find_sources();
    void listen(store::AccountPtr account, std::string prefix);
    std::uint16_t events_of(const Source& source, const store::FolderInfo& folder) const;
    std::uint16_t events_of(const Source& source, std::string_view name) const;
    bool is_own(const Source& source) const;
    bool is_selected(base::FolderId folder) const;
    store::Rights rights_in(const Source& source, const store::FolderInfo& folder) const;
    awaitable<bool> tell_state(base::AccountId account, bool with_status);
    awaitable<bool> tell_status(base::AccountId account, base::FolderId folder, std::uint16_t items);
    awaitable<bool> tell_notices(base::AccountId account);
    void sort_notices(const Source& source, const store::NoticesRead& read,
                      std::map<base::FolderId, Said>& said) const;
    std::uint16_t items_of(store::Notice::Kind kind, std::uint16_t events, bool own) const;
    std::uint16_t first_items(std::uint16_t events, bool own) const;
    void write_no_access(const std::string& name);
    void overflow();

    // notifier_names.cpp: what happened to names
    void note_names(Source& source);
    void note_left(Source& source);
    void note_news(const Source& source, const FolderNews& news);
    void note_come_or_gone(const Source& source, const FolderNews& news, std::uint16_t events);
    void note_subscriptions(const Source& source, const store::FolderTree& before);
    bool did_itself(std::string_view name) const;
    awaitable<bool> tell_names();
    awaitable<bool> list_names();

    Session& session_;
    std::vector<Group> groups_;     // of other than the selected mailbox
    std::uint16_t all_events_ = 0;  // of these
    std::uint16_t selected_events_ = 0;
    bool delays_expunge_ = false, quiet_ = false;
    FetchAttributes fetch_;
    std::map<std::string, Listed> listed_;
    std::vector<Anew> anew_;
    std::set<base::FolderId> no_access_;  // said so
    std::set<base::FolderId> own_folders_;
    std::vector<std::string> own_names_;
    NotifyWatcher watcher_;
    Sources sources_;  // last: its subscriptions end before what they tell
};

}  // namespace imap

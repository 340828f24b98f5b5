// Client: one IMAP client, sans I/O. It makes command lines and reads answers; what it may not be told ends
// the play with a Violation. Its cache outlives its connections when it uses QRESYNC.
#pragma once
#include <deque>
#include <string>
#include <utility>

#include "model/ledger.hpp"
#include "model/view.hpp"

namespace model {

enum class Mode : std::uint8_t { plain, rev2, condstore, qresync, uid_only };

/// What NOTIFY (RFC 5465) has asked for of the selected mailbox.
enum class Hearing : std::uint8_t {
    plain,    ///< NOTIFY was not used
    at_once,  ///< selected: all of it, at any time
    delayed,  ///< selected-delayed: EXPUNGE as ever, all else at any time
    deaf      ///< NONE, or of other mailboxes only
};

/// A command that waits for its tagged answer.
struct Pending {
    enum class Kind : std::uint8_t { other, select, leave, idle, store, search, login, transfer, notify };
    Kind kind = Kind::other;
    std::string tag, line;
    bool numbered = false;  ///< FETCH, STORE, SEARCH, SORT by number: no EXPUNGE may be told
    bool lenient = false;   ///< sent behind others: it may be BAD, since the mailbox is not what it was
    bool silent = false;    ///< STORE.SILENT
    char how = '+';
    Flags flags;
    std::vector<std::uint32_t> uids;  ///< of STORE.SILENT
    std::string mailbox;              ///< of SELECT
    std::string text;                 ///< of APPEND
    bool resumes = false;             ///< SELECT with QRESYNC, with what the cache was then:
    std::map<std::uint32_t, Message> cache;
    std::uint32_t cache_validity = 0;
    std::uint64_t cache_modseq = 0;
    bool knows_all = false;            ///< QRESYNC without a set of uids: everything that changed is told
    std::vector<std::uint32_t> found;  ///< what a SEARCH has answered
    std::set<std::uint32_t> modified;
    Hearing hearing = Hearing::plain;  ///< of NOTIFY
    std::uint64_t modseq_seen = 0, modseq_told = 0;
};

class Client {
public:
    Client(unsigned number, std::string user, Mode mode, Ledger& ledger)
        : number_(number), user_(std::move(user)), mode_(mode), ledger_(ledger) {}

    // The connection.
    void connected();
    void lost();  ///< by whatever end: what was asked for and not answered is unknown
    bool online() const { return online_; }
    bool ended() const { return bye_; }
    /// Takes octets of the server; whole answers are replayed, the rest waits.
    void hear(std::string_view octets);
    /// Octets for the server, once.
    std::string take_output() { return std::exchange(output_, {}); }

    // Commands.
    Pending& send(std::string line, Pending::Kind kind = Pending::Kind::other);
    void login();
    void select(const std::string& mailbox, bool examine, unsigned how);
    void idle();
    void done();
    void notify(Hearing hearing);

    const std::string& user() const { return user_; }
    unsigned number() const { return number_; }
    Mode mode() const { return mode_; }
    /// What it will be when all is answered that was sent.
    Hearing hearing() const { return asked_hearing_; }
    bool has_modseq() const { return mode_ >= Mode::condstore; }
    bool selected() const { return selected_; }
    bool examined() const { return examined_; }
    bool idling() const {
        return !pending_.empty() && pending_.back().kind == Pending::Kind::idle && !done_sent_;
    }
    const std::deque<Pending>& pending() const { return pending_; }
    const View& view() const { return view_; }
    const std::string& mailbox() const { return mailbox_; }
    const std::string& mailbox_id() const { return mailbox_id_; }
    std::uint32_t validity() const { return validity_; }
    std::uint64_t modseq() const { return modseq_; }
    const std::vector<std::uint32_t>& found() const { return found_; }
    std::uint64_t commands() const { return tags_; }
    bool remembers(const std::string& mailbox) const {
        return cache_.contains(mailbox) && cache_.at(mailbox).validity != 0;
    }
    /// What was said by both, for a report.
    const std::deque<std::string>& talk() const { return talk_; }

private:
    struct Remembered {
        std::uint32_t validity = 0;
        std::uint64_t modseq = 0;
        std::map<std::uint32_t, Message> messages;
    };

    void answer(const std::string& text, const std::vector<std::string>& literals);
    void untagged(std::string_view text, const std::vector<std::string>& literals);
    void counted(std::uint32_t number, std::string_view what, const std::vector<std::string>& literals);
    void condition(std::string_view text);
    void vanished(std::string_view text);
    void codes(std::string_view text);
    void copied(std::string_view code);
    void tagged(std::string_view text);
    void completed(Pending& done, bool ok, std::string_view text);
    void resumed(Pending& done);
    void fetched(std::uint32_t number, std::string_view what, const std::vector<std::string>& literals);
    bool selecting() const;
    void leave();
    void remember();
    void note(std::string_view who, std::string_view text);
    [[noreturn]] void fail(const std::string& what) const;

    const unsigned number_;
    const std::string user_;
    const Mode mode_;
    Ledger& ledger_;

    bool online_ = false, bye_ = false, done_sent_ = false;
    Hearing hearing_ = Hearing::plain, asked_hearing_ = Hearing::plain;
    std::string input_, output_;
    std::deque<Pending> pending_;
    std::uint64_t tags_ = 0;
    std::deque<std::string> talk_;

    bool selected_ = false, examined_ = false;
    std::string mailbox_, mailbox_id_;
    std::uint32_t validity_ = 0;
    std::uint64_t modseq_ = 0;        // what it may remember: RFC 7162 section 6
    std::uint64_t highest_told_ = 0;  // last HIGHESTMODSEQ of this SELECT
    View view_;
    std::map<std::string, Remembered> cache_;  // by the name that was selected
    std::vector<std::uint32_t> found_;
};

}  // namespace model

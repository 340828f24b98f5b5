// A client's commands, and what it remembers of a mailbox that it leaves.
#include "model/client.hpp"

#include <fmt/format.h>

namespace model {

namespace {

constexpr std::size_t talk_max = 40;

}  // namespace

void Client::fail(const std::string& what) const {
    throw Violation(fmt::format("client {}: {}", number_, what));
}

void Client::note(std::string_view who, std::string_view text) {
    talk_.push_back(fmt::format("{}{}: {}", number_, who, text));
    if (talk_.size() > talk_max) talk_.pop_front();
}

void Client::connected() {
    online_ = true;
    bye_ = done_sent_ = selected_ = false;
    hearing_ = asked_hearing_ = Hearing::plain;
    view_ = View(mode_ != Mode::uid_only);
    input_.clear();
    output_.clear();
    pending_.clear();
    Pending& greeting = pending_.emplace_back();
    greeting.tag = "*greeting";
}

void Client::lost() {
    if (!online_) return;
    for (const Pending& one : pending_)
        if (one.kind == Pending::Kind::transfer) ledger_.any_may_go();
    leave();
    pending_.clear();
    online_ = false;
    note("E", "close");
}

Pending& Client::send(std::string line, Pending::Kind kind) {
    Pending& one = pending_.emplace_back();
    one.kind = kind;
    one.tag = fmt::format("c{}x{}", number_, ++tags_);
    one.line = line;
    one.lenient = pending_.size() > 1;
    note("C", one.tag + " " + line);
    output_ += one.tag + " " + line + "\r\n";
    return one;
}

void Client::done() {
    done_sent_ = true;
    note("C", "DONE");
    output_ += "DONE\r\n";
}

void Client::idle() {
    for (const Pending& one : pending_)
        if (one.kind == Pending::Kind::idle) return;  // one DONE at a time
    send("IDLE", Pending::Kind::idle);
}

void Client::notify(Hearing hearing) {
    constexpr const char* all = "(MessageNew (UID FLAGS) MessageExpunge FlagChange)";
    constexpr const char* elsewhere = "(personal (MessageNew MessageExpunge FlagChange MailboxName))";
    std::string line = "NOTIFY NONE";
    if (hearing == Hearing::at_once) line = fmt::format("NOTIFY SET (selected {}) {}", all, elsewhere);
    if (hearing == Hearing::delayed) line = fmt::format("NOTIFY SET (selected-delayed {})", all);
    asked_hearing_ = hearing;
    send(std::move(line), Pending::Kind::notify).hearing = hearing;
}

void Client::login() {
    send("LOGIN " + user_ + " secret", Pending::Kind::login);
    if (mode_ == Mode::rev2) send("ENABLE IMAP4rev2");
    if (mode_ == Mode::condstore) send("ENABLE CONDSTORE");
    if (mode_ == Mode::qresync) send("ENABLE QRESYNC");
    if (mode_ == Mode::uid_only) send("ENABLE QRESYNC UIDONLY");
}

/// \param how 0: knows no more than the modseq, 1: which uids it has, 2: sequence match data too
void Client::select(const std::string& mailbox, bool examine, unsigned how) {
    std::string line = fmt::format("{} {}", examine ? "EXAMINE" : "SELECT", mailbox);
    const auto known = cache_.find(mailbox);
    bool resumes = false, knows_all = false;
    if (mode_ >= Mode::qresync && known != cache_.end() && known->second.validity != 0 && !selected_) {
        const Remembered& cache = known->second;
        std::string set, match;
        if (how != 0 && !cache.messages.empty()) set = fmt::format(" 1:{}", cache.messages.rbegin()->first);
        if (how == 2 && mode_ != Mode::uid_only && !set.empty()) {
            std::string numbers, uids;
            std::size_t at = 0;
            for (const auto& [uid, message] : cache.messages) {
                if (++at % 3 != 1) continue;
                numbers += fmt::format("{}{}", numbers.empty() ? "" : ",", at);
                uids += fmt::format("{}{}", uids.empty() ? "" : ",", uid);
            }
            match = fmt::format(" ({} {})", numbers, uids);
        }
        resumes = true;
        knows_all = set.empty();
        line += fmt::format(" (QRESYNC ({} {}{}{}))", cache.validity, cache.modseq, set, match);
    } else if (mode_ == Mode::condstore) {
        line += " (CONDSTORE)";
    }
    Pending& one = send(std::move(line), Pending::Kind::select);
    one.mailbox = mailbox;
    one.resumes = resumes;
    one.knows_all = knows_all;
    if (!resumes) return;
    one.cache = known->second.messages;
    one.cache_validity = known->second.validity;
    one.cache_modseq = known->second.modseq;
}

/// The mailbox is closed: with QRESYNC all that is known of it is kept, if it is all there is.
void Client::leave() {
    if (selected_) remember();
    selected_ = false;
    view_ = View(mode_ != Mode::uid_only);
    mailbox_.clear();
    mailbox_id_.clear();
    validity_ = 0;
    modseq_ = highest_told_ = 0;
}

void Client::remember() {
    if (mode_ < Mode::qresync) return;
    Remembered& cache = cache_[mailbox_];
    cache = Remembered();
    if (!view_.complete() || modseq_ == 0) return;
    cache.validity = validity_;
    cache.modseq = modseq_;
    for (const Message& message : view_.messages()) cache.messages[message.uid] = message;
}

}  // namespace model

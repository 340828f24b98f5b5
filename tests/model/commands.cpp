// What a client may think of doing next.
#include <algorithm>

#include <fmt/format.h>

#include "model/world.hpp"

namespace model {

namespace {

constexpr const char* of_demo[] = {"INBOX",
                                   "INBOX",
                                   "Work",
                                   "Work",
                                   "Work",
                                   "Job",
                                   "Play",
                                   "Play2",
                                   "Trash",
                                   "\"Public/News\"",
                                   "\"Public/News\"",
                                   "\"Public/Notes\""};
constexpr const char* of_two[] = {"\"Other Users/demo/Work\"", "\"Other Users/demo/Work\"",
                                  "\"Other Users/demo/Job\"",  "\"Other Users/demo/INBOX\"",
                                  "\"Public/News\"",           "\"Public/News\"",
                                  "\"Public/Notes\""};
constexpr const char* some_flags[] = {"\\Seen",  "\\Flagged", "\\Deleted", "\\Answered",
                                      "\\Draft", "Alpha",     "Beta"};
constexpr std::uint32_t not_told_max = 300;  // uids behind the last known one that a command may reach

std::string mailbox_of(const Client& client, Chance& chance) {
    return client.user() == "demo" ? chance.of(of_demo) : chance.of(of_two);
}

/// A set of messages: by number or by uid, and the uids that it may mean.
struct Target {
    std::string set;
    bool by_uid = false;
    std::vector<std::uint32_t> uids;  ///< known to be meant, or maybe meant
};

class Actor {
public:
    Actor(Client& client, Chance& chance, Ledger& ledger, std::size_t step)
        : client_(client), chance_(chance), ledger_(ledger), step_(step), quiet_(client.pending().empty()) {}

    void act();

private:
    Target target(std::uint32_t most);
    void uids_between(std::size_t slot, std::vector<std::uint32_t>& out) const;
    std::string prefix(const Target& target) const { return target.by_uid ? "UID " : ""; }
    void outside();
    void inside();
    void folders();
    void append();
    void store();
    void fetch();
    void search();
    void transfer();
    void replace();
    void notify();
    void expunge();
    void may_go(const std::vector<std::uint32_t>& uids);
    Flags flags(bool deleted);

    Client& client_;
    Chance& chance_;
    Ledger& ledger_;
    const std::size_t step_;
    const bool quiet_;  // nothing is under way: numbers mean what the client thinks
    /// News come at any time (RFC 5465 section 5.3): a number may mean another message when it arrives, and
    /// what was told may be older than a command or newer.
    bool surprised() const {
        return client_.hearing() == Hearing::at_once || client_.hearing() == Hearing::delayed;
    }
};

std::string list_of(const Flags& flags) {
    std::string out;
    for (const std::string& flag : flags) out += (out.empty() ? "" : " ") + flag;
    return out;
}

/// Of a message whose uid was not told: all that it may be.
void Actor::uids_between(std::size_t slot, std::vector<std::uint32_t>& out) const {
    const auto& all = client_.view().messages();
    if (all[slot].uid != 0) {
        out.push_back(all[slot].uid);
        return;
    }
    std::uint32_t first = 1, last = 0;
    for (std::size_t i = slot; i-- > 0;)
        if (all[i].uid != 0) {
            first = all[i].uid + 1;
            break;
        }
    for (std::size_t i = slot + 1; i < all.size() && last == 0; ++i)
        if (all[i].uid != 0) last = all[i].uid - 1;
    if (last == 0) last = first + not_told_max;
    for (std::uint32_t uid = first; uid <= last; ++uid) out.push_back(uid);
}

Target Actor::target(std::uint32_t most) {
    Target out;
    const View& view = client_.view();
    out.by_uid = !view.numbered() || !quiet_ || surprised() || chance_.one_in(2);
    if (out.by_uid) {
        const std::uint32_t last = std::max(view.last_uid(), 1U);
        const std::uint32_t first = 1 + chance_.below(last);
        const std::uint32_t end = first + chance_.below(most);
        out.set = first == end ? fmt::format("{}", first) : fmt::format("{}:{}", first, end);
        for (std::uint32_t uid = first; uid <= end; ++uid) out.uids.push_back(uid);
        return out;
    }
    const std::uint32_t first = 1 + chance_.below(view.size());
    const std::uint32_t end = std::min(first + chance_.below(most), view.size());
    out.set = first == end ? fmt::format("{}", first) : fmt::format("{}:{}", first, end);
    for (std::uint32_t number = first; number <= end; ++number) uids_between(number - 1, out.uids);
    return out;
}

Flags Actor::flags(bool deleted) {
    Flags out;
    for (std::uint32_t left = 1 + chance_.below(2); left > 0; --left) out.insert(chance_.of(some_flags));
    if (!deleted) out.erase("\\Deleted");
    if (out.empty()) out.insert("\\Flagged");
    return out;
}

/// What a command may remove, of the mailbox that will be selected when it runs.
void Actor::may_go(const std::vector<std::uint32_t>& uids) {
    for (const Pending& before : client_.pending()) {
        if (before.kind != Pending::Kind::select && before.kind != Pending::Kind::leave) continue;
        ledger_.any_may_go();
        return;
    }
    for (const std::uint32_t uid : uids) ledger_.may_go(client_.validity(), uid);
}

void Actor::append() {
    const std::string name =
        chance_.one_in(2) && client_.selected() ? client_.mailbox() : mailbox_of(client_, chance_);
    const std::string body = fmt::format("m{}\r\n", step_);
    const std::string text = fmt::format("Subject: m{}\r\n\r\n{}", step_, body);
    const std::string with = chance_.one_in(3) ? fmt::format(" ({})", list_of(flags(false))) : "";
    Pending& sent = client_.send(fmt::format("APPEND {}{} {{{}+}}\r\n{}", name, with, text.size(), text));
    sent.text = body;
}

void Actor::store() {
    const Target target = this->target(chance_.one_in(4) ? 100 : 5);
    const char how = "+-="[chance_.below(3)];
    const Flags set = flags(true);
    // Whose rights may be taken back does not know what a silent STORE has left out (RFC 4314 section 4).
    const bool sure = client_.user() == "demo" || client_.mailbox() == "\"Public/News\"";
    const bool silent = sure && !surprised() && chance_.one_in(2);
    std::string line = fmt::format("{}STORE {} ", prefix(target), target.set);
    if (client_.has_modseq() && client_.modseq() != 0 && chance_.one_in(3))
        line += fmt::format("(UNCHANGEDSINCE {}) ", client_.modseq() - chance_.below(2));
    if (how != '=') line += how;
    line += fmt::format("FLAGS{} ({})", silent ? ".SILENT" : "", list_of(set));
    if (set.contains("\\Deleted") && how != '-') may_go(target.uids);
    Pending& sent = client_.send(std::move(line), Pending::Kind::store);
    sent.numbered = !target.by_uid;
    sent.silent = silent;
    sent.how = how;
    sent.flags = set;
    sent.uids = target.uids;
}

void Actor::fetch() {
    const bool all = chance_.one_in(2);
    Target target = this->target(6);
    if (all) target.set = "1:*";
    std::string items = "UID FLAGS";
    switch (chance_.below(6)) {
        case 0:
            items = "FLAGS";
            break;
        case 1:
            items = "UID BODY.PEEK[TEXT]";
            break;
        case 2:
            items = "BODY[TEXT]";
            break;
        case 3:
            items = client_.has_modseq() ? "UID FLAGS MODSEQ" : "UID RFC822.SIZE";
            break;
        default:
            break;
    }
    std::string line = fmt::format("{}FETCH {} ({})", prefix(target), target.set, items);
    if (client_.has_modseq() && client_.modseq() != 0 && chance_.one_in(5)) {
        const bool vanished = client_.mode() >= Mode::qresync && target.by_uid && chance_.one_in(2);
        line += fmt::format(" (CHANGEDSINCE {}{})",
                            std::max<std::uint64_t>(client_.modseq(), 12) - chance_.below(10),
                            vanished ? " VANISHED" : "");
    }
    client_.send(std::move(line)).numbered = !target.by_uid;
}

void Actor::search() {
    static constexpr const char* keys[] = {"ALL",
                                           "UNSEEN",
                                           "DELETED NOT SEEN",
                                           "OR FLAGGED KEYWORD Alpha",
                                           "TEXT m1",
                                           "SUBJECT d",
                                           "SINCE 1-Jan-2026 LARGER 3",
                                           "RETURN (SAVE) ALL",
                                           "RETURN (MIN MAX COUNT) ALL"};
    const bool by_uid = !client_.view().numbered() || surprised() || chance_.one_in(2);
    const std::string uid = by_uid ? "UID " : "";
    std::string line = uid + "SEARCH " + chance_.of(keys);
    if (chance_.one_in(6)) line = uid + "SORT (REVERSE ARRIVAL SUBJECT) UTF-8 ALL";
    if (chance_.one_in(6)) line = uid + "THREAD REFERENCES UTF-8 ALL";
    client_.send(std::move(line), Pending::Kind::search).numbered = !by_uid;
}

void Actor::transfer() {
    const Target target = this->target(4);
    const bool move = chance_.one_in(2);
    if (move) may_go(target.uids);
    client_.send(fmt::format("{}{} {} {}", prefix(target), move ? "MOVE" : "COPY", target.set,
                             mailbox_of(client_, chance_)),
                 Pending::Kind::transfer);
}

/// One message in the place of another, here or elsewhere (RFC 8508).
void Actor::replace() {
    const Target target = this->target(1);
    const std::string name = chance_.one_in(2) ? client_.mailbox() : mailbox_of(client_, chance_);
    const std::string body = fmt::format("m{}\r\n", step_);
    const std::string text = fmt::format("Subject: m{}\r\n\r\n{}", step_, body);
    may_go(target.uids);
    Pending& sent = client_.send(
        fmt::format("{}REPLACE {} {} {{{}+}}\r\n{}", prefix(target), target.set, name, text.size(), text),
        Pending::Kind::transfer);
    sent.text = body;
}

void Actor::notify() {
    static constexpr Hearing all[] = {Hearing::at_once, Hearing::at_once, Hearing::delayed, Hearing::deaf};
    client_.notify(chance_.of(all));
}

/// What is too much goes.
void Actor::expunge() {
    if (client_.view().last_uid() == 0) {
        client_.send("UID FETCH 1:* (FLAGS)");
        return;
    }
    if (client_.view().size() > 60 && quiet_ && !surprised()) {
        const std::uint32_t last = client_.view().last_uid();
        const std::uint32_t half = std::max(last / 2, 1U);
        for (std::uint32_t uid = half; uid <= last; ++uid) ledger_.may_go(client_.validity(), uid);
        Pending& sent = client_.send(fmt::format("UID STORE {}:{} +FLAGS.SILENT (\\Deleted)", half, last),
                                     Pending::Kind::store);
        sent.silent = true;
        sent.flags = {"\\Deleted"};
        for (std::uint32_t uid = half; uid <= last; ++uid) sent.uids.push_back(uid);
    }
    if (chance_.one_in(3)) {
        const std::uint32_t first = 1 + chance_.below(std::max(client_.view().last_uid(), 1U));
        client_.send(fmt::format("UID EXPUNGE {}:{}", first, first + chance_.below(20)));
    } else {
        client_.send("EXPUNGE");
    }
}

void Actor::folders() {
    static constexpr const char* lines[] = {"CREATE Play",
                                            "CREATE Play2",
                                            "DELETE Play2",
                                            "DELETE Play",
                                            "RENAME Play Play2",
                                            "RENAME Play2 Play",
                                            "RENAME Work Job",
                                            "RENAME Job Work",
                                            "SETACL Work two lrs",
                                            "SETACL Work two lrswited",
                                            "SETACL Work two lrswited",
                                            "SETACL Job two lrswited",
                                            "SETACL Work two l",
                                            "SETACL INBOX two lrs",
                                            "SETACL INBOX two lr",
                                            "LIST \"\" \"*\" RETURN (SUBSCRIBED SPECIAL-USE)"};
    if (client_.user() == "demo") {
        client_.send(chance_.of(lines));
    } else {
        client_.send(fmt::format("STATUS {} (MESSAGES UNSEEN UIDNEXT)", mailbox_of(client_, chance_)));
    }
}

void Actor::outside() {
    const std::uint32_t what = chance_.below(12);
    if (what < 8) {
        std::string name = mailbox_of(client_, chance_);
        // Whoever remembers a mailbox comes back to it more often.
        for (int tries = 0; tries < 3 && client_.mode() >= Mode::qresync && !client_.remembers(name); ++tries)
            name = mailbox_of(client_, chance_);
        client_.select(name, chance_.one_in(6), chance_.below(3));
    } else if (what < 9) {
        append();
    } else if (what < 10) {
        if (chance_.one_in(4)) {
            notify();
        } else {
            folders();
        }
    } else {
        client_.send(fmt::format("STATUS {} (MESSAGES HIGHESTMODSEQ)", mailbox_of(client_, chance_)));
    }
}

void Actor::inside() {
    const std::uint32_t what = chance_.below(client_.view().size() == 0 ? 34 : 100);
    if (what < 10) {
        client_.send("NOOP");
    } else if (what < 18) {
        append();
    } else if (what < 22) {
        client_.idle();
    } else if (what < 25) {
        client_.send(chance_.one_in(2) && client_.view().size() > 0 ? "CLOSE" : "UNSELECT",
                     Pending::Kind::leave);
    } else if (what < 28) {
        client_.select(mailbox_of(client_, chance_), chance_.one_in(6), chance_.below(3));
    } else if (what < 31) {
        folders();
    } else if (what < 32) {
        client_.send("LOGOUT");
    } else if (what < 33) {
        client_.send("CHECK");
    } else if (what < 34) {
        notify();
    } else if (what < 56) {
        store();
    } else if (what < 72) {
        fetch();
    } else if (what < 80) {
        search();
    } else if (what < 87) {
        transfer();
    } else if (what < 91) {
        replace();
    } else {
        expunge();
    }
}

void Actor::act() {
    if (client_.idling()) {
        if (chance_.one_in(2)) return;
        client_.done();
        if (chance_.one_in(2)) return;  // else the next command leaves with it: imap.md quirk 1
    } else if (client_.pending().size() > 3) {
        return;
    } else if (!quiet_ && chance_.one_in(2)) {
        return;
    }
    if (client_.selected()) {
        // Those who remember want to know all of it.
        if (client_.mode() >= Mode::qresync && quiet_ && !client_.view().complete() && chance_.one_in(2)) {
            client_.send("UID FETCH 1:* (FLAGS MODSEQ)");
            return;
        }
        inside();
    } else {
        outside();
    }
}

}  // namespace

void act(Client& client, Chance& chance, Ledger& ledger, std::size_t step) {
    Actor(client, chance, ledger, step).act();
}

}  // namespace model

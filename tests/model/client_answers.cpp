// What a client makes of the answers: each changes its picture, or is a violation.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "model/client.hpp"

namespace model {

namespace {

bool starts(std::string_view text, std::string_view with) { return text.starts_with(with); }

/// What ends a connection without a fault of the server.
bool is_expected_bye(std::string_view text) {
    return text.find("The selected mailbox was deleted") != std::string_view::npos ||
           text.find("The selected mailbox may not be read any more") != std::string_view::npos ||
           text.find("Logging out") != std::string_view::npos;
}

std::vector<std::uint32_t> search_result(std::string_view text) {
    std::vector<std::uint32_t> out;
    if (starts(text, "ESEARCH")) {
        const std::size_t all = text.find(" ALL ");
        if (all == std::string_view::npos) return out;
        std::string_view set = text.substr(all + 5);
        return numbers_of(set.substr(0, set.find(' ')));
    }
    if (!starts(text, "SEARCH")) return out;
    text.remove_prefix(6);
    while (!text.empty() && text.front() == ' ') {
        std::uint32_t number = 0;
        const auto end = std::from_chars(text.data() + 1, text.data() + text.size(), number).ptr;
        if (number == 0) break;  // (MODSEQ n)
        out.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return out;
}

}  // namespace

void Client::hear(std::string_view octets) {
    input_ += octets;
    std::size_t at = 0;
    while (online_) {
        // One response: lines and the literals between them.
        std::string text;
        std::vector<std::string> literals;
        std::size_t end = at;
        bool whole = false;
        for (;;) {
            const std::size_t line = input_.find("\r\n", end);
            if (line == std::string::npos) break;
            text.append(input_, end, line - end);
            end = line + 2;
            const std::size_t brace = text.rfind('{');
            if (text.empty() || text.back() != '}' || brace == std::string::npos) {
                whole = true;
                break;
            }
            const std::size_t size = number_after(std::string_view(text).substr(brace), "{");
            if (input_.size() < end + size) break;
            literals.push_back(input_.substr(end, size));
            end += size;
        }
        if (!whole) break;
        at = end;
        note("S", text);
        answer(text, literals);
    }
    input_.erase(0, at);
}

void Client::answer(const std::string& text, const std::vector<std::string>& literals) {
    if (starts(text, "* ")) {
        if (!pending_.empty() && pending_.front().tag == "*greeting") {
            if (!starts(text, "* OK")) fail("greeted with " + text);
            pending_.pop_front();
            return;
        }
        untagged(std::string_view(text).substr(2), literals);
    } else if (starts(text, "+ ")) {
        if (pending_.empty() || pending_.front().kind != Pending::Kind::idle)
            fail("a continuation that nobody awaits");
    } else {
        tagged(text);
    }
}

void Client::untagged(std::string_view text, const std::vector<std::string>& literals) {
    std::uint32_t number = 0;
    const auto [rest, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault == std::errc()) {
        counted(number, text.substr(static_cast<std::size_t>(rest - text.data()) + 1), literals);
    } else if (starts(text, "OK ") || starts(text, "NO ") || starts(text, "BYE ")) {
        condition(text);
    } else if (starts(text, "BAD ")) {
        fail(std::string(text));
    } else if (starts(text, "VANISHED ")) {
        vanished(text.substr(9));
    } else if (starts(text, "SEARCH") || starts(text, "ESEARCH") || starts(text, "SORT")) {
        if (pending_.empty() || pending_.front().kind != Pending::Kind::search)
            fail("an answer to no SEARCH");
        pending_.front().found = search_result(text);
    }
}

/// A SELECT is being answered, and the mailbox before it is closed.
bool Client::selecting() const {
    return !selected_ && !pending_.empty() && pending_.front().kind == Pending::Kind::select;
}

void Client::counted(std::uint32_t number, std::string_view what, const std::vector<std::string>& literals) {
    if (!selected_ && !selecting()) fail(fmt::format("{} {} without a mailbox", number, what));
    if (what == "EXISTS") {
        view_.exists(number);
    } else if (what == "EXPUNGE") {
        const bool any_time = hearing_ == Hearing::at_once && !selecting();
        if (!any_time && (pending_.empty() || pending_.front().numbered || selecting()))
            fail("EXPUNGE at the wrong time");
        if (mode_ >= Mode::qresync) fail("EXPUNGE after ENABLE QRESYNC");
        view_.expunge(number);
    } else if (starts(what, "FETCH (") || starts(what, "UIDFETCH (")) {
        fetched(number, what, literals);
    }
}

void Client::fetched(std::uint32_t number, std::string_view what, const std::vector<std::string>& literals) {
    if (starts(what, "UIDFETCH") != (mode_ == Mode::uid_only)) fail("the wrong kind of FETCH");
    const Facts facts = facts_of(what, literals);
    // RFC 7162 section 3.2.4: UID is in every FETCH that the client did not ask for.
    const bool asked = !pending_.empty() && pending_.front().numbered;
    if (mode_ == Mode::qresync && facts.uid == 0 && !asked) fail("FETCH without UID");
    if (!pending_.empty())
        pending_.front().modseq_seen = std::max(pending_.front().modseq_seen, facts.modseq);
    view_.fetch(number, facts);
    const std::uint32_t uid = mode_ == Mode::uid_only ? number : view_.messages()[number - 1].uid;
    if (facts.text && uid != 0) ledger_.text(validity_, uid, *facts.text);
    if (!selecting() || !pending_.front().resumes) return;
    Pending& select = pending_.front();
    if (uid == 0) fail("QRESYNC told a FETCH without UID");
    if (facts.modseq <= select.cache_modseq)
        fail(fmt::format("QRESYNC told uid {}, which has not changed", uid));
    Message& message = select.cache[uid];
    message.uid = uid;
    message.modseq = facts.modseq;
    if (facts.flags) message.flags = facts.flags;
}

void Client::condition(std::string_view text) {
    if (starts(text, "BYE")) {
        if (!is_expected_bye(text)) fail(std::string(text));
        bye_ = true;
        return;
    }
    if (starts(text, "OK [CLOSED]")) leave();
    codes(text);
}

/// Codes of tagged and untagged conditions.
void Client::codes(std::string_view text) {
    const std::uint64_t validity = number_after(text, "[UIDVALIDITY ");
    if (validity != 0) validity_ = static_cast<std::uint32_t>(validity);
    const std::uint64_t highest = number_after(text, "[HIGHESTMODSEQ ");
    if (highest != 0) {
        if (highest < highest_told_)
            fail(fmt::format("HIGHESTMODSEQ fell from {} to {}", highest_told_, highest));
        highest_told_ = highest;
        if (!pending_.empty()) pending_.front().modseq_told = highest;
    }
    const std::size_t id = text.find("[MAILBOXID (");
    if (id != std::string_view::npos && selecting())
        mailbox_id_ = text.substr(id + 12, text.find(')', id) - id - 12);
    if (text.find("[COPYUID ") != std::string_view::npos) copied(text.substr(text.find("[COPYUID ") + 9));
    const std::size_t appended = text.find("[APPENDUID ");
    if (appended != std::string_view::npos && !pending_.empty() && !pending_.front().text.empty()) {
        const std::string_view code = text.substr(appended + 11);
        ledger_.text(static_cast<std::uint32_t>(number_after(code, "")),
                     static_cast<std::uint32_t>(number_after(code, " ")), pending_.front().text);
    }
    const std::size_t modified = text.find("[MODIFIED ");
    if (modified != std::string_view::npos && !pending_.empty()) {
        const std::string_view set = text.substr(modified + 10, text.find(']', modified) - modified - 10);
        for (const std::uint32_t number : numbers_of(set)) {
            const bool by_number = pending_.front().numbered;
            if (by_number && number > view_.size()) fail("[MODIFIED] of a number that is not there");
            pending_.front().modified.insert(by_number ? view_.messages()[number - 1].uid : number);
        }
    }
}

void Client::copied(std::string_view code) {
    code = code.substr(0, code.find(']'));
    const std::size_t first = code.find(' '), second = code.find(' ', first + 1);
    const auto validity = static_cast<std::uint32_t>(number_after(code, ""));
    const auto from = numbers_of(code.substr(first + 1, second - first - 1)),
               to = numbers_of(code.substr(second + 1));
    if (from.size() != to.size()) fail("COPYUID of two sizes");
    for (std::size_t at = 0; at < from.size(); ++at) {
        if (at > 0 && (from[at] <= from[at - 1] || to[at] <= to[at - 1])) fail("COPYUID does not ascend");
        if (selected_) ledger_.copied({validity_, from[at]}, {validity, to[at]});
    }
}

void Client::vanished(std::string_view text) {
    if (mode_ < Mode::qresync) fail("VANISHED to a client without QRESYNC");
    const bool earlier = starts(text, "(EARLIER) ");
    if (earlier) text.remove_prefix(10);
    const std::vector<std::uint32_t> uids = numbers_of(text);
    if (pending_.empty() && (earlier || hearing_ != Hearing::at_once)) fail("VANISHED without a command");
    if (!earlier) {
        if (!pending_.empty() && pending_.front().numbered) fail("VANISHED at the wrong time");
        view_.vanished(uids);
        return;
    }
    if (pending_.front().kind != Pending::Kind::select) return;  // UID FETCH (VANISHED): nothing changes
    for (const std::uint32_t uid : uids) pending_.front().cache.erase(uid);
}

void Client::tagged(std::string_view text) {
    if (pending_.empty() || !starts(text, pending_.front().tag + " ")) fail(fmt::format("answered {}", text));
    Pending done = std::move(pending_.front());
    pending_.pop_front();
    text.remove_prefix(done.tag.size() + 1);
    const bool ok = starts(text, "OK"), no = starts(text, "NO");
    if (!ok && !no && !done.lenient) fail(fmt::format("\"{}\" was answered {}", done.line, text));
    if (text.find("[SERVERBUG]") != std::string_view::npos ||
        text.find("[UNAVAILABLE]") != std::string_view::npos ||
        text.find("[CORRUPTION]") != std::string_view::npos)
        fail(fmt::format("\"{}\" was answered {}", done.line, text));
    pending_.push_front(std::move(done));  // for the codes
    codes(text);
    done = std::move(pending_.front());
    pending_.pop_front();
    completed(done, ok, text);
}

void Client::completed(Pending& done, bool ok, std::string_view text) {
    switch (done.kind) {
        case Pending::Kind::select:
            if (!ok) {
                leave();
                return;
            }
            selected_ = true;
            examined_ = starts(done.line, "EXAMINE");
            mailbox_ = done.mailbox;
            if (done.resumes) resumed(done);
            break;
        case Pending::Kind::leave:
            // RFC 7162 section 3.2.8: what CLOSE expunged is not told, so nothing may be believed of it.
            // With NOTIFY it may have been on its way already.
            if (done.modseq_told != 0 && hearing_ == Hearing::plain) fail("HIGHESTMODSEQ with CLOSE");
            modseq_ = done.modseq_told != 0 ? done.modseq_told : std::max(modseq_, done.modseq_seen);
            if (ok) leave();
            return;
        case Pending::Kind::store: {
            const bool some = ok || text.find("EXPUNGEISSUED") != std::string_view::npos;
            if (!done.silent || !some || !selected_) break;
            // What is told while it runs is how it is in the end, the rest is as it was asked for.
            std::erase_if(done.uids, [&](std::uint32_t uid) {
                return view_.told().contains(uid) || done.modified.contains(uid);
            });
            view_.stored(done.uids, done.how, done.flags);
            break;
        }
        case Pending::Kind::search:
            found_ = std::move(done.found);
            break;
        case Pending::Kind::idle:
            done_sent_ = false;
            break;
        case Pending::Kind::notify:
            if (ok) hearing_ = done.hearing;
            break;
        case Pending::Kind::login:
            if (!ok) fail("no login");
            break;
        default:
            break;
    }
    view_.told().clear();
    if (!selected_) return;
    modseq_ = done.modseq_told != 0 ? done.modseq_told : std::max(modseq_, done.modseq_seen);
}

/// RFC 7162 section 3.2.5: what the cache has now is the mailbox, but for new messages when it named its
/// uids.
void Client::resumed(Pending& done) {
    if (done.cache_validity != validity_) return;  // another mailbox
    if (done.knows_all && done.cache.size() != view_.size())
        fail(fmt::format("after QRESYNC {} messages are known, {} are there", done.cache.size(),
                         view_.size()));
    // What it had not known it was told with its number, too.
    for (const Message& message : view_.messages())
        if (message.uid != 0) done.cache[message.uid] = message;
    view_.take(done.cache);
}

}  // namespace model

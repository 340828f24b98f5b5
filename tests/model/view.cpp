// The replay itself: each response changes the picture as its RFC says, or is a violation.
#include "model/view.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace model {

std::uint64_t number_after(std::string_view text, std::string_view word) {
    const std::size_t at = text.find(word);
    std::uint64_t number = 0;
    if (at != std::string_view::npos)
        std::from_chars(text.data() + at + word.size(), text.data() + text.size(), number);
    return number;
}

std::vector<std::uint32_t> numbers_of(std::string_view set, std::uint32_t star) {
    std::vector<std::uint32_t> out;
    const auto number = [star](std::string_view text) {
        std::uint32_t value = star;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    while (!set.empty()) {
        const std::string_view range = set.substr(0, set.find(','));
        set.remove_prefix(std::min(range.size() + 1, set.size()));
        const std::size_t colon = range.find(':');
        std::uint32_t first = number(range.substr(0, colon));
        std::uint32_t last = colon == std::string_view::npos ? first : number(range.substr(colon + 1));
        if (last < first) std::swap(first, last);
        if (last - first > 1'000'000) throw Violation("a set without measure: " + std::string(range));
        for (std::uint32_t value = first; value <= last; ++value) out.push_back(value);
    }
    return out;
}

std::string set_of(const std::vector<std::uint32_t>& ascending) {
    std::string out;
    for (std::size_t at = 0; at < ascending.size();) {
        std::size_t end = at;
        while (end + 1 < ascending.size() && ascending[end + 1] == ascending[end] + 1) ++end;
        if (!out.empty()) out += ',';
        out += at == end ? fmt::format("{}", ascending[at])
                         : fmt::format("{}:{}", ascending[at], ascending[end]);
        at = end + 1;
    }
    return out;
}

Facts facts_of(std::string_view items, const std::vector<std::string>& literals) {
    Facts out;
    out.uid = static_cast<std::uint32_t>(number_after(items, "UID "));
    out.modseq = number_after(items, "MODSEQ (");
    if (items.find("BODY[TEXT] {") != std::string_view::npos && !literals.empty())
        out.text = literals.front();
    const std::size_t at = items.find("FLAGS (");
    if (at == std::string_view::npos) return out;
    std::string_view list = items.substr(at + 7);
    list = list.substr(0, list.find(')'));
    out.flags.emplace();
    while (!list.empty()) {
        const std::size_t space = std::min(list.find(' '), list.size());
        // \Recent belongs to the session, not to the message.
        if (list.substr(0, space) != "\\Recent") out.flags->emplace(list.substr(0, space));
        list.remove_prefix(std::min(space + 1, list.size()));
    }
    return out;
}

void View::exists(std::uint32_t size) {
    if (size < this->size())
        throw Violation(fmt::format("EXISTS {} where {} messages were", size, this->size()));
    size_ = size;
    if (numbered_) messages_.resize(size);
}

void View::expunge(std::uint32_t number) {
    if (!numbered_) throw Violation("EXPUNGE after UIDONLY");
    if (number == 0 || number > messages_.size())
        throw Violation(fmt::format("EXPUNGE {} of {} messages", number, messages_.size()));
    messages_.erase(messages_.begin() + number - 1);
}

/// Where `uid` is, or would be: behind all that are known to be smaller.
std::size_t View::lower(std::uint32_t uid) const {
    std::size_t at = messages_.size();
    for (std::size_t i = messages_.size(); i-- > 0;) {
        if (messages_[i].uid == 0) continue;
        if (messages_[i].uid < uid) break;
        at = i;
    }
    return at;
}

void View::vanished(const std::vector<std::uint32_t>& uids) {
    for (const std::uint32_t uid : uids) {
        const std::size_t at = lower(uid);
        const bool known = at < messages_.size() && messages_[at].uid == uid;
        if (!numbered_) {
            if (size_ == 0) throw Violation(fmt::format("VANISHED {} of an empty mailbox", uid));
            --size_;
            if (known) messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(at));
            continue;
        }
        if (known) {
            messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(at));
            continue;
        }
        // One of those between its neighbours whose uids were never told; they are all alike.
        if (at == 0 || messages_[at - 1].uid != 0)
            throw Violation(fmt::format("VANISHED {}, which is not there", uid));
        messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(at) - 1);
    }
}

const Message* View::find(std::uint32_t uid) const {
    const std::size_t at = lower(uid);
    return at < messages_.size() && messages_[at].uid == uid ? &messages_[at] : nullptr;
}

std::uint32_t View::last_uid() const {
    for (std::size_t i = messages_.size(); i-- > 0;)
        if (messages_[i].uid != 0) return messages_[i].uid;
    return 0;
}

bool View::complete() const {
    if (messages_.size() != size()) return false;
    return std::all_of(messages_.begin(), messages_.end(), [](const Message& one) { return one.uid != 0; });
}

void View::learn(Message& message, const Facts& facts) {
    if (facts.uid != 0 && message.uid != 0 && facts.uid != message.uid)
        throw Violation(fmt::format("a number changed its message from {} to {}", message.uid, facts.uid));
    if (facts.uid != 0) message.uid = facts.uid;
    if (facts.modseq != 0 && facts.modseq < message.modseq)
        throw Violation(
            fmt::format("MODSEQ of {} fell from {} to {}", message.uid, message.modseq, facts.modseq));
    if (facts.modseq != 0) message.modseq = facts.modseq;
    if (facts.flags) message.flags = facts.flags;
    if (facts.flags) told_.insert(message.uid);
}

void View::check_order(std::size_t at) const {
    const std::uint32_t uid = messages_[at].uid;
    if (uid == 0) return;
    // Uids ascend, and those that are not told yet need room between.
    for (std::size_t i = at; i-- > 0;) {
        if (messages_[i].uid == 0) continue;
        if (messages_[i].uid + (at - i) > uid) throw Violation(fmt::format("uids do not ascend at {}", uid));
        break;
    }
    for (std::size_t i = at + 1; i < messages_.size(); ++i) {
        if (messages_[i].uid == 0) continue;
        if (uid + (i - at) > messages_[i].uid)
            throw Violation(fmt::format("uids do not ascend behind {}", uid));
        break;
    }
}

void View::fetch(std::uint32_t number, const Facts& facts) {
    if (numbered_) {
        if (number == 0 || number > messages_.size())
            throw Violation(fmt::format("FETCH of {} where {} messages are", number, messages_.size()));
        learn(messages_[number - 1], facts);
        if (facts.uid != 0) check_order(number - 1);
        return;
    }
    Facts with_uid = facts;
    with_uid.uid = number;
    const std::size_t at = lower(number);
    if (at == messages_.size() || messages_[at].uid != number)
        messages_.insert(messages_.begin() + static_cast<std::ptrdiff_t>(at), Message());
    learn(messages_[at], with_uid);
    if (messages_.size() > size_)
        throw Violation(fmt::format("UIDFETCH {} of one more than there are", number));
}

void View::stored(const std::vector<std::uint32_t>& uids, char how, const Flags& flags) {
    // Whether it was one of those whose uids were not told, nobody knows.
    for (Message& message : messages_)
        if (message.uid == 0) message.flags.reset();
    for (const std::uint32_t uid : uids) {
        const std::size_t at = lower(uid);
        if (at == messages_.size() || messages_[at].uid != uid || !messages_[at].flags) continue;
        Flags& now = *messages_[at].flags;
        if (how == '=') now.clear();
        for (const std::string& flag : flags) {
            if (how == '-') {
                now.erase(flag);
            } else {
                now.insert(flag);
            }
        }
    }
}

void View::take(const std::map<std::uint32_t, Message>& known) {
    if (known.size() > size())
        throw Violation(fmt::format("{} messages are known, {} are there", known.size(), size()));
    if (!numbered_) {
        messages_.clear();
        for (const auto& [uid, message] : known) messages_.push_back(message);
        return;
    }
    std::size_t at = 0;
    for (const auto& [uid, message] : known) {
        Message& slot = messages_[at++];
        if (slot.uid != 0 && slot.uid != uid)
            throw Violation(fmt::format("number {} is {}, not {}", at, slot.uid, uid));
        slot = message;
    }
}

}  // namespace model

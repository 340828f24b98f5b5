// What must hold between two looks at a folder.
#include "model/ledger.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace model {

void Ledger::text(std::uint32_t validity, std::uint32_t uid, const std::string& text) {
    const auto [at, is_new] = texts_.try_emplace(Key{validity, uid}, text);
    if (!is_new && at->second != text)
        throw Violation(
            fmt::format("uid {} of {} was \"{}\" and is \"{}\"", uid, validity, at->second, text));
}

void Ledger::copied(Key from, Key to) {
    const auto known = texts_.find(from);
    if (known != texts_.end()) text(to.first, to.second, std::string(known->second));
    // A copy has the flags of its original, \Deleted too.
    if (going_.contains(from)) going_.insert(to);
}

void Ledger::look(const std::string& reader, std::uint32_t validity, const std::vector<Message>& messages,
                  std::uint32_t uid_next, std::uint64_t highest) {
    std::set<std::uint32_t> there;
    for (const Message& message : messages) {
        there.insert(message.uid);
        if (message.uid >= uid_next)
            throw Violation(fmt::format("uid {} is there and UIDNEXT is {}", message.uid, uid_next));
        if (message.modseq > highest)
            throw Violation(fmt::format("MODSEQ {} and HIGHESTMODSEQ {}", message.modseq, highest));
        if (message.flags && message.flags->contains("\\Deleted")) may_go(validity, message.uid);
    }
    Known& before = known_[{reader, validity}];
    if (uid_next < before.uid_next) throw Violation("UIDNEXT fell");
    if (highest < before.highest) throw Violation("HIGHESTMODSEQ fell");
    bool same = messages.size() == before.messages.size();
    for (const Message& message : before.messages) {
        if (!there.contains(message.uid) && !any_ && !going_.contains({validity, message.uid}))
            throw Violation(fmt::format("uid {} of {} is lost", message.uid, validity));
    }
    std::map<std::uint32_t, const Message*> old;
    for (const Message& message : before.messages) old[message.uid] = &message;
    for (const Message& message : messages) {
        const auto at = old.find(message.uid);
        if (at == old.end()) {
            same = false;
            if (message.uid < before.uid_next)
                throw Violation(
                    fmt::format("uid {} is new and UIDNEXT was {}", message.uid, before.uid_next));
            continue;
        }
        if (message.modseq < at->second->modseq)
            throw Violation(fmt::format("MODSEQ of {} fell", message.uid));
        if (message.flags == at->second->flags) continue;
        same = false;
        // RFC 7162 section 3.1: a change of flags is a new MODSEQ.
        if (message.modseq == at->second->modseq)
            throw Violation(fmt::format("flags of {} changed, its MODSEQ did not", message.uid));
    }
    if (!same && before.highest != 0 && highest == before.highest)
        throw Violation(fmt::format("{} changed, HIGHESTMODSEQ {} did not", validity, highest));
    before = Known{messages, uid_next, highest};
}

}  // namespace model

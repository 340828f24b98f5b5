// Ledger: what all clients together know to be true for ever: which text a uid has, that HIGHESTMODSEQ and
// UIDNEXT only grow, and that no message goes which nobody asked to go.
#pragma once
#include "model/view.hpp"

namespace model {

class Ledger {
public:
    using Key = std::pair<std::uint32_t, std::uint32_t>;  // UIDVALIDITY, uid

    /// A uid has one text for ever. RFC 9051 section 2.3.1.1
    void text(std::uint32_t validity, std::uint32_t uid, const std::string& text);
    /// COPYUID: the same text.
    void copied(Key from, Key to);
    /// Somebody asked to delete it or to move it away.
    void may_go(std::uint32_t validity, std::uint32_t uid) { going_.insert({validity, uid}); }
    /// An answer was lost that would have told which.
    void any_may_go() { any_ = true; }

    /// A look at a whole folder while nothing happens. \param reader whose eyes: \Seen differs between them
    void look(const std::string& reader, std::uint32_t validity, const std::vector<Message>& messages,
              std::uint32_t uid_next, std::uint64_t highest);
    void begin_look() {
        if (any_) known_.clear();
    }
    void end_look() { any_ = false; }

private:
    struct Known {
        std::vector<Message> messages;
        std::uint32_t uid_next = 0;
        std::uint64_t highest = 0;
    };
    std::map<Key, std::string> texts_;
    std::set<Key> going_;
    std::map<std::pair<std::string, std::uint32_t>, Known> known_;
    bool any_ = false;
};

}  // namespace model

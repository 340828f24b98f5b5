// View: what one client believes of its selected mailbox, from untagged responses alone. RFC 9051
// sections 2.3.1, 5.2, 5.5 and 7.5.1; RFC 7162 (VANISHED, MODSEQ); RFC 9586 (UIDONLY).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace model {

using Flags = std::set<std::string>;

/// What the server may not do.
struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Message {
    std::uint32_t uid = 0;  ///< 0: not told yet
    std::optional<Flags> flags;
    std::uint64_t modseq = 0;  ///< 0: not told yet
};

/// What one FETCH or UIDFETCH tells of a message.
struct Facts {
    std::uint32_t uid = 0;
    std::optional<Flags> flags;
    std::uint64_t modseq = 0;
    std::optional<std::string> text;  ///< BODY[TEXT]
};
Facts facts_of(std::string_view items, const std::vector<std::string>& literals);

/// The number behind `word`; 0: there is none.
std::uint64_t number_after(std::string_view text, std::string_view word);
/// Every number of a set like 1:3,7, in the order of the set; "*" is `star`.
std::vector<std::uint32_t> numbers_of(std::string_view set, std::uint32_t star = 0);
/// As a set, in ranges.
std::string set_of(const std::vector<std::uint32_t>& ascending);

class View {
public:
    /// \param numbered false: UIDONLY, where no message has a number and `messages()` are those that are
    /// known
    explicit View(bool numbered = true) : numbered_(numbered) {}

    void exists(std::uint32_t size);
    void expunge(std::uint32_t number);
    void vanished(const std::vector<std::uint32_t>& uids);
    void fetch(std::uint32_t number, const Facts& facts);
    /// A STORE.SILENT that was answered OK did what it said, but for what the server told otherwise.
    void stored(const std::vector<std::uint32_t>& uids, char how, const Flags& flags);

    std::uint32_t size() const { return numbered_ ? static_cast<std::uint32_t>(messages_.size()) : size_; }
    bool complete() const;  ///< every uid is known
    const std::vector<Message>& messages() const { return messages_; }
    const Message* find(std::uint32_t uid) const;
    bool numbered() const { return numbered_; }
    std::uint32_t last_uid() const;
    /// Takes what a cache knows: `known` are the first messages of the mailbox, all others are unknown.
    void take(const std::map<std::uint32_t, Message>& known);
    /// Whose flags were told since; cleared by the client at each command.
    std::set<std::uint32_t>& told() { return told_; }

private:
    void learn(Message& message, const Facts& facts);
    void check_order(std::size_t at) const;
    std::size_t lower(std::uint32_t uid) const;

    bool numbered_;
    std::vector<Message> messages_;  // numbered: slot 0 is number 1
    std::uint32_t size_ = 0;         // with UIDONLY
    std::set<std::uint32_t> told_;
};

}  // namespace model

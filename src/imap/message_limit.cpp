// MESSAGELIMIT and SAVELIMIT: RFC 9738. A command goes over the messages with the highest uids, as many as
// the operator allows, and says how far down it came. By default there is no such limit and nothing of this.
#include "imap/session.hpp"

namespace imap {

/// Leaves the highest of these numbers, as many as one command may work on.
void Session::limit_messages(NumberRanges* numbers, const store::Snapshot& messages) {
    const std::uint32_t most = services_.limits.command_messages_max;
    if (most == 0) return;
    const std::uint64_t all = count(*numbers);
    if (all <= most) return;
    *numbers = slice(*numbers, all - most + 1, all);
    limit_ = code::message_limit(most, messages.at(SeqNum(numbers->front().first))->uid);
}

/// What is done to all messages or none cannot be done to some of them: COPY, APPEND, SORT and THREAD.
/// \param saving it makes messages: SAVELIMIT is about it too
std::optional<Reply> Session::refuse_many(std::uint64_t messages, bool saving) const {
    std::uint32_t most = services_.limits.command_messages_max;
    if (most == 0 && saving) most = services_.limits.saved_messages_max;
    if (most == 0 || messages <= most) return std::nullopt;
    return no(code::message_limit(most), "Too many messages, try a smaller set");
}

/// With the tagged reply, or before it when that has a code of its own.
void Session::tell_limit(Reply* reply) {
    if (reply->condition == Condition::bad) return;
    if (reply->condition == Condition::ok && reply->code.empty()) {
        reply->code = limit_;
    } else {
        write_condition(out(), "*", Condition::no, limit_, "Not all messages were looked at");
    }
}

}  // namespace imap

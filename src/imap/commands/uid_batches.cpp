// UIDBATCHES: RFC 10022. Uid ranges that cut the mailbox into batches of equal size, for clients that know no
// message numbers.
#include "imap/session.hpp"

namespace imap {

/// Batches are counted from the newest messages. A batch costs one look at its first message, whatever its
/// size.
awaitable<Reply> Session::handle(cmd::UidBatches command) {
    const std::uint32_t least = services_.limits.uid_batch_min;
    if (command.size < least) co_return no(code::too_small, "Minimum batch size is " + std::to_string(least));
    // No command could take such a batch (RFC 9738).
    if (auto refused = refuse_many(command.size, false)) co_return std::move(*refused);
    const store::Snapshot& messages = selected_->view.messages();
    const std::uint64_t exists = messages.size(), size = command.size;
    const std::uint64_t all = (exists + size - 1) / size;
    const std::uint64_t from = command.wanted ? command.wanted->first : 1;
    const std::uint64_t to = std::min<std::uint64_t>(command.wanted ? command.wanted->last : all, all);
    NumberRanges batches;
    for (std::uint64_t batch = from; batch <= to; ++batch) {
        const auto uid_at = [&messages](std::uint64_t number) {
            return messages.at(SeqNum(static_cast<std::uint32_t>(number)))->uid.value;
        };
        const std::uint64_t newest = exists - (batch - 1) * size;
        // RFC 10022 section 3.1.4: the last batch reaches down to uid 1.
        const std::uint32_t oldest = batch == all ? 1 : uid_at(newest - size + 1);
        batches.push_back(NumberRange{oldest, uid_at(newest)});
    }
    // RFC 10022 section 3.1.2: also when there is none.
    write_uid_batches(out(), tag_, batches);
    co_return ok("Uidbatches completed");
}

}  // namespace imap

#include "eas/state/moved_conversations.hpp"

#include <algorithm>

#include "store/keys.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Error;
using store::Result;

constexpr std::string_view row_name = "m";
constexpr const char* damaged = "the moved conversations are damaged";
constexpr unsigned attempts_max = 8;  // while others write what the mailbox's devices share

}  // namespace

awaitable<Result<MovedConversations::Loaded>> MovedConversations::load(base::AccountId account) {
    std::vector<std::string> wanted{std::string(row_name)};
    const auto rows = co_await engine_.get(store::keys::devices(account), std::move(wanted));
    if (!rows) co_return rows.error();
    Loaded out;
    out.version = rows->version;
    if (rows->rows.empty()) co_return out;
    auto known = decode_moved(rows->rows.front().value);
    out.damaged = !known.has_value();
    if (known) out.all = std::move(*known);
    co_return out;
}

awaitable<Result<bool>> MovedConversations::replace(base::AccountId account, store::engine::Version version,
                                                    std::vector<MovedConversation> all) {
    std::ranges::sort(all, {}, &MovedConversation::last_seen);
    if (all.size() > limits_.count_max)
        all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(limits_.count_max));
    store::engine::Batch batch;
    batch.partition = store::keys::devices(account);
    batch.expect = version;
    if (all.empty()) batch.erase.emplace_back(row_name);
    if (!all.empty()) batch.put.push_back({std::string(row_name), encode(all)});
    const auto done = co_await engine_.commit(std::move(batch));
    if (!done && !done.error().is(Errc::conflict) && !done.error().is(Errc::unknown)) co_return done.error();
    co_return done.has_value();
}

awaitable<Result<bool>> MovedConversations::any(base::AccountId account) {
    const auto known = co_await load(account);
    if (!known) co_return known.error();
    if (known->damaged) co_return Error(Errc::corrupt, damaged);
    co_return !known->all.empty();
}

awaitable<Result<std::optional<base::FolderId>>> MovedConversations::destination(base::AccountId account,
                                                                                 base::ThreadId conversation,
                                                                                 std::int64_t now) {
    const auto known = co_await load(account);
    if (!known) co_return known.error();
    if (known->damaged) co_return Error(Errc::corrupt, damaged);
    const auto found = std::ranges::find(known->all, conversation, &MovedConversation::conversation);
    if (found == known->all.end() || found->last_seen + limits_.quiet_seconds <= now)
        co_return std::optional<base::FolderId>();
    const base::FolderId folder = found->folder;
    // Where it goes is known all the same: another message notes it.
    if (found->last_seen + limits_.noted_again_after <= now)
        (void)co_await touch(account, conversation, folder, now);
    co_return std::optional(folder);
}

awaitable<Result<void>> MovedConversations::touch(base::AccountId account, base::ThreadId conversation,
                                                  base::FolderId folder, std::int64_t now) {
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        auto known = co_await load(account);
        if (!known) co_return known.error();
        if (known->damaged) co_return Error(Errc::corrupt, damaged);
        const auto found = std::ranges::find(known->all, conversation, &MovedConversation::conversation);
        // The user has said something else meanwhile.
        if (found == known->all.end() || found->folder != folder || found->last_seen >= now)
            co_return Result<void>();
        found->last_seen = now;
        const auto done = co_await replace(account, known->version, std::move(known->all));
        if (!done) co_return done.error();
        if (*done) co_return Result<void>();
    }
    co_return Error(Errc::unavailable, "try again");
}

awaitable<Result<void>> MovedConversations::set(base::AccountId account, base::ThreadId conversation,
                                                std::optional<base::FolderId> folder, std::int64_t now) {
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        auto known = co_await load(account);
        if (!known) co_return known.error();
        // What is damaged cannot be had back, and must not stand in the way.
        std::erase_if(known->all, [&](const MovedConversation& one) {
            return one.conversation == conversation || one.last_seen + limits_.quiet_seconds <= now;
        });
        if (folder) known->all.push_back({conversation, *folder, now});
        const auto done = co_await replace(account, known->version, std::move(known->all));
        if (!done) co_return done.error();
        if (*done) co_return Result<void>();
    }
    co_return Error(Errc::unavailable, "try again");
}

}  // namespace eas

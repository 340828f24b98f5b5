#include "eas/state/answered_senders.hpp"

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "store/keys.hpp"

namespace eas {
namespace {

constexpr std::string_view row_prefix = "r";

std::string row_of(std::string_view sender) {
    return std::string(row_prefix) + store::keys::hex(base::fingerprint(base::lowered(sender)), 16);
}

}  // namespace

AnsweredSenders::Turn::Turn(AnsweredSenders& senders, base::AccountId account, std::string sender)
    : senders_(senders), who_(account, base::lowered(sender)) {
    const std::lock_guard lock(senders_.mutex_);
    taken_ = senders_.in_turn_.insert(who_).second;
}

AnsweredSenders::Turn::~Turn() {
    if (!taken_) return;
    const std::lock_guard lock(senders_.mutex_);
    senders_.in_turn_.erase(who_);
}

awaitable<store::Result<std::optional<store::engine::Patch>>> AnsweredSenders::note(base::AccountId account,
                                                                                    std::string sender,
                                                                                    AnsweredSender answered) {
    store::engine::Patch out;
    out.partition = store::keys::devices(account);
    const std::string own = row_of(sender);
    std::size_t others = 0;
    std::string after;
    for (bool more = true; more;) {
        std::string prefix(row_prefix);
        const auto page = co_await engine_.scan(out.partition, after, std::move(prefix), 0, 0);
        if (!page) co_return page.error();
        for (const store::engine::Row& row : page->rows) {
            const auto known = decode_answered(row.value);
            const bool counts = known && known->answer == answered.answer &&
                                known->when + limits_.period_seconds > answered.when;
            if (counts && row.key == own) co_return std::nullopt;
            if (!counts && row.key != own) out.erase.push_back(row.key);
            others += counts ? 1U : 0U;
        }
        more = page->more && !page->rows.empty();
        if (more) after = page->rows.back().key;
    }
    if (others >= limits_.senders_max) co_return std::nullopt;
    out.put.push_back({own, encode(answered)});
    co_return out;
}

}  // namespace eas

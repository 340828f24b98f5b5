#include "eas/state/answered_senders.hpp"

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "store/keys.hpp"

namespace eas {
namespace {

constexpr char proven_row = 'r', unproven_row = 'u';

/// What stands in all rows about him, behind their kind.
std::string name_of(std::string_view sender) {
    return store::keys::hex(base::fingerprint(base::lowered(sender)), 16);
}

/// Each note is a row of its own: who sweeps away an old one takes no new one with it.
std::string row_of(char kind, const std::string& name, const AnsweredSender& answered) {
    return kind + name + "-" + store::keys::hex(static_cast<std::uint64_t>(answered.when), 10) +
           store::keys::hex(answered.answer, 16);
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

AnsweredSenders::Known AnsweredSenders::known_of(const store::engine::Row& row, const Asked& asked,
                                                 std::string_view name) const {
    const char kind = row.key.front();
    const auto known = decode_answered(row.value);
    Known out;
    const bool recent = known && known->when + limits_.period_seconds > asked.answered.when;
    const bool same = known && known->answer == asked.answered.answer;
    out.counts = recent && (same || kind == unproven_row);
    out.of_this_kind = (kind == proven_row) == asked.proven;
    // To whom nothing is proven of not even another text is said.
    const bool his = std::string_view(row.key).substr(1).starts_with(name);
    out.heard = his && recent && (same || !asked.proven);
    return out;
}

awaitable<store::Result<std::optional<store::engine::Patch>>> AnsweredSenders::note(base::AccountId account,
                                                                                    Asked asked) {
    store::engine::Patch out;
    out.partition = store::keys::devices(account);
    const std::string name = name_of(asked.sender);
    std::size_t others = 0;
    for (const char kind : {proven_row, unproven_row}) {
        std::string after;
        for (bool more = true; more;) {
            std::string prefix(1, kind);
            const auto page = co_await engine_.scan(out.partition, after, std::move(prefix), 0, 0);
            if (!page) co_return page.error();
            for (const store::engine::Row& row : page->rows) {
                const Known known = known_of(row, asked, name);
                if (known.heard) co_return std::nullopt;
                if (!known.counts) out.erase.push_back(row.key);
                others += known.counts && known.of_this_kind ? 1U : 0U;
            }
            more = page->more && !page->rows.empty();
            if (more) after = page->rows.back().key;
        }
    }
    if (others >= (asked.proven ? limits_.senders_max : limits_.unproven_max)) co_return std::nullopt;
    std::string row = row_of(asked.proven ? proven_row : unproven_row, name, asked.answered);
    out.put.push_back({std::move(row), encode(asked.answered)});
    co_return out;
}

}  // namespace eas

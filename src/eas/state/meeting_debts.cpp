#include "eas/state/meeting_debts.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/wire.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Error;
using store::Result;
using store::WireReader;
using store::WireWriter;
namespace engine = store::engine;

constexpr std::uint8_t format_debt = 0x77;                          // behind those of state/records.cpp
constexpr std::string_view row_prefix = "t", answer_prefix = "tz";  // 'z' is no hex digit
constexpr std::size_t name_octets = 8;
constexpr std::size_t partitions_at_once = 256;

void write_notice(WireWriter& out, const pim::itip::Notice& notice) {
    out.u8(static_cast<std::uint8_t>(notice.method));
    out.u8(notice.occurrence ? 1 : 0);
    out.zigzag(notice.occurrence.value_or(0));
    out.varint(notice.attendees.size());
    for (const std::string& one : notice.attendees) out.text(one);
}

pim::itip::Notice read_notice(WireReader& in) {
    pim::itip::Notice out;
    const std::uint8_t method = in.u8();
    if (method > static_cast<std::uint8_t>(pim::itip::Method::decline_counter)) in.fail();
    out.method = static_cast<pim::itip::Method>(method);
    const bool one_only = in.u8() != 0;
    const std::int64_t occurrence = in.zigzag();
    if (one_only) out.occurrence = occurrence;
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) out.attendees.emplace_back(in.text());
    return out;
}

bool is_answer_row(std::string_view name) { return name.starts_with(answer_prefix); }

}  // namespace

std::string encode(const MeetingDebt& debt) {
    WireWriter out(format_debt, 256 + debt.before.size());
    out.text(debt.user);
    out.zigzag(debt.since);
    out.u64(debt.folder.value);
    out.varint(debt.uid.value);
    out.varint(debt.modseq.value);
    out.text(debt.event_uid);
    out.text(debt.before);
    out.varint(debt.notices.size());
    for (const pim::itip::Notice& one : debt.notices) write_notice(out, one);
    out.u8(debt.is_answer ? 1 : 0);
    return std::move(out).seal();
}

std::optional<MeetingDebt> decode_meeting_debt(std::string_view row) {
    WireReader in(row, format_debt);
    MeetingDebt out;
    out.user = in.text();
    out.since = in.zigzag();
    out.folder = base::FolderId(in.u64());
    out.uid = base::Uid(in.varint32());
    out.modseq = base::ModSeq(in.varint());
    out.event_uid = in.text();
    out.before = in.text();
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
        out.notices.push_back(read_notice(in));
    out.is_answer = in.u8() != 0;
    if (!in.done()) return std::nullopt;
    return out;
}

MeetingDebts::Held::Held(MeetingDebts& debts, base::AccountId account, std::string row, MeetingDebt owed)
    : debt(std::move(owed)), debts_(&debts), account_(account), row_(std::move(row)) {}

MeetingDebts::Held::Held(Held&& other) noexcept
    : debt(std::move(other.debt)),
      debts_(std::exchange(other.debts_, nullptr)),
      account_(other.account_),
      row_(std::move(other.row_)) {}

MeetingDebts::Held::~Held() {
    if (debts_ == nullptr) return;
    const std::lock_guard lock(debts_->mutex_);
    debts_->held_.erase({account_, row_});
}

awaitable<Result<void>> MeetingDebts::put(const Held* held) {
    engine::Row row;
    row.key = held->name();
    row.value = encode(held->debt);
    if (row.value.size() > limits_.row_bytes_max) co_return Error(Errc::limit, "the event is too large");
    engine::Patch patch;
    patch.partition = store::keys::devices(held->account());
    patch.put.push_back(std::move(row));
    engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    co_return co_await engine_.apply(std::move(prelude));
}

awaitable<Result<MeetingDebts::Held>> MeetingDebts::owe(base::AccountId account, MeetingDebt debt) {
    const bool is_answer = debt.is_answer;
    std::string row = std::string(is_answer ? answer_prefix : row_prefix) + random_.hex(name_octets);
    {
        const std::lock_guard lock(mutex_);
        const auto known = debtors_.find(account);
        Counted there = known == debtors_.end() ? Counted() : known->second;
        if (there.of(is_answer) >= (is_answer ? limits_.answers_max : limits_.rows_max))
            co_return Error(Errc::limit, "too much is still to be told");
        ++debtors_[account].of(is_answer);
        held_.emplace(account, row);
    }
    Held held(*this, account, std::move(row), std::move(debt));
    const auto kept = co_await put(&held);
    if (!kept && kept.error().is(Errc::unknown)) {
        // Who holds it settles it when all is told: else it would be told once more.
        base::log::warn("eas", "what is to be told of a meeting may not have been noted",
                        {{"account", account.value}, {"row", held.name()}});
    } else if (!kept) {
        forget_one(account, is_answer);
        co_return kept.error();
    }
    co_return std::move(held);
}

awaitable<Result<void>> MeetingDebts::settle(const Held* held) {
    engine::Patch patch;
    patch.partition = store::keys::devices(held->account());
    patch.erase.push_back(held->name());
    engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    const auto erased = co_await engine_.apply(std::move(prelude));
    if (!erased) co_return erased.error();
    forget_one(held->account(), is_answer_row(held->name()));
    co_return Result<void>();
}

void MeetingDebts::forget_one(base::AccountId account, bool is_answer) {
    const std::lock_guard lock(mutex_);
    const auto known = debtors_.find(account);
    if (known == debtors_.end()) return;
    std::size_t& counted = known->second.of(is_answer);
    if (counted > 0) --counted;
    if (known->second.changes + known->second.answers == 0) debtors_.erase(known);
}

/// No row was found: what was counted was never written, or is gone though nobody heard so. What is being
/// written just now is held.
void MeetingDebts::forget_if_none_is_held(base::AccountId account) {
    const std::lock_guard lock(mutex_);
    const auto held = held_.lower_bound({account, std::string()});
    if (held == held_.end() || held->first != account) debtors_.erase(account);
}

awaitable<Result<void>> MeetingDebts::defer(const Held* held) { return put(held); }

/// A page of a scan may hold only some of them.
awaitable<Result<MeetingDebts::Counted>> MeetingDebts::count(base::AccountId account) {
    Counted out;
    std::string after;
    for (;;) {
        auto page =
            co_await engine_.scan(store::keys::devices(account), after, std::string(row_prefix), 0, 0);
        if (!page) co_return page.error();
        for (const engine::Row& row : page->rows) ++out.of(is_answer_row(row.key));
        if (!page->more || page->rows.empty()) co_return out;
        after = std::move(page->rows.back().key);
    }
}

awaitable<Result<void>> MeetingDebts::find() {
    std::string after;
    for (;;) {
        const auto names = co_await engine_.list("e/", after, partitions_at_once);
        if (!names) co_return names.error();
        if (names->empty()) co_return Result<void>();
        for (const std::string& name : *names) {
            const auto account = store::keys::parse_devices(name);
            if (!account || name != store::keys::devices(*account)) continue;
            const auto rows = co_await count(*account);
            if (!rows) co_return rows.error();
            if (rows->changes + rows->answers == 0) continue;
            const std::lock_guard lock(mutex_);
            Counted& known = debtors_[*account];
            known.changes = std::max(known.changes, rows->changes);
            known.answers = std::max(known.answers, rows->answers);
        }
        after = names->back();
    }
}

std::vector<base::AccountId> MeetingDebts::debtors() {
    std::vector<base::AccountId> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [account, debts] : debtors_) out.push_back(account);
    return out;
}

/// Nothing: it was settled, or is damaged and taken away.
awaitable<Result<std::optional<MeetingDebt>>> MeetingDebts::read(const Held* held) {
    std::optional<MeetingDebt> out;
    std::vector<std::string> key{held->name()};
    const auto still = co_await engine_.get(store::keys::devices(held->account()), std::move(key));
    if (!still) co_return still.error();
    if (still->rows.empty()) co_return out;
    out = decode_meeting_debt(still->rows.front().value);
    if (out) co_return out;
    base::log::error("eas", "what is to be told of a meeting is damaged",
                     {{"account", held->account().value}, {"row", held->name()}});
    const auto gone = co_await settle(held);
    if (!gone) co_return gone.error();
    co_return out;
}

awaitable<Result<std::optional<MeetingDebts::Held>>> MeetingDebts::due(base::AccountId account,
                                                                       std::string after) {
    const bool from_the_first = after.empty();
    for (bool any = false;; any = true) {
        auto next =
            co_await engine_.scan(store::keys::devices(account), after, std::string(row_prefix), 1, 0);
        if (!next) co_return next.error();
        if (next->rows.empty()) {
            if (from_the_first && !any) forget_if_none_is_held(account);
            co_return std::optional<Held>();
        }
        after = std::move(next->rows.front().key);
        {
            const std::lock_guard lock(mutex_);
            if (!held_.emplace(account, after).second) continue;
        }
        Held held(*this, account, after, {});
        // Who held it till now may have settled it after it was read.
        auto debt = co_await read(&held);
        if (!debt) co_return debt.error();
        if (!*debt) continue;
        held.debt = std::move(**debt);
        co_return std::optional<Held>(std::move(held));
    }
}

}  // namespace eas

#include "eas/state/meeting_debts.hpp"

#include <iterator>
#include <utility>

#include "base/fingerprint.hpp"
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

std::uint64_t event_of(const std::string& uid) { return uid.empty() ? 0 : base::fingerprint(uid); }

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
    if (Row* row = debts_->find_row(account_, row_)) row->held = false;
}

/// Under mutex_. Null: it is not known.
MeetingDebts::Row* MeetingDebts::find_row(base::AccountId account, const std::string& name) {
    const auto rows = known_.find(account);
    if (rows == known_.end()) return nullptr;
    const auto row = rows->second.find(name);
    return row == rows->second.end() ? nullptr : &row->second;
}

/// Under mutex_.
bool MeetingDebts::is_full(base::AccountId account, bool of_answers) const {
    const auto known = known_.find(account);
    if (known == known_.end()) return false;
    const Rows& rows = known->second;
    const auto answers = rows.lower_bound(std::string(answer_prefix));
    const auto count = of_answers ? std::distance(answers, rows.end()) : std::distance(rows.begin(), answers);
    return static_cast<std::size_t>(count) >= (of_answers ? limits_.answers_max : limits_.rows_max);
}

void MeetingDebts::forget(const Held& held) {
    const std::lock_guard lock(mutex_);
    const auto rows = known_.find(held.account());
    if (rows == known_.end()) return;
    rows->second.erase(held.name());
    if (rows->second.empty()) known_.erase(rows);
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
    std::string name = std::string(debt.is_answer ? answer_prefix : row_prefix) + random_.hex(name_octets);
    {
        const std::lock_guard lock(mutex_);
        if (is_full(account, debt.is_answer)) co_return Error(Errc::limit, "too much is still to be told");
        Row& row = known_[account][name];
        row.event = event_of(debt.event_uid);
        row.held = true;
    }
    Held held(*this, account, std::move(name), std::move(debt));
    const auto kept = co_await put(&held);
    if (!kept && kept.error().is(Errc::unknown)) {
        // Who holds it settles it when all is told: else it would be told once more.
        base::log::warn("eas", "what is to be told of a meeting may not have been noted",
                        {{"account", account.value}, {"row", held.name()}});
    } else if (!kept) {
        forget(held);
        co_return kept.error();
    }
    co_return std::move(held);
}

std::vector<MeetingDebts::Held> MeetingDebts::claim(base::AccountId account, const std::string& event_uid,
                                                    Which which) {
    std::vector<Held> out;
    const std::uint64_t event = event_of(event_uid);
    if (event == 0) return out;
    const std::lock_guard lock(mutex_);
    const auto rows = known_.find(account);
    if (rows == known_.end()) return out;
    for (auto& [name, row] : rows->second) {
        if (row.held || row.event != event) continue;
        if (which == Which::answers && !name.starts_with(answer_prefix)) continue;
        MeetingDebt unread;
        unread.event_uid = event_uid;
        out.emplace_back(*this, account, name, std::move(unread));
        row.held = true;
    }
    return out;
}

awaitable<Result<void>> MeetingDebts::settle(const Held* held) {
    {
        const std::lock_guard lock(mutex_);
        if (Row* row = find_row(held->account(), held->name())) row->left.emplace();
    }
    engine::Patch patch;
    patch.partition = store::keys::devices(held->account());
    patch.erase.push_back(held->name());
    engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    const auto erased = co_await engine_.apply(std::move(prelude));
    if (!erased) co_return erased.error();
    forget(*held);
    co_return Result<void>();
}

awaitable<Result<void>> MeetingDebts::defer(const Held* held) {
    const auto kept = co_await put(held);
    const std::lock_guard lock(mutex_);
    Row* row = find_row(held->account(), held->name());
    if (row != nullptr && kept) row->left.reset();
    if (row != nullptr && !kept) row->left = held->debt.notices;
    co_return kept;
}

/// A page of a scan may hold only some of them.
awaitable<Result<void>> MeetingDebts::find_of(base::AccountId account) {
    std::string after;
    for (;;) {
        auto page =
            co_await engine_.scan(store::keys::devices(account), after, std::string(row_prefix), 0, 0);
        if (!page) co_return page.error();
        if (page->rows.empty()) co_return Result<void>();
        std::vector<std::uint64_t> events;
        for (const engine::Row& one : page->rows) {
            const auto debt = decode_meeting_debt(one.value);
            events.push_back(debt ? event_of(debt->event_uid) : 0);
        }
        {
            const std::lock_guard lock(mutex_);
            for (std::size_t i = 0; i < events.size(); ++i) {
                Row row;
                row.event = events[i];
                known_[account].try_emplace(page->rows[i].key, std::move(row));
            }
        }
        if (!page->more) co_return Result<void>();
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
            const auto found = co_await find_of(*account);
            if (!found) co_return found.error();
        }
        after = names->back();
    }
}

std::vector<base::AccountId> MeetingDebts::debtors() {
    std::vector<base::AccountId> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [account, rows] : known_) out.push_back(account);
    return out;
}

void MeetingDebts::forget_all(base::AccountId account) {
    const std::lock_guard lock(mutex_);
    known_.erase(account);  // who holds one of them finds it no more
}

awaitable<Result<bool>> MeetingDebts::read(Held* held) {
    std::vector<std::string> key{held->name()};
    const auto there = co_await engine_.get(store::keys::devices(held->account()), std::move(key));
    if (!there) co_return there.error();
    if (there->rows.empty()) {  // never written, or gone though nobody heard so
        forget(*held);
        co_return false;
    }
    auto debt = decode_meeting_debt(there->rows.front().value);
    if (debt) {
        const std::lock_guard lock(mutex_);
        const Row* row = find_row(held->account(), held->name());
        if (row != nullptr && row->left) debt->notices = *row->left;
    } else {
        base::log::error("eas", "what is to be told of a meeting is damaged",
                         {{"account", held->account().value}, {"row", held->name()}});
    }
    if (debt && !debt->notices.empty()) {
        held->debt = std::move(*debt);
        co_return true;
    }
    const auto gone = co_await settle(held);
    if (!gone) co_return gone.error();
    co_return false;
}

/// Nothing: there is none that nobody holds.
std::optional<std::string> MeetingDebts::hold_next(base::AccountId account, const std::string& after) {
    const std::lock_guard lock(mutex_);
    const auto rows = known_.find(account);
    if (rows == known_.end()) return std::nullopt;
    for (auto next = rows->second.upper_bound(after); next != rows->second.end(); ++next) {
        if (next->second.held) continue;
        next->second.held = true;
        return next->first;
    }
    return std::nullopt;
}

awaitable<Result<std::optional<MeetingDebts::Held>>> MeetingDebts::due(base::AccountId account,
                                                                       std::string after) {
    for (;;) {
        const std::optional<std::string> next = hold_next(account, after);
        if (!next) co_return std::optional<Held>();
        after = *next;
        Held held(*this, account, after, MeetingDebt());
        const auto owed = co_await read(&held);
        if (!owed) co_return owed.error();
        if (*owed) co_return std::optional<Held>(std::move(held));
    }
}

}  // namespace eas

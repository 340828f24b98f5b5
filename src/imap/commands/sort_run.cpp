#include "imap/commands/sort_run.hpp"

#include "imap/sort/step_sort.hpp"
#include "store/static_record.hpp"

namespace imap {

namespace {

using Key = SortCriterion::Key;

// Messages whose keys are gathered between two looks around: half a millisecond.
constexpr std::uint32_t gather_piece = 8'192;
// Batches read before others who wait for the same columns are told: their clients hear from them too.
constexpr unsigned batches_a_turn = 16;

bool is_text(Key key) {
    switch (key) {
        case Key::cc:
        case Key::display_from:
        case Key::display_to:
        case Key::from:
        case Key::subject:
        case Key::to:
            return true;
        default:
            return false;
    }
}

std::uint32_t text_of(Key key, const SortRow& row) {
    switch (key) {
        case Key::cc:
            return row.cc;
        case Key::display_from:
            return row.display_from;
        case Key::display_to:
            return row.display_to;
        case Key::from:
            return row.from;
        case Key::subject:
            return row.subject;
        default:
            return row.to;
    }
}

/// By the first key, then by the others, then by sequence number (RFC 5256 section 3).
struct ItemLess {
    const std::vector<std::vector<std::uint64_t>>* others;
    bool operator()(const SortItem& a, const SortItem& b) const {
        if (a.key != b.key) return a.key < b.key;
        for (const auto& keys : *others)
            if (keys[a.place] != keys[b.place]) return keys[a.place] < keys[b.place];
        return a.place < b.place;
    }
};

}  // namespace

ColumnReader::ColumnReader(Session& session, SearchSource source, Progress* progress)
    : session_(session), source_(std::move(source)), progress_(progress) {}

awaitable<bool> ColumnReader::load() {
    const store::Snapshot& messages = *source_.messages;
    const std::uint32_t last = messages.last_uid().value;
    columns_ =
        session_.services_.columns->of(source_.folder->id(), messages.totals().uid_validity, messages.size());
    for (;;) {
        extent_ = columns_->columns.extent();
        if (extent_.filled_to >= last || failed_.code() != store::Errc::none) break;
        auto waiter = std::make_shared<store::Waiter>();
        bool more = co_await tell_filled();
        if (!more) co_return false;
        if (columns_->begin_turn(waiter)) {
            more = co_await fill_for_a_while();
        } else {
            co_await store::wait_for(waiter);
            more = co_await session_.give_way();
        }
        if (!more) co_return false;
    }
    session_.services_.columns->used(columns_);
    co_return true;
}

/// Reading is the second pass of its command over all messages; the search was the first.
awaitable<bool> ColumnReader::tell_filled() {
    const store::Snapshot& messages = *source_.messages;
    const std::uint32_t filled_to = columns_->columns.extent().filled_to;
    if (progress_ == nullptr || filled_to >= messages.last_uid().value) co_return true;
    const std::uint64_t searched = messages.size();
    const std::uint64_t known = messages.lower_bound(Uid(filled_to + 1)).value - 1;
    co_return co_await session_.tell_progress(progress_, searched + known, 2 * searched);
}

/// Messages behind those that are known, in their order.
awaitable<bool> ColumnReader::fill_for_a_while() {
    const FillTurn turn(columns_);
    const store::Snapshot& messages = *source_.messages;
    const std::size_t batch = session_.services_.limits.fetch_batch;
    for (unsigned batches = 0; batches < batches_a_turn; ++batches) {
        const std::uint32_t done = columns_->columns.extent().filled_to;
        if (done >= messages.last_uid().value) co_return true;
        const SeqNum first = messages.lower_bound(Uid(done + 1));
        std::vector<store::Entry> entries;
        messages.for_each(first, SeqNum(messages.size()), [&](SeqNum, const store::Entry& entry) {
            entries.push_back(entry);
            return entries.size() < batch;
        });
        bool more = co_await fill_some(std::move(entries));
        if (failed_.code() != store::Errc::none) co_return true;
        if (more) more = co_await tell_filled();
        if (more) more = co_await session_.give_way();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> ColumnReader::fill_some(std::vector<store::Entry> entries) {
    const auto details = co_await source_.folder->details(entries);
    if (!details) {
        failed_ = details.error();
        co_return true;
    }
    if (details->empty()) throw base::Bug("details of no message");
    SortColumns& columns = columns_->columns;
    for (std::size_t at = 0; at < details->size(); ++at) {
        const store::DetailPtr& detail = (*details)[at];
        if (!detail) continue;  // gone meanwhile
        const auto keys = store::decode_sort_keys(detail->sort_keys);
        if (keys) columns.add(entries[at].uid.value, *keys, entries[at].internal_date);
    }
    columns.publish(entries[details->size() - 1].uid.value);
    co_return true;
}

awaitable<bool> ColumnReader::load_ranks(Comparator comparator) {
    ranks_ = columns_->columns.ranks(comparator, extent_.texts);
    if (ranks_) co_return true;
    RankMaker maker(columns_->columns, extent_.texts, comparator);
    while (!maker.step()) {
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    ranks_ = maker.take();
    columns_->columns.keep_ranks(comparator, ranks_);
    co_return true;
}

SortRun::SortRun(Session& session, const std::vector<SortCriterion>& criteria, SearchSource source,
                 Progress* progress)
    : session_(session), criteria_(criteria), source_(source), reader_(session, std::move(source), progress) {
    for (const SortCriterion& criterion : criteria_) {
        compares_texts_ |= is_text(criterion.key);
        reads_ |= compares_texts_ || criterion.key == Key::date;
    }
    others_.resize(criteria_.size() - 1);
}

awaitable<bool> SortRun::run(NumberRanges found, std::vector<std::uint8_t> relevancy) {
    relevancy_ = std::move(relevancy);
    if (reads_) {
        bool more = co_await reader_.load();
        if (!more) co_return false;
        if (failed().code() != store::Errc::none) co_return true;
        if (compares_texts_) more = co_await reader_.load_ranks(session_.comparator_);
        if (!more) co_return false;
    }
    const bool more = co_await gather(std::move(found));
    if (!more) co_return false;
    co_return co_await sort();
}

awaitable<bool> SortRun::gather(NumberRanges found) {
    const auto size = static_cast<std::size_t>(count(found));
    items_.reserve(size);
    numbers_.reserve(size);
    uids_.reserve(size);
    std::size_t looked_at = 0;
    for (const NumberRange& range : found) {
        for (std::uint64_t first = range.first; first <= range.last; first += gather_piece) {
            const std::uint64_t last = std::min<std::uint64_t>(first + gather_piece - 1, range.last);
            source_.messages->for_each(SeqNum(static_cast<std::uint32_t>(first)),
                                       SeqNum(static_cast<std::uint32_t>(last)),
                                       [&](SeqNum seq, const store::Entry& entry) { add(seq, entry); });
            if (numbers_.size() - looked_at < gather_piece) continue;
            looked_at = numbers_.size();
            const bool more = co_await session_.give_way();
            if (!more) co_return false;
        }
    }
    co_return true;
}

void SortRun::add(SeqNum seq, const store::Entry& entry) {
    SortRow row;
    if (reads_) row = reader_.row(entry);
    const auto place = static_cast<std::uint32_t>(numbers_.size());
    items_.push_back(SortItem{key_of(criteria_.front(), entry, row), place});
    for (std::size_t at = 1; at < criteria_.size(); ++at)
        others_[at - 1].push_back(key_of(criteria_[at], entry, row));
    numbers_.push_back(seq.value);
    uids_.push_back(entry.uid.value);
}

/// Smaller keys come first. REVERSE turns one criterion, not the sequence numbers (RFC 5256 section 3).
std::uint64_t SortRun::key_of(SortCriterion criterion, const store::Entry& entry, const SortRow& row) const {
    std::uint64_t key = 0;
    switch (criterion.key) {
        case Key::arrival:
            key = ordered(entry.internal_date);
            break;
        case Key::date:
            key = ordered(row.sent);
            break;
        case Key::size:
            key = entry.size;
            break;
        case Key::relevancy:  // RFC 6203 section 6: the highest first
            key = std::uint64_t{100} - relevancy_[numbers_.size()];
            break;
        default:
            key = reader_.rank(text_of(criterion.key, row));
            break;
    }
    return criterion.reverse ? ~key : key;
}

awaitable<bool> SortRun::sort() {
    StepSort<SortItem, ItemLess> sorting(std::move(items_), ItemLess{&others_});
    while (!sorting.step()) {
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    const std::vector<SortItem> sorted = sorting.take();
    std::vector<std::uint32_t> numbers, uids;
    std::vector<std::uint8_t> relevancy;
    numbers.reserve(sorted.size());
    uids.reserve(sorted.size());
    relevancy.reserve(relevancy_.size());
    for (const SortItem& item : sorted) {
        numbers.push_back(numbers_[item.place]);
        uids.push_back(uids_[item.place]);
        if (!relevancy_.empty()) relevancy.push_back(relevancy_[item.place]);
        if (numbers.size() % order_piece != 0) continue;
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    numbers_ = std::move(numbers);
    uids_ = std::move(uids);
    relevancy_ = std::move(relevancy);
    co_return true;
}

}  // namespace imap

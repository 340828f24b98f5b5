// Answers: a text to message ids, message ids to the messages of a snapshot.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "store/search/account_indexer.hpp"

namespace store::search {
namespace {

using trigram::Field;

constexpr unsigned tries_max = 4;               // a segment may be merged away while it is read
constexpr std::size_t enough = 2;               // so few candidates are cheaper to read than to narrow
constexpr std::size_t prefix_blocks_max = 256;  // of a text of one or two letters: 2 MiB
constexpr std::size_t text_bytes_max = 16'384;

/// Where the text may stand, and what is looked for there.
struct Places {
    std::vector<Field> fields;
    std::string text;
    bool certain = true;  ///< a whole word of these fields is an answer for this key
};

Places places_of(const SearchNeedle& needle) {
    Places out;
    out.text = needle.text;
    switch (needle.field) {
        case SearchField::text:
            out.fields = {Field::body, Field::other, Field::subject, Field::from, Field::to, Field::copy};
            break;
        case SearchField::body:
            out.fields = {Field::body};
            break;
        case SearchField::subject:
            out.fields = {Field::subject};
            break;
        case SearchField::from:
            out.fields = {Field::from};
            break;
        case SearchField::to:
            out.fields = {Field::to};
            break;
        case SearchField::cc:
        case SearchField::bcc:
            out.fields = {Field::copy};
            out.certain = false;
            break;
        case SearchField::header:
            out.fields = {field_of(needle.name)};
            out.certain = false;
            // RFC 9051 section 6.4.4: a zero-length text matches all messages that have the field.
            if (out.text.empty()) out.text = needle.name + ":";
            break;
    }
    return out;
}

void sort_unique(std::vector<std::uint64_t>& ids) {
    if (!std::ranges::is_sorted(ids)) std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
}

/// Ids are asked for in nearly ascending order.
class Lookup {
public:
    explicit Lookup(const std::vector<std::uint64_t>& ids) : ids_(ids), at_(ids.begin()) {}
    bool contains(std::uint64_t id) {
        if (at_ == ids_.end() || *at_ > id) at_ = std::lower_bound(ids_.begin(), at_, id);
        for (unsigned near = 0; near < 4 && at_ != ids_.end() && *at_ < id; ++near) ++at_;
        if (at_ != ids_.end() && *at_ < id) at_ = std::lower_bound(at_, ids_.end(), id);
        return at_ != ids_.end() && *at_ == id;
    }

private:
    const std::vector<std::uint64_t>& ids_;
    std::vector<std::uint64_t>::const_iterator at_;
};

}  // namespace

awaitable<SearchHitsPtr> SearchService::find(base::AccountId account, base::FolderId folder,
                                             SnapshotPtr snapshot, SearchNeedle needle) {
    const bool empty = needle.text.empty() && needle.field != SearchField::header;
    if (!options_.enabled || empty || needle.text.size() > text_bytes_max) co_return nullptr;
    auto reading = std::make_shared<SegmentRow>();
    for (unsigned tries = 1; tries <= tries_max; ++tries) {
        const auto found = co_await try_find(account, folder, snapshot, needle, reading);
        if (found) co_return *found;
        const bool gone = found.error().is(Errc::not_found);
        if (gone && tries < tries_max) continue;
        if (gone || found.error().is(Errc::corrupt)) report_damage(account, *reading);
        break;
    }
    co_return nullptr;
}

awaitable<Result<SearchHitsPtr>> SearchService::try_find(base::AccountId account, base::FolderId folder,
                                                         SnapshotPtr snapshot, SearchNeedle needle,
                                                         std::shared_ptr<SegmentRow> reading) {
    const auto manifest_now = co_await manifest(account);
    if (!manifest_now) co_return manifest_now.error();
    const ManifestPtr index = *manifest_now;
    const Uid mark = index->mark(folder);
    if (index->damaged || mark.value == 0) co_return SearchHitsPtr();
    const Places places = places_of(needle);
    const trigram::Plan plan(places.text);
    if (!plan.prunes()) co_return SearchHitsPtr();
    needle.text = places.text;
    Found all;
    for (const SegmentRow& row : index->segments) {
        *reading = row;
        auto segment = co_await reader_.open(row);
        if (!segment) co_return segment.error();
        auto found = co_await search_segment(std::move(*segment), places.fields, needle);
        if (!found) co_return found.error();
        all.maybe.insert(all.maybe.end(), found->maybe.begin(), found->maybe.end());
        if (places.certain) all.yes.insert(all.yes.end(), found->yes.begin(), found->yes.end());
    }
    sort_unique(all.maybe);
    sort_unique(all.yes);
    auto hits = std::make_shared<SearchHits>(snapshot->size());
    Lookup maybe(all.maybe), yes(all.yes);
    for (std::uint64_t first = 1; first <= snapshot->size(); first += documents_a_breath) {
        if (first != 1) co_await breathe();
        const auto last = std::min<std::uint64_t>(first + documents_a_breath - 1, snapshot->size());
        snapshot->for_each(SeqNum(static_cast<std::uint32_t>(first)),
                           SeqNum(static_cast<std::uint32_t>(last)), [&](SeqNum seq, const Entry& entry) {
                               if (yes.contains(entry.id.value)) {
                                   hits->set(seq, SearchHits::Verdict::yes);
                               } else if (entry.uid > mark || maybe.contains(entry.id.value)) {
                                   hits->set(seq, SearchHits::Verdict::maybe);
                               }
                           });
    }
    co_return SearchHitsPtr(std::move(hits));
}

awaitable<Result<SearchService::Found>> SearchService::search_segment(Segment segment,
                                                                      std::vector<Field> fields,
                                                                      SearchNeedle needle) {
    const trigram::Plan plan(needle.text);
    Found out;
    trigram::Ordinals maybe, yes;
    for (const Field field : fields) {
        const auto some = co_await candidates(segment, plan, field);
        if (!some) co_return some.error();
        trigram::unite(maybe, *some);
        const auto word = trigram::word_term(field, needle.text);
        if (!word || some->size() <= enough) continue;
        const auto sure = co_await reader_.term(segment, *word);
        if (!sure) co_return sure.error();
        trigram::unite(yes, *sure);
    }
    const auto unknown = co_await reader_.term(segment, std::string(trigram::unknown_term));
    if (!unknown) co_return unknown.error();
    trigram::unite(maybe, *unknown);
    auto maybe_ids = co_await reader_.ids(segment, std::move(maybe));
    if (!maybe_ids) co_return maybe_ids.error();
    out.maybe = std::move(*maybe_ids);
    auto yes_ids = co_await reader_.ids(segment, std::move(yes));
    if (!yes_ids) co_return yes_ids.error();
    out.yes = std::move(*yes_ids);
    co_return out;
}

awaitable<Result<trigram::Ordinals>> SearchService::candidates(Segment segment, trigram::Plan plan,
                                                               Field field) {
    if (plan.by_prefix()) {
        auto [first, last] = plan.prefix_terms(field);
        co_return co_await reader_.terms(segment, std::move(first), std::move(last), prefix_blocks_max);
    }
    trigram::Ordinals out;
    for (std::size_t i = 0; i < plan.grams().size(); ++i) {
        auto some =
            co_await reader_.term(segment, trigram::term_of(trigram::in_field(plan.grams()[i], field)));
        if (!some) co_return some.error();
        if (i == 0) {
            out = std::move(*some);
        } else {
            trigram::intersect(out, *some);
        }
        if (out.size() <= enough) break;
    }
    co_return out;
}

}  // namespace store::search

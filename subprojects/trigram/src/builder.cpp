#include "trigram/builder.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "trigram/writer.hpp"

namespace trigram {
namespace {

constexpr unsigned document_bits = 24;
constexpr std::uint64_t document_mask = (1U << document_bits) - 1;

/// Calls visit(term, ordinals) for each term of sorted postings.
template <class Visit>
void for_each_term(std::span<const std::uint64_t> postings, Visit visit) {
    Ordinals ordinals;
    for (std::size_t at = 0; at < postings.size();) {
        const std::uint64_t term = postings[at] >> document_bits;
        ordinals.clear();
        for (; at < postings.size() && postings[at] >> document_bits == term; ++at)
            ordinals.push_back(static_cast<Ordinal>(postings[at] & document_mask));
        visit(term, ordinals);
    }
}

}  // namespace

void SegmentBuilder::add(DocumentId id, const Collector& terms) {
    if (terms.overflow()) return add_unknown(id);
    const std::uint64_t document = ids_.size();
    if (!ids_.empty() && ids_.back() > id) in_order_ = false;
    ids_.push_back(id);
    for (const Gram gram : terms.grams()) postings_.push_back(gram << document_bits | document);
    for (std::string_view left = terms.words(); !left.empty();) {
        const Collector::Word word = Collector::take_word(left);
        const std::uint32_t number = word_table_.find(word.field, word.octets, word.hash, limits_.words_max);
        if (number == WordTable::none) continue;
        if (number == word_last_.size()) word_last_.push_back(0);
        if (std::exchange(word_last_[number], static_cast<std::uint32_t>(document + 1)) != document + 1)
            words_.push_back(std::uint64_t{number} << document_bits | document);
    }
}

void SegmentBuilder::add_unknown(DocumentId id) {
    if (!ids_.empty() && ids_.back() > id) in_order_ = false;
    unknown_.push_back(static_cast<std::uint32_t>(ids_.size()));
    ids_.push_back(id);
}

/// Ordinals follow the ids.
void SegmentBuilder::number_documents() {
    if (in_order_) return;
    std::vector<std::uint32_t> order(ids_.size()), rank(ids_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [this](std::uint32_t i) { return ids_[i]; });
    for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    for (auto* postings : {&postings_, &words_})
        postings->for_each([&rank](std::uint64_t& posting) {
            posting = (posting & ~document_mask) | rank[posting & document_mask];
        });
    for (std::uint32_t& ordinal : unknown_) ordinal = rank[ordinal];
    std::ranges::sort(unknown_);
    std::ranges::sort(ids_);
}

std::string SegmentBuilder::build() {
    number_documents();
    const unsigned first_bit = in_order_ ? document_bits : 0;
    SegmentWriter writer(ids_);
    std::string term;
    for_each_term(postings_.sort(first_bit), [&](std::uint64_t gram, const Ordinals& ordinals) {
        term.clear();
        append_term(gram, term);
        writer.add(term, ordinals);
    });
    postings_.clear();

    const std::vector<std::uint32_t> order = word_table_.in_order();
    std::vector<std::uint32_t> rank(order.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    words_.for_each([&rank](std::uint64_t& posting) {
        posting = std::uint64_t{rank[posting >> document_bits]} << document_bits | (posting & document_mask);
    });
    const std::size_t count_min = word_count_min(ids_.size());
    for_each_term(words_.sort(first_bit), [&](std::uint64_t number, const Ordinals& ordinals) {
        if (ordinals.size() >= count_min) writer.add(word_table_.term(order[number]), ordinals);
    });
    if (!unknown_.empty()) writer.add(unknown_term, unknown_);
    writer.finish();
    *this = SegmentBuilder(limits_);
    return writer.take();
}

}  // namespace trigram

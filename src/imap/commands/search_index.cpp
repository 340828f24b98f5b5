// What the store's index knows of the keys that look at text, asked once, when the first message would have
// to be read: most need not be then. Its "no" is final, its "maybe" is read.
#include "base/utf8.hpp"
#include "imap/commands/search_run.hpp"

namespace imap {

namespace {

using Op = SearchKey::Op;
using store::SearchField;

// Two bits a message each; more keys are decided by reading.
constexpr std::size_t indexed_keys_max = 32;

std::optional<SearchField> indexed_field(Op op) {
    switch (op) {
        case Op::body:
            return SearchField::body;
        case Op::text:
            return SearchField::text;
        case Op::header:
            return SearchField::header;
        case Op::from:
            return SearchField::from;
        case Op::to:
            return SearchField::to;
        case Op::cc:
            return SearchField::cc;
        case Op::bcc:
            return SearchField::bcc;
        case Op::subject:
            return SearchField::subject;
        default:
            return std::nullopt;
    }
}

}  // namespace

/// Asked when the first message is open: facts alone may decide all of them.
awaitable<bool> SearchRun::ask_index(std::vector<Candidate>* candidates) {
    if (std::exchange(index_asked_, true)) co_return true;
    const bool more = co_await ask_index_of_keys();
    if (!more) co_return false;
    if (indexed_.empty()) co_return true;
    for (Candidate& candidate : *candidates) {
        if (candidate.truth != Truth::unknown) continue;
        recall_index(candidate.seq);
        candidate.truth = judge(0, candidate.seq, candidate.entry);
    }
    co_return true;
}

awaitable<bool> SearchRun::ask_index_of_keys() {
    store::SearchIndex* const index = session_.services_.store.search();
    if (index == nullptr) co_return true;
    const std::vector<SearchKey>& keys = program_.keys;
    for (std::size_t at = 0; at < keys.size() && indexed_.size() < indexed_keys_max; ++at) {
        const auto field = indexed_field(keys[at].op);
        if (!field || keys[at].fuzzy) continue;  // what is found by likeness has other trigrams
        store::SearchNeedle needle;
        needle.field = *field;
        needle.name = keys[at].name;
        needle.text = keys[at].text;
        // Of a shared folder the index is its owner's.
        prepared_[at].hits = co_await index->find(source_.folder->account(), source_.folder->id(),
                                                  source_.messages, std::move(needle));
        if (prepared_[at].hits) indexed_.push_back(at);
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    co_return true;
}

/// The index sees alike what any comparator does, so its "no" holds for all of them; its "yes" only where
/// the comparator folds the case of all that the index takes for words: ASCII and Russian. Relevancy
/// (RFC 6203 section 4) comes of reading.
bool SearchRun::believes_yes(const SearchKey& key) const {
    if (program_.uses_fuzzy || comparator_ == Comparator::octet) return false;
    return comparator_ == Comparator::unicode_casemap || base::is_ascii(key.text);
}

void SearchRun::recall_index(SeqNum seq) {
    using Verdict = store::SearchHits::Verdict;
    for (const std::size_t at : indexed_) {
        const Verdict verdict = prepared_[at].hits->of(seq);
        content_[at] = verdict == Verdict::no                                       ? Truth::no
                       : verdict == Verdict::yes && believes_yes(program_.keys[at]) ? Truth::yes
                                                                                    : Truth::unknown;
    }
}

}  // namespace imap

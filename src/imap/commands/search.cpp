// The walk of a search over the messages.
#include "imap/commands/search_run.hpp"

namespace imap {

namespace {

// Messages judged between two looks around: some 0.1 ms where the snapshot decides. Each costs a step for
// each key.
constexpr std::size_t fact_piece = 4'096, fact_steps_max = 4 * fact_piece;

}  // namespace

SearchSource Session::selected_source() const {
    return SearchSource{selected_->folder, selected_->view.shared(), selected_.get()};
}

SearchRun::SearchRun(Session& session, const SearchProgram& program, SearchSource source)
    : session_(session),
      program_(program),
      source_(std::move(source)),
      comparator_(session.comparator_),
      now_(base::unix_seconds(session.services_.clock->now())) {
    prepare();
}

awaitable<bool> SearchRun::run() {
    NumberRanges all;
    if (source_.messages->size() != 0) all.push_back(NumberRange{1, source_.messages->size()});
    return run(std::move(all));
}

awaitable<bool> SearchRun::run(NumberRanges among) {
    index_asked_ = count(among) <= session_.services_.limits.unindexed_search_max;
    const std::size_t most = program_.reads_content ? session_.services_.limits.fetch_batch : fact_piece;
    const std::size_t keys = std::max<std::size_t>(program_.keys.size(), 1);
    const std::size_t piece = std::min(most, std::max<std::size_t>(fact_steps_max / keys, 16));
    std::size_t looked_at = 0;
    std::uint64_t done = 0;
    const std::uint64_t goal = count(among);
    for (const NumberRange& range : among) {
        for (std::uint64_t first = range.first; first <= range.last; first += piece) {
            if (looked_at >= piece) {
                const bool more = co_await session_.give_way();
                if (!more) co_return false;
                looked_at = 0;
            }
            const auto last = std::min<std::uint64_t>(first + piece - 1, range.last);
            const bool more = co_await run_piece(SeqNum(static_cast<std::uint32_t>(first)),
                                                 SeqNum(static_cast<std::uint32_t>(last)));
            if (!more) co_return false;
            looked_at += last - first + 1;
            done += last - first + 1;
            if (progress_ == nullptr || done == goal) continue;
            const bool told = co_await session_.tell_progress(progress_, done, goal * passes_);
            if (!told) co_return false;
        }
    }
    co_return true;
}

awaitable<bool> SearchRun::run_piece(SeqNum first, SeqNum last) {
    // A search of texts may take minutes: RFC 4314 section 5.1.1 holds within it too.
    if (source_.selected != nullptr && !session_.rights_hold()) co_return false;
    std::vector<Candidate> candidates;
    bool open = false;
    forget_content();
    source_.messages->for_each(first, last, [&](SeqNum seq, const store::Entry& entry) {
        recall_index(seq);
        const Truth truth = judge(0, seq, entry);
        if (truth == Truth::no) return;
        open |= truth == Truth::unknown;
        candidates.push_back(Candidate{seq, entry, truth});
    });
    if (open) {
        bool more = co_await ask_index(&candidates);
        if (!more) co_return false;
        more = co_await read_open(&candidates);
        if (!more) co_return false;
    }
    for (const Candidate& candidate : candidates) {
        if (candidate.truth != Truth::yes) continue;
        push(found_, candidate.seq.value);
        if (program_.uses_fuzzy) relevancy_.push_back(candidate.relevancy);
    }
    co_return true;
}

}  // namespace imap

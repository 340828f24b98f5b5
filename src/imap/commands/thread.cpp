// THREAD and UID THREAD: RFC 5256 section 3; REFS as of draft-ietf-morg-inthread. The algorithms are in
// imap/sort.
#include "imap/commands/sort_run.hpp"
#include "imap/sort/step_sort.hpp"
#include "imap/sort/threads.hpp"

namespace imap {

namespace {

// Messages between two looks around: half a millisecond.
constexpr std::size_t thread_piece = 2'048;

struct OlderFirst {
    bool operator()(const SortItem& a, const SortItem& b) const {
        return a.key != b.key ? a.key < b.key : a.place < b.place;
    }
};

}  // namespace

/// One THREAD under way.
class ThreadRun {
public:
    ThreadRun(Session& session, const cmd::Thread& thread, SearchSource source, Progress* progress)
        : session_(session),
          thread_(thread),
          source_(source),
          reader_(session, std::move(source), progress) {}

    /// False: the session is over.
    awaitable<bool> run(NumberRanges found);
    const store::Error& failed() const { return reader_.failed(); }

private:
    using Algorithm = cmd::Thread::Algorithm;

    awaitable<bool> gather(NumberRanges found);
    void add(SeqNum seq, const store::Entry& entry);
    awaitable<bool> sort_by_date();
    awaitable<bool> make_tree();
    awaitable<bool> write();

    Session& session_;
    const cmd::Thread& thread_;
    SearchSource source_;
    ColumnReader reader_;
    std::optional<ReferenceThreads> references_;
    std::vector<ThreadMessage> messages_;
    std::vector<SortItem> dates_;
    std::vector<std::uint32_t> numbers_, order_, named_;
    ThreadTree tree_;
};

awaitable<bool> ThreadRun::run(NumberRanges found) {
    bool more = co_await reader_.load();
    if (!more) co_return false;
    if (failed().code() != store::Errc::none) co_return true;
    if (thread_.algorithm != Algorithm::refs) more = co_await reader_.load_ranks(session_.comparator_);
    if (!more) co_return false;
    if (thread_.algorithm != Algorithm::ordered_subject) references_.emplace(reader_.extent().ids);
    more = co_await gather(std::move(found));
    if (!more) co_return false;
    more = co_await sort_by_date();
    if (!more) co_return false;
    more = co_await make_tree();
    if (!more) co_return false;
    co_return co_await write();
}

awaitable<bool> ThreadRun::gather(NumberRanges found) {
    std::size_t looked_at = 0;
    for (const NumberRange& range : found) {
        for (std::uint64_t first = range.first; first <= range.last; first += thread_piece) {
            const std::uint64_t last = std::min<std::uint64_t>(first + thread_piece - 1, range.last);
            source_.messages->for_each(SeqNum(static_cast<std::uint32_t>(first)),
                                       SeqNum(static_cast<std::uint32_t>(last)),
                                       [&](SeqNum seq, const store::Entry& entry) { add(seq, entry); });
            if (numbers_.size() - looked_at < thread_piece) continue;
            looked_at = numbers_.size();
            const bool more = co_await session_.give_way();
            if (!more) co_return false;
        }
    }
    co_return true;
}

void ThreadRun::add(SeqNum seq, const store::Entry& entry) {
    const SortRow row = reader_.row(entry);
    const auto place = static_cast<std::uint32_t>(numbers_.size());
    numbers_.push_back(thread_.uid ? entry.uid.value : seq.value);
    dates_.push_back(SortItem{ordered(row.sent), place});
    if (thread_.algorithm != Algorithm::refs)
        messages_.push_back(ThreadMessage{reader_.rank(row.subject), row.subject != 0, row.is_reply});
    if (!references_) return;
    named_.clear();
    for (std::uint32_t at = 0; at < row.references; ++at)
        named_.push_back(reader_.columns().reference(row.references_at + at));
    references_->add(row.id, named_);
}

awaitable<bool> ThreadRun::sort_by_date() {
    StepSort<SortItem, OlderFirst> sorting(std::move(dates_), OlderFirst());
    while (!sorting.step()) {
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    const std::vector<SortItem> sorted = sorting.take();
    order_.reserve(sorted.size());
    for (const SortItem& item : sorted) {
        order_.push_back(item.place);
        if (order_.size() % order_piece != 0) continue;
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> ThreadRun::make_tree() {
    std::unique_ptr<ThreadSteps> steps;
    switch (thread_.algorithm) {
        case Algorithm::ordered_subject:
            steps = thread_by_subject(messages_, order_);
            break;
        case Algorithm::references:
            steps = references_->references(messages_, order_);
            break;
        case Algorithm::refs:
            steps = references_->refs(order_);
            break;
    }
    while (!steps->step()) {
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    tree_ = steps->take();
    co_return true;
}

awaitable<bool> ThreadRun::write() {
    ThreadWriter writer(tree_, numbers_);
    while (writer.write(session_.out(), net::Connection::output_large_bytes)) {
        const bool more = co_await session_.breathe();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<Reply> Session::handle(cmd::Thread thread) {
    if (auto refused = refuse_program(thread.program)) co_return std::move(*refused);
    if (thread.program.uses_filter) {
        auto refused = co_await expand_filters(&thread.program);
        if (refused) co_return std::move(*refused);
    }
    if (thread.program.uses_mod_seq) enable_condstore();
    SearchSource source = selected_source();
    Progress progress = begin_progress();
    SearchRun search(*this, thread.program, source);
    search.tell_progress(&progress, 2);
    if (services_.limits.command_messages_max != 0)
        if (auto refused = refuse_many(count(search.looked_at()), false)) co_return std::move(*refused);
    bool more = co_await search.run();
    if (!more) co_return gone();
    if (search.failed().code() != store::Errc::none) co_return reply_of(search.failed());
    ThreadRun run(*this, thread, std::move(source), &progress);
    more = co_await run.run(search.found());
    if (!more) co_return gone();
    if (run.failed().code() != store::Errc::none) co_return reply_of(run.failed());
    if (search.expunged()) co_return no(code::expunge_issued, "Some of the messages no longer exist");
    co_return ok("Thread completed");
}

}  // namespace imap

// SEARCH and UID SEARCH: RFC 9051 sections 6.4.4 and 6.4.9, RFC 4731 (ESEARCH), RFC 5182 ("$"), RFC 7162
// section 3.1.5. Here: the walk over the messages and the result.
#include "imap/commands/search_run.hpp"

namespace imap {

namespace {

// Messages judged between two looks around: some 0.1 ms where the snapshot decides. Each costs a step for
// each key.
constexpr std::size_t fact_piece = 4'096, fact_steps_max = 4 * fact_piece;

void push(NumberRanges& ranges, std::uint32_t number) {
    if (!ranges.empty() && ranges.back().last + 1 == number) {
        ranges.back().last = number;
    } else {
        ranges.push_back(NumberRange{number, number});
    }
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Search search) {
    using Charset = SearchProgram::Charset;
    const bool saves = (search.returns & cmd::Search::save) != 0;
    if (search.program.charset == Charset::unknown) {
        if (saves) selected_->saved.clear();  // RFC 5182 section 2.1: a failed search leaves nothing
        co_return no(code::bad_charset, "Charset is not known");
    }
    // RFC 6855 section 3: with UTF8=ACCEPT strings are UTF-8 and CHARSET is refused.
    if (utf8_ && search.program.charset != Charset::none) co_return bad("No CHARSET with UTF8=ACCEPT");
    if (search.program.uses_mod_seq) enable_condstore();
    SearchRun run(*this, std::move(search));
    co_return co_await run.run();
}

SearchRun::SearchRun(Session& session, cmd::Search search)
    : session_(session),
      search_(std::move(search)),
      messages_(session.selected_->view.shared()),
      now_(base::unix_seconds(session.services_.clock->now())) {
    prepare();
}

awaitable<Reply> SearchRun::run() {
    const std::size_t most =
        search_.program.reads_content ? session_.services_.limits.fetch_batch : fact_piece;
    const std::size_t keys = std::max<std::size_t>(search_.program.keys.size(), 1);
    const std::size_t piece = std::min(most, std::max<std::size_t>(fact_steps_max / keys, 16));
    for (std::uint64_t first = 1; first <= messages_->size(); first += piece) {
        const auto last = std::min<std::uint64_t>(first + piece - 1, messages_->size());
        bool more = co_await run_piece(SeqNum(static_cast<std::uint32_t>(first)),
                                       SeqNum(static_cast<std::uint32_t>(last)));
        if (more && last != messages_->size()) more = co_await session_.give_way();
        if (!more) co_return gone();
    }
    co_return report();
}

awaitable<bool> SearchRun::run_piece(SeqNum first, SeqNum last) {
    std::vector<Candidate> candidates;
    bool open = false;
    forget_content();
    messages_->for_each(first, last, [&](SeqNum seq, const store::Entry& entry) {
        const Truth truth = judge(0, seq, entry);
        if (truth == Truth::no) return;
        open |= truth == Truth::unknown;
        candidates.push_back(Candidate{seq, entry, truth});
    });
    if (open) {
        const bool more = co_await read_open(&candidates);
        if (!more) co_return false;
    }
    for (const Candidate& candidate : candidates)
        if (candidate.truth == Truth::yes) add(candidate);
    co_return true;
}

void SearchRun::add(const Candidate& found) {
    push(result_, search_.uid ? found.entry.uid.value : found.seq.value);
    if ((search_.returns & cmd::Search::save) != 0) push(result_uids_, found.entry.uid.value);
    modseq_all_ = std::max(modseq_all_, found.entry.modseq);
    if (uid_first_.value == 0) {
        uid_first_ = found.entry.uid;
        modseq_first_ = found.entry.modseq;
    }
    uid_last_ = found.entry.uid;
    modseq_last_ = found.entry.modseq;
}

Reply SearchRun::report() {
    using Search = cmd::Search;
    const bool saves = (search_.returns & Search::save) != 0;
    if (failed_.code() != store::Errc::none) {
        if (saves) session_.selected_->saved.clear();
        return reply_of(failed_);
    }
    if (saves && !save()) return no(code::not_saved, "The result is too large to be saved");

    // RFC 9051 section 6.4.4: a client of IMAP4rev2 always gets ESEARCH.
    const bool extended = search_.extended || session_.rev2_;
    const auto returns = static_cast<std::uint8_t>(search_.returns & ~Search::save);
    const bool with_all = !search_.extended || (returns & (Search::all | Search::count)) != 0;
    std::optional<ModSeq> modseq;
    if (search_.program.uses_mod_seq && !result_.empty()) {
        modseq = modseq_all_;
        // RFC 7162 section 3.1.5: of the messages that are told.
        if (!with_all && returns == Search::min) modseq = modseq_first_;
        if (!with_all && returns == Search::max) modseq = modseq_last_;
        if (!with_all && returns == (Search::min | Search::max))
            modseq = std::max(modseq_first_, modseq_last_);
    }
    if (!extended) {
        write_search(session_.out(), result_, modseq);
    } else if (returns != 0 || !search_.extended) {
        SearchResponse response;
        response.tag = session_.tag_;
        response.uid = search_.uid;
        response.returns = search_.extended ? returns : static_cast<std::uint8_t>(Search::all);
        response.result = std::move(result_);
        response.mod_seq = modseq;
        write_esearch(session_.out(), response);
    }
    if (expunged_) return no(code::expunge_issued, "Some of the messages no longer exist");
    return ok("Search completed");
}

/// "$" (RFC 9051 section 6.4.4.1): with only MIN or MAX asked for, only these. False: too many ranges.
bool SearchRun::save() {
    NumberRanges& saved = session_.selected_->saved;
    saved.clear();
    const std::uint8_t ends = cmd::Search::min | cmd::Search::max;
    const std::uint8_t all = cmd::Search::all | cmd::Search::count;
    if ((search_.returns & ends) != 0 && (search_.returns & all) == 0) {
        if (uid_first_.value == 0) return true;
        if ((search_.returns & cmd::Search::min) != 0) push(saved, uid_first_.value);
        if ((search_.returns & cmd::Search::max) != 0 && (saved.empty() || uid_last_ != uid_first_))
            push(saved, uid_last_.value);
        return true;
    }
    if (result_uids_.size() > session_.services_.limits.saved_ranges_max) return false;
    saved = std::move(result_uids_);
    return true;
}

}  // namespace imap

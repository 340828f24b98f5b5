// SEARCH, SORT and their UID forms: RFC 9051 section 6.4.4, RFC 5256 section 3, RFC 5267.
#include "imap/commands/search_return.hpp"
#include "imap/commands/sort_run.hpp"

namespace imap {

/// Why a program cannot be run; nothing: it can.
std::optional<Reply> Session::refuse_program(const SearchProgram& program) const {
    using Charset = SearchProgram::Charset;
    if (program.charset == Charset::unknown) {
        if (program.uses_filter)  // RFC 5466 section 3.1
            return Reply(Condition::bad, code::bad_charset, "Filters are in UTF-8");
        return no(code::bad_charset, "Charset is not known");
    }
    return std::nullopt;
}

awaitable<Reply> Session::handle(cmd::Search search) {
    const bool saves = (search.returns & cmd::Search::save) != 0;
    if (auto refused = refuse_program(search.program)) {
        if (saves) selected_->saved.clear();  // RFC 5182 section 2.1: a failed search leaves nothing
        co_return std::move(*refused);
    }
    // RFC 6855 section 3: with UTF8=ACCEPT strings are UTF-8 and CHARSET is refused; SORT and THREAD must
    // have one, so there UTF-8 is right.
    if (utf8_ && search.order.empty() && search.program.charset != SearchProgram::Charset::none)
        co_return bad("No CHARSET with UTF8=ACCEPT");
    if (auto refused = refuse_update(search)) co_return std::move(*refused);
    if (search.program.uses_filter) {
        auto refused = co_await expand_filters(&search.program);
        if (refused && saves) selected_->saved.clear();
        if (refused) co_return std::move(*refused);
    }
    if (search.program.uses_mod_seq) enable_condstore();
    SearchSource source = selected_source();
    std::string no_mailbox;
    co_return co_await run_search(&search, std::move(source), std::move(no_mailbox));
}

/// Runs a search and answers it. `mailbox`: its name, of ESEARCH with sources (RFC 7377); else empty.
awaitable<Reply> Session::run_search(const cmd::Search* search, SearchSource source, std::string mailbox) {
    const bool saves = (search->returns & cmd::Search::save) != 0;
    Progress progress = begin_progress();
    SearchRun run(*this, search->program, source);
    run.tell_progress(&progress, search->order.empty() ? 1 : 2);
    NumberRanges among;
    if (source.messages->size() != 0) among.push_back(NumberRange{1, source.messages->size()});
    // RFC 9738; of ESEARCH over mailboxes that says nothing.
    if (services_.limits.command_messages_max != 0 && mailbox.empty()) {
        among = run.looked_at();
        if (!search->order.empty())
            if (auto refused = refuse_many(count(among), false)) co_return std::move(*refused);
        limit_messages(&among, *source.messages);
    }
    bool more = co_await run.run(std::move(among));
    if (!more) co_return gone();
    store::Error failed = run.failed();
    SearchReturn answer(*this, *search, run, source.messages);
    std::vector<std::uint32_t> order;
    if (!search->order.empty() && failed.code() == store::Errc::none) {
        SortRun sorting(*this, search->order, source, &progress);
        more = co_await sorting.run(run.found(), run.relevancy());
        if (!more) co_return gone();
        failed = sorting.failed();
        answer.set_order(sorting);
        order = sorting.uids();
    }
    if (failed.code() != store::Errc::none) {
        if (saves) selected_->saved.clear();
        co_return reply_of(failed);
    }
    if (saves && !answer.save()) co_return no(code::not_saved, "The result is too large to be saved");
    if (mailbox.empty()) {
        more = co_await answer.write();
    } else {
        more = co_await answer.write_of(&mailbox);
    }
    if (!more) co_return gone();
    if ((search->returns & cmd::Search::update) != 0 && source.selected != nullptr) {
        if (limit_.empty()) {
            begin_context(*search, source, run.found(), order);
        } else {
            refuse_updates(tag_);  // of a result that is not whole
        }
    }
    if (run.expunged()) co_return no(code::expunge_issued, "Some of the messages no longer exist");
    co_return ok(search->order.empty() ? "Search completed" : "Sort completed");
}

}  // namespace imap

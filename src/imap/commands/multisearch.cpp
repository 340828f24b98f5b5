// ESEARCH: one search of several mailboxes. RFC 7377.
#include <set>

#include "imap/commands/search_run.hpp"
#include "imap/mailbox_filters.hpp"

namespace imap {

namespace {

using Kind = MailboxFilter::Kind;

// Mailboxes looked at between two looks around: well below a millisecond.
constexpr std::size_t look_piece = 512;

}  // namespace

/// One ESEARCH under way.
class MultiSearch {
public:
    /// \param multi must outlive the run.
    MultiSearch(Session& session, const cmd::MultiSearch& multi)
        : session_(session), search_(multi.search), sources_(multi.sources) {
        for (const MailboxFilter& filter : multi.sources)
            if (filter.kind == Kind::mailboxes)
                named_.insert(named_.end(), filter.names.begin(), filter.names.end());
    }

    awaitable<Reply> run();

private:
    struct Searched {
        store::AccountPtr account;
        base::FolderId id;
        std::string name;
    };

    awaitable<store::Error> look();
    awaitable<store::Error> look_at_names();
    void add(const store::AccountPtr& account, const store::FolderInfo& folder, std::string name);
    awaitable<Reply> search(Searched searched);

    Session& session_;
    const cmd::Search& search_;
    MailboxFilters sources_;
    std::vector<std::string> named_;
    std::vector<Searched> found_;
    std::set<base::FolderId> known_;
    bool ended_ = false;
};

void MultiSearch::add(const store::AccountPtr& account, const store::FolderInfo& folder, std::string name) {
    if (known_.insert(folder.id).second) found_.push_back(Searched{account, folder.id, std::move(name)});
}

/// Each mailbox once, in the order of LIST. What does not exist is passed over, and so is what this user may
/// not read; what he may not see must be named (RFC 7377 section 2.2).
awaitable<store::Error> MultiSearch::look() {
    Listing listed;
    listed.tree = session_.folders();
    if (sources_.reach_others()) {
        auto all = co_await session_.listing();
        if (!all) co_return all.error();
        listed = std::move(*all);
    }
    const store::AccountPtr own = session_.account_;
    const Selected* const selected = session_.selected_.get();
    std::size_t looked_at = 0;
    for (const store::FolderInfo& folder : listed.tree->folders) {
        if (++looked_at % look_piece == 0) {
            ended_ = !co_await session_.give_way();
            if (ended_) co_return store::Error();
        }
        if (!folder.selectable) continue;
        const auto shared = listed.shared.find(folder.id);
        const bool is_own = shared == listed.shared.end();
        const store::Rights rights =
            is_own ? store::rights_of(folder.acl.get(), own->id(), own->id()) : shared->second.rights;
        if (!rights.has(store::Right::read)) continue;
        const bool is_selected =
            sources_.has(Kind::selected) && selected != nullptr && selected->folder->id() == folder.id;
        const bool subscribed = listed.tree->subscribed.contains(folder.name);
        if (is_selected || sources_.cover(folder, is_own, subscribed))
            add(is_own ? own : shared->second.account, folder, folder.name);
    }
    // RFC 7377 section 2.2: also one that is not listed, as long as it may be read.
    if (sources_.has(Kind::selected) && selected != nullptr && selected->rights.has(store::Right::read)) {
        const store::FolderTreePtr tree = selected->account->folders();
        const store::FolderInfo* const folder = tree->find(selected->folder->id());
        if (folder != nullptr) add(selected->account, *folder, selected->name);
    }
    co_return co_await look_at_names();
}

/// What others share and do not let him see, but let him read.
awaitable<store::Error> MultiSearch::look_at_names() {
    std::size_t looked_at = 0;
    for (const std::string& name : named_) {
        if (space_of(name).space == Space::personal) continue;
        if (++looked_at % look_piece == 0) {
            ended_ = !co_await session_.give_way();
            if (ended_) co_return store::Error();
        }
        const auto place = co_await session_.find(name);
        if (!place && !place.error().is(store::Errc::not_found)) co_return place.error();
        if (place && place->info.selectable && place->rights.has(store::Right::read))
            add(place->account, place->info, place->name());
    }
    co_return store::Error();
}

awaitable<Reply> MultiSearch::run() {
    const store::Error failed = co_await look();
    if (ended_) co_return gone();
    if (failed.code() != store::Errc::none) co_return reply_of(failed);
    Reply answer = ok("Search completed");
    for (const Searched& searched : found_) {
        Reply one = co_await search(searched);
        if (one.then != Reply::Then::go_on) co_return gone();
        if (one.condition != Condition::ok) answer = std::move(one);
        const bool more = co_await session_.breathe();
        if (!more) co_return gone();
    }
    co_return answer;
}

awaitable<Reply> MultiSearch::search(Searched searched) {
    SearchSource source;
    const Selected* const selected = session_.selected_.get();
    if (selected != nullptr && selected->folder->id() == searched.id) {
        source = session_.selected_source();
    } else {
        // The mailboxes before may have taken long: RFC 4314 section 4.
        const store::FolderTreePtr tree = searched.account->folders();
        const store::FolderInfo* const folder = tree->find(searched.id);
        const base::AccountId user = session_.account_->id();
        if (folder == nullptr ||
            !store::rights_of(folder->acl.get(), searched.account->id(), user).has(store::Right::read))
            co_return ok("");
        auto opened = co_await searched.account->open_for(searched.id, user);
        if (!opened) co_return ok("");  // deleted meanwhile
        source.folder = std::move(*opened);
        source.messages = source.folder->snapshot();
    }
    co_return co_await session_.run_search(&search_, std::move(source), std::move(searched.name));
}

awaitable<Reply> Session::handle(cmd::MultiSearch multi) {
    using Search = cmd::Search;
    if (!multi.has_sources) multi.sources.push_back(MailboxFilter{});
    const MailboxFilters sources(multi.sources);
    const bool saves = (multi.search.returns & Search::save) != 0;
    if (sources.has(Kind::selected) && !selected_) co_return bad("Select a mailbox first");
    if (saves && !sources.only_selected()) co_return bad("SAVE is for the selected mailbox");
    if (auto refused = refuse_program(multi.search.program)) {
        if (saves) selected_->saved.clear();
        co_return std::move(*refused);
    }
    if (utf8_ && multi.search.program.charset != SearchProgram::Charset::none)
        co_return bad("No CHARSET with UTF8=ACCEPT");
    if (auto refused = refuse_update(multi.search)) co_return std::move(*refused);
    if (multi.search.program.uses_filter) {
        auto refused = co_await expand_filters(&multi.search.program);
        if (refused && saves) selected_->saved.clear();
        if (refused) co_return std::move(*refused);
    }
    if (multi.search.program.uses_mod_seq) enable_condstore();
    imap::MultiSearch run(*this, multi);
    co_return co_await run.run();
}

}  // namespace imap

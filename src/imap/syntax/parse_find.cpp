// The commands that look for messages: SEARCH (RFC 9051 section 6.4.4), with RETURN (RFC 4731, RFC 5182, RFC
// 5267, RFC 9394, RFC 6203), SORT and THREAD (RFC 5256, RFC 5957), ESEARCH (RFC 7377) and CANCELUPDATE (RFC
// 5267).
#include <array>
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {
using cmd::Search;

template <class Value>
struct Word {
    std::string_view name;
    Value value;
};

constexpr std::array<Word<Search::Return>, 9> return_options{{
    {"MIN", Search::min},
    {"MAX", Search::max},
    {"ALL", Search::all},
    {"COUNT", Search::count},
    {"SAVE", Search::save},
    {"PARTIAL", Search::partial},
    {"CONTEXT", Search::context},
    {"UPDATE", Search::update},
    {"RELEVANCY", Search::relevancy},
}};

using Key = SortCriterion::Key;
constexpr std::array<Word<Key>, 10> sort_keys{{
    {"ARRIVAL", Key::arrival},
    {"CC", Key::cc},
    {"DATE", Key::date},
    {"DISPLAYFROM", Key::display_from},
    {"DISPLAYTO", Key::display_to},
    {"FROM", Key::from},
    {"RELEVANCY", Key::relevancy},
    {"SIZE", Key::size},
    {"SUBJECT", Key::subject},
    {"TO", Key::to},
}};

using Algorithm = cmd::Thread::Algorithm;
constexpr std::array<Word<Algorithm>, 3> thread_algorithms{{
    {"ORDEREDSUBJECT", Algorithm::ordered_subject},
    {"REFERENCES", Algorithm::references},
    {"REFS", Algorithm::refs},
}};

using Kind = MailboxFilter::Kind;
constexpr std::array<Word<Kind>, 7> mailbox_filters{{
    {"SELECTED", Kind::selected},
    {"INBOXES", Kind::inboxes},
    {"PERSONAL", Kind::personal},
    {"SUBSCRIBED", Kind::subscribed},
    {"SUBTREE", Kind::subtree},
    {"SUBTREE-ONE", Kind::subtree_one},
    {"MAILBOXES", Kind::mailboxes},
}};
constexpr std::array<Word<Kind>, 7> notify_filters{{
    {"SELECTED", Kind::selected},
    {"SELECTED-DELAYED", Kind::selected_delayed},
    {"INBOXES", Kind::inboxes},
    {"PERSONAL", Kind::personal},
    {"SUBSCRIBED", Kind::subscribed},
    {"SUBTREE", Kind::subtree},
    {"MAILBOXES", Kind::mailboxes},
}};

template <class Words, class Value>
bool one_of(Cursor& in, const Words& words, Value& out, const char* otherwise) {
    for (const auto& word : words) {
        if (!in.skip_word(word.name)) continue;
        out = word.value;
        return true;
    }
    return in.fail(otherwise);
}

bool parse_return_option(Cursor& in, Search& out) {
    Search::Return option{};
    const std::size_t start = in.offset();
    if (!one_of(in, return_options, option, "unknown return option of SEARCH")) return false;
    if (option == Search::partial) {
        // RFC 9394 section 3.1: one PARTIAL, or one ALL, or neither.
        if ((out.returns & Search::partial) != 0) return in.fail_at("PARTIAL is there already", start);
        if (!parse_partial_range(in, out.part)) return false;
    }
    out.returns |= option;
    // RFC 5465 section 8: modifier-update
    if (option == Search::update && in.rest().starts_with(" (")) {
        in.advance(1);
        if (!parse_fetch_attributes(in, out.update_fetch)) return false;
    }
    return (out.returns & (Search::partial | Search::all)) != (Search::partial | Search::all) ||
           in.fail_at("PARTIAL and ALL exclude each other", start);
}

/// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
bool parse_return(Cursor& in, Search& out) {
    if (!in.skip_word("RETURN")) return true;
    out.extended = true;
    if (!in.space() || !in.open()) return false;
    if (!in.skip(')') && !parse_items(in, [&] { return parse_return_option(in, out); })) return false;
    if (out.returns == 0) out.returns = Search::all;  // RFC 4731 section 3.1
    return in.space();
}

/// RFC 6203 sections 4 and 6: there is no RELEVANCY without FUZZY.
bool check_relevancy(Cursor& in, const Search& search) {
    bool wanted = (search.returns & Search::relevancy) != 0;
    for (const SortCriterion& criterion : search.order) wanted = wanted || criterion.key == Key::relevancy;
    return !wanted || search.program.uses_fuzzy || in.fail("RELEVANCY needs FUZZY");
}

/// search = "SEARCH" [search-return-opts] SP search-program
Parsed<Command> search(Cursor& in, bool uid) {
    Search search;
    search.uid = uid;
    if (!in.space() || !parse_return(in, search)) return in.error();
    if (!parse_search_program(in, search.program, false) || !check_relevancy(in, search) || !in.end())
        return in.error();
    return Command(std::move(search));
}

/// sort-criterion = ["REVERSE" SP] sort-key; a key that was there before decides nothing more
bool parse_sort_criterion(Cursor& in, std::vector<SortCriterion>& out) {
    SortCriterion made;
    made.reverse = in.skip_word("REVERSE");
    if (made.reverse && !in.space()) return false;
    if (!one_of(in, sort_keys, made.key, "unknown sort key")) return false;
    for (const SortCriterion& before : out)
        if (before.key == made.key) return true;
    out.push_back(made);
    return true;
}

/// sort = "SORT" [search-return-opts] SP sort-criteria SP search-criteria
Parsed<Command> sort(Cursor& in, bool uid) {
    Search search;
    search.uid = uid;
    std::size_t criteria = 0;
    const auto criterion = [&] {
        return ++criteria <= ParseLimits::sort_criteria_max ? parse_sort_criterion(in, search.order)
                                                            : in.fail("too many sort keys");
    };
    if (!in.space() || !parse_return(in, search)) return in.error();
    if (!in.open() || !parse_items(in, criterion) || !in.space()) return in.error();
    if (!parse_search_program(in, search.program, true) || !check_relevancy(in, search) || !in.end())
        return in.error();
    return Command(std::move(search));
}

/// thread = "THREAD" SP thread-alg SP search-criteria
Parsed<Command> thread(Cursor& in, bool uid) {
    cmd::Thread thread;
    thread.uid = uid;
    if (!in.space() || !one_of(in, thread_algorithms, thread.algorithm, "unknown threading algorithm"))
        return in.error();
    if (!in.space() || !parse_search_program(in, thread.program, true) || !in.end()) return in.error();
    return Command(std::move(thread));
}

/// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
bool parse_names(Cursor& in, std::vector<std::string>& out) {
    if (!in.space()) return false;
    const auto name = [&] { return parse_mailbox(in, out.emplace_back()); };
    return in.skip('(') ? parse_items(in, name) : name();
}

template <class Words>
bool parse_mailbox_filter(Cursor& in, const Words& words, MailboxFilter& out) {
    if (!one_of(in, words, out.kind, "unknown mailbox specifier")) return false;
    const bool named =
        out.kind == Kind::subtree || out.kind == Kind::subtree_one || out.kind == Kind::mailboxes;
    return !named || parse_names(in, out.names);
}

/// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")". There are no scope options
/// yet.
bool parse_sources(Cursor& in, cmd::MultiSearch& out) {
    if (!in.skip_word("IN")) return true;
    out.has_sources = true;
    return in.space() && in.open() && parse_mailbox_filters(in, out.sources) && in.close() && in.space();
}
}  // namespace

bool parse_mailbox_filters(Cursor& in, std::vector<MailboxFilter>& out) {
    do {
        if (out.size() == ParseLimits::list_items_max) return in.fail("too many items in list");
        if (!parse_mailbox_filter(in, mailbox_filters, out.emplace_back())) return false;
    } while (in.skip(' '));
    return true;
}

bool parse_notify_filter(Cursor& in, MailboxFilter& out) {
    return parse_mailbox_filter(in, notify_filters, out);
}

Parsed<Command> parse_search(Cursor& in) { return search(in, false); }
Parsed<Command> parse_uid_search(Cursor& in) { return search(in, true); }
Parsed<Command> parse_sort(Cursor& in) { return sort(in, false); }
Parsed<Command> parse_uid_sort(Cursor& in) { return sort(in, true); }
Parsed<Command> parse_thread(Cursor& in) { return thread(in, false); }
Parsed<Command> parse_uid_thread(Cursor& in) { return thread(in, true); }

/// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
Parsed<Command> parse_esearch(Cursor& in) {
    cmd::MultiSearch multi;
    multi.search.uid = true;  // RFC 7377 section 2.1
    if (!in.space() || !parse_sources(in, multi) || !parse_return(in, multi.search)) return in.error();
    if (!parse_search_program(in, multi.search.program, false) || !check_relevancy(in, multi.search) ||
        !in.end())
        return in.error();
    // RFC 7377 section 2.1: without result options ALL; never the SEARCH response of RFC 3501.
    if (!multi.search.extended) multi.search.returns = Search::all;
    multi.search.extended = true;
    return Command(std::move(multi));
}

/// "CANCELUPDATE" 1*(SP quoted)
Parsed<Command> parse_cancel_update(Cursor& in) {
    cmd::CancelUpdate cancel;
    do {
        if (cancel.tags.size() == ParseLimits::list_items_max) in.fail("too many tags");
        if (cancel.tags.size() == ParseLimits::list_items_max || !in.space()) return in.error();
        if (!in.astring(cancel.tags.emplace_back())) return in.error();
    } while (in.peek() == ' ');
    if (!in.end()) return in.error();
    return Command(std::move(cancel));
}

}  // namespace imap

#include "imap/commands/search_return.hpp"

#include "imap/commands/sort_run.hpp"
#include "imap/syntax/found_writer.hpp"

namespace imap {

SearchReturn::SearchReturn(Session& session, const cmd::Search& search, const SearchRun& run,
                           store::SnapshotPtr messages)
    : session_(session),
      search_(search),
      messages_(std::move(messages)),
      found_(run.found()),
      relevancy_(run.relevancy()) {}

void SearchReturn::set_order(const SortRun& sorted) {
    order_ = sorted.numbers();
    shown_order_ = search_.uid ? sorted.uids() : sorted.numbers();
    relevancy_ = sorted.relevancy();
}

NumberRanges SearchReturn::uids_of(const NumberRanges& numbers) const {
    NumberRanges uids;
    for (const NumberRange& range : numbers)
        messages_->for_each(SeqNum(range.first), SeqNum(range.last),
                            [&](SeqNum, const store::Entry& entry) { push(uids, entry.uid.value); });
    return uids;
}

NumberRanges SearchReturn::shown_ranges() const { return search_.uid ? uids_of(found_) : found_; }

/// The messages in the places that PARTIAL names.
NumberRanges SearchReturn::part() const {
    const Places which = places_of(search_.part, count(found_));
    if (which.first > which.last) return {};
    if (!is_sorted()) return slice(found_, which.first, which.last);
    NumberRanges numbers;
    for (std::uint64_t place = which.first; place <= which.last; ++place)
        numbers.push_back(NumberRange{order_[place - 1], order_[place - 1]});
    normalise(numbers);
    return numbers;
}

/// RFC 9394 section 3.2, table 1: all, unless only parts are asked for.
NumberRanges SearchReturn::saved_numbers() const {
    using Search = cmd::Search;
    const unsigned returns = search_.returns;
    const bool parts = (returns & (Search::min | Search::max | Search::partial)) != 0;
    if (!parts || (returns & (Search::all | Search::count)) != 0) return found_;
    if (found_.empty()) return {};
    NumberRanges numbers;
    if ((returns & Search::partial) != 0) numbers = part();
    if ((returns & Search::min) != 0) numbers.push_back(NumberRange{first(), first()});
    if ((returns & Search::max) != 0) numbers.push_back(NumberRange{last(), last()});
    normalise(numbers);
    return numbers;
}

bool SearchReturn::save() {
    NumberRanges& saved = session_.selected_->saved;
    saved.clear();
    NumberRanges uids = uids_of(saved_numbers());
    if (uids.size() > session_.services_.limits.saved_ranges_max) return false;
    saved = std::move(uids);
    return true;
}

/// RFC 7162 section 3.1.5: of the messages that are told.
std::optional<ModSeq> SearchReturn::mod_seq() const {
    using Search = cmd::Search;
    if (!search_.program.uses_mod_seq || found_.empty()) return std::nullopt;
    const unsigned returns =
        search_.returns & (Search::min | Search::max | Search::all | Search::count | Search::partial);
    constexpr unsigned others = Search::all | Search::count | Search::partial;
    const bool ends_only = search_.extended && returns != 0 && (returns & others) == 0;
    ModSeq largest;
    const auto look = [&](SeqNum, const store::Entry& entry) { largest = std::max(largest, entry.modseq); };
    if (ends_only) {
        if ((returns & Search::min) != 0) look(SeqNum(first()), *messages_->at(SeqNum(first())));
        if ((returns & Search::max) != 0) look(SeqNum(last()), *messages_->at(SeqNum(last())));
    } else {
        for (const NumberRange& range : found_)
            messages_->for_each(SeqNum(range.first), SeqNum(range.last), look);
    }
    return largest;
}

SearchResponse SearchReturn::response() {
    SearchResponse made;
    made.tag = session_.tag_;
    made.uid = search_.uid;
    made.returns = search_.extended ? search_.returns : static_cast<std::uint16_t>(cmd::Search::all);
    made.part = search_.part;
    made.relevancy = relevancy_;
    made.mod_seq = mod_seq();
    made.mode = session_.write_mode();
    if (is_sorted()) {
        made.sorted = &shown_order_;
    } else {
        made.result = shown_ranges();
    }
    return made;
}

/// In pieces that wait for the client to read them. False: the session is over.
template <class Writer>
awaitable<bool> SearchReturn::write_all(Writer* writer) {
    while (writer->write(session_.out(), net::Connection::output_large_bytes)) {
        const bool more = co_await session_.breathe();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> SearchReturn::write() {
    SearchResponse made = response();
    // RFC 9051 section 6.4.4: a client of IMAP4rev2 always gets ESEARCH.
    if (search_.extended || (!is_sorted() && session_.rev2_)) {
        EsearchWriter writer(std::move(made));
        co_return co_await write_all(&writer);
    }
    FoundWriter writer = is_sorted() ? FoundWriter::sort(std::move(shown_order_), made.mod_seq)
                                     : FoundWriter::search(std::move(made.result), made.mod_seq);
    co_return co_await write_all(&writer);
}

awaitable<bool> SearchReturn::write_of(const std::string* mailbox) {
    if (found_.empty()) co_return true;  // RFC 7377 section 2.1
    SearchResponse made = response();
    made.mailbox = *mailbox;
    made.uid_validity = messages_->totals().uid_validity;
    EsearchWriter writer(std::move(made));
    co_return co_await write_all(&writer);
}

}  // namespace imap

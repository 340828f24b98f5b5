// SearchReturn: the answer to a search: what RETURN asks for (RFC 4731, RFC 5182, RFC 5267, RFC 9394, RFC
// 6203), or what SEARCH and SORT always say.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "imap/commands/search_run.hpp"

namespace imap {

class SearchReturn {
public:
    /// \param search must outlive this.
    SearchReturn(Session& session, const cmd::Search& search, const SearchRun& run,
                 store::SnapshotPtr messages);
    /// Of SORT: the found messages in their order, by sequence number.
    void set_order(const SortRun& sorted);

    /// Sets "$". False: too many ranges.
    bool save();
    /// Writes what was found. False: the session is over.
    awaitable<bool> write();
    /// The same, of one mailbox of several (RFC 7377); nothing when nothing was found.
    awaitable<bool> write_of(const std::string* mailbox);

private:
    NumberRanges shown_ranges() const;
    NumberRanges uids_of(const NumberRanges& numbers) const;
    NumberRanges saved_numbers() const;
    NumberRanges part() const;
    bool is_sorted() const { return !search_.order.empty(); }
    std::uint32_t first() const { return is_sorted() ? order_.front() : found_.front().first; }
    std::uint32_t last() const { return is_sorted() ? order_.back() : found_.back().last; }
    std::optional<ModSeq> mod_seq() const;
    SearchResponse response();
    template <class Writer>
    awaitable<bool> write_all(Writer* writer);

    Session& session_;
    const cmd::Search& search_;
    store::SnapshotPtr messages_;
    NumberRanges found_;                      // sequence numbers
    std::vector<std::uint32_t> order_;        // the same in the order of SORT
    std::vector<std::uint32_t> shown_order_;  // the same, as uids if those are wanted
    std::vector<std::uint8_t> relevancy_;     // in the order that is told
};

}  // namespace imap

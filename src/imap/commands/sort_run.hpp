// ColumnReader: what SORT and THREAD compare, brought into memory. SortRun: one SORT under way (RFC 5256).
#pragma once
#include <optional>
#include <vector>

#include "imap/commands/search_run.hpp"
#include "imap/sort/columns.hpp"

namespace imap {

/// The columns of a folder, complete for one snapshot of it.
class ColumnReader {
public:
    /// \param progress the client is told by; null: it is not told
    ColumnReader(Session& session, SearchSource source, Progress* progress);
    /// Reads what is not known yet, or waits for another session that does. False: the session is over.
    boost::asio::awaitable<bool> load();
    /// The order of all texts under a comparator. False: the session is over.
    boost::asio::awaitable<bool> load_ranks(Comparator comparator);

    const SortColumns& columns() const { return columns_->columns; }
    const SortColumns::Extent& extent() const { return extent_; }
    /// Of the text with that number.
    std::uint32_t rank(std::uint32_t text) const { return (*ranks_)[text]; }
    /// Ask with ascending uids. Messages that are gone, and so could not be read, have their internal date
    /// only.
    SortRow row(const store::Entry& entry) {
        at_ = columns().find(entry.uid.value, at_, extent_.rows);
        if (at_ < extent_.rows && columns().row(at_).uid == entry.uid.value) return columns().row(at_++);
        SortRow missing;
        missing.sent = entry.internal_date;
        return missing;
    }
    const store::Error& failed() const { return failed_; }

private:
    boost::asio::awaitable<bool> fill_for_a_while();
    boost::asio::awaitable<bool> tell_filled();
    boost::asio::awaitable<bool> fill_some(std::vector<store::Entry> entries);

    Session& session_;
    SearchSource source_;
    FolderColumnsPtr columns_;
    SortColumns::Extent extent_;
    TextRanks ranks_;
    Progress* progress_;
    std::uint32_t at_ = 0;  // the row after the last one asked for
    store::Error failed_;
};

// Messages that were sorted, gone through between two looks around: half a millisecond.
inline constexpr std::size_t order_piece = 65'536;

/// Puts numbers in an order in steps, giving way between them; see step_sort.hpp.
struct SortItem {
    std::uint64_t key = 0;
    std::uint32_t place = 0;
};
/// A signed number as an unsigned one of the same order.
inline std::uint64_t ordered(std::int64_t number) {
    return static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63U);
}

class SortRun {
public:
    /// \param criteria must outlive the run.
    SortRun(Session& session, const std::vector<SortCriterion>& criteria, SearchSource source,
            Progress* progress);
    /// \param relevancy one for each of `found`, or empty
    boost::asio::awaitable<bool> run(NumberRanges found, std::vector<std::uint8_t> relevancy);

    const std::vector<std::uint32_t>& numbers() const { return numbers_; }
    const std::vector<std::uint32_t>& uids() const { return uids_; }
    const std::vector<std::uint8_t>& relevancy() const { return relevancy_; }
    const store::Error& failed() const { return reader_.failed(); }

private:
    boost::asio::awaitable<bool> gather(NumberRanges found);
    void add(SeqNum seq, const store::Entry& entry);
    std::uint64_t key_of(SortCriterion criterion, const store::Entry& entry, const SortRow& row) const;
    boost::asio::awaitable<bool> sort();

    Session& session_;
    const std::vector<SortCriterion>& criteria_;
    SearchSource source_;
    ColumnReader reader_;
    bool reads_ = false, compares_texts_ = false;
    std::vector<SortItem> items_;                     // with the first criterion's key
    std::vector<std::vector<std::uint64_t>> others_;  // of the other criteria, by place
    std::vector<std::uint32_t> numbers_, uids_;       // as found, then in order
    std::vector<std::uint8_t> relevancy_;
};

}  // namespace imap

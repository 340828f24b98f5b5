// StoreDirectory::mailboxes(): a page of a post office's mailboxes in the order of their names, merged from
// its lists.
#include <algorithm>
#include <array>

#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr std::size_t page_max = 4'096;

/// One list, read ahead a little at a time.
struct Run {
    std::string partition;
    std::string after;
    std::vector<Row> rows;
    std::size_t next = 0;
    bool more = true;

    bool empty() const { return next == rows.size(); }
    const Row& front() const { return rows[next]; }
};

/// The run with the smallest key; null: all have ended.
Run* smallest(std::array<Run, office_lists>& runs) {
    Run* out = nullptr;
    for (Run& run : runs) {
        if (!run.empty() && (out == nullptr || run.front().key < out->front().key)) out = &run;
    }
    return out;
}

}  // namespace

awaitable<Result<std::vector<Mailbox>>> StoreDirectory::mailboxes(std::string post_office, std::string after,
                                                                  std::size_t max) {
    std::vector<Mailbox> out;
    if (!is_office_name(post_office)) co_return out;
    if (max == 0 || max > page_max) max = page_max;
    const std::string from = after.empty() ? std::string() : row_key('m', fold_local(after));
    // Names are spread evenly: twice the even share is seldom too little, and then the run is read again.
    const std::size_t ahead = 2 * max / office_lists + 8;
    std::array<Run, office_lists> runs;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        runs[i].partition = office_list(post_office, i);
        runs[i].after = from;
    }
    while (out.size() < max) {
        for (Run& run : runs) {
            if (!run.empty() || !run.more) continue;
            auto rows = co_await engine_.scan(run.partition, run.after, "m", ahead, 0);
            if (!rows) co_return rows.error();
            run.rows = std::move(rows->rows);
            run.next = 0;
            run.more = rows->more;
            if (!run.rows.empty()) run.after = run.rows.back().key;
        }
        Run* const run = smallest(runs);
        if (run == nullptr) break;
        const auto row = decode_account(run->front().value);
        if (!row) co_return Error(Errc::corrupt, "a row of the directory is damaged");
        ++run->next;
        auto found = co_await entry(row->account, From::cache);
        if (!found) co_return found.error();
        if (*found && owned((*found)->record, row->text)) out.push_back((*found)->record.mailbox);
    }
    co_return out;
}

}  // namespace directory

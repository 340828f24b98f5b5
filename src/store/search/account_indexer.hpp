// AccountIndexer: one pass over an account: what is not in its index yet goes into new segments, and segments
// that are too many or too old are merged. Each commit stands on the version of the index's rows that the
// work began with; a crash anywhere leaves the index as it was, or a blob that the collector finds.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/live_account.hpp"
#include "store/search/message_terms.hpp"
#include "store/search/service.hpp"
#include "trigram/merge.hpp"

namespace store::search {

class AccountIndexer {
public:
    AccountIndexer(SearchService& service, base::AccountId account) : service_(service), account_(account) {}
    AccountIndexer(const AccountIndexer&) = delete;
    AccountIndexer& operator=(const AccountIndexer&) = delete;
    ~AccountIndexer();

    /// Until all is done, or its turn is over: true. \errors not_found: no such account · unavailable
    awaitable<Result<bool>> run();

private:
    // account_indexer.cpp
    awaitable<Result<void>> pass();
    awaitable<Result<void>> leave_nothing_behind();
    awaitable<Result<void>> reload();
    awaitable<Result<void>> index_folders();
    awaitable<Result<void>> index_folder(FolderPtr folder);
    awaitable<Result<void>> index_messages(FolderPtr folder, std::vector<Entry> entries);
    awaitable<Result<void>> read_message(FolderPtr folder, DetailPtr detail);
    awaitable<Result<bool>> read_body(FolderPtr folder, DetailPtr detail);
    awaitable<Result<void>> add_step(Step step, std::size_t bytes);
    awaitable<Result<void>> work_off_steps();
    awaitable<Result<void>> read_known();
    bool is_known(base::MessageId id) const;
    awaitable<Result<std::vector<std::uint64_t>>> documents_of(SegmentRow row);
    Error unreadable(const SegmentRow& row, const Error& error);
    awaitable<Result<void>> flush();
    awaitable<Result<std::vector<std::uint64_t>>> sorted(std::vector<std::uint64_t> ids);

    // index_commit.cpp
    struct Change {
        std::shared_ptr<engine::BlobWriter> blob;  ///< of the new segment; null: there is none
        std::uint32_t documents = 0;
        std::vector<SegmentRow> gone;
        bool forget_marks = false;
    };
    awaitable<Result<std::shared_ptr<engine::BlobWriter>>> write_blob(std::string octets);
    awaitable<Result<void>> commit(Change change);
    awaitable<Result<void>> drop_damaged(SegmentRow row);

    // index_merge.cpp
    awaitable<Result<void>> merge_all();
    std::vector<SegmentRow> to_merge() const;
    awaitable<Result<std::vector<std::uint64_t>>> living();
    awaitable<Result<void>> merge(std::vector<SegmentRow> rows);
    awaitable<Result<void>> run_merger(std::shared_ptr<trigram::Merger> merger,
                                       std::shared_ptr<std::vector<BlockStream>> streams,
                                       std::shared_ptr<engine::BlobWriter> blob);

    bool turn_ends();

    SearchService& service_;
    const base::AccountId account_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    bool turn_over_ = false;
    LiveAccountPtr live_;
    std::shared_ptr<Manifest> manifest_;   // as committed last
    std::map<base::FolderId, Uid> marks_;  // as they are once what was read is committed
    std::uint64_t messages_ = 0;           // in all folders
    std::uint64_t last_id_ = 0;            // as marks_
    std::shared_ptr<MessageTerms> terms_;
    std::unordered_set<std::uint64_t> added_;  // ids in terms_
    std::vector<std::uint64_t> known_;         // ids in the segments, ascending; read when one may be there
    bool known_read_ = false;
    std::vector<Step> steps_;
    std::size_t step_bytes_ = 0;
    std::uint64_t waiting_ = 0;  // of SearchFigures::waiting, ours
    SegmentRow damaged_;         // the segment that did not read
};

}  // namespace store::search

// Checker: proves that headers, pages, logs, static rows, tags and blobs agree. Reads only; runs beside live
// traffic: a partition is read as of one version, and what is missing elsewhere is looked for again before it
// is reported.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "store/account_draft.hpp"
#include "store/static_record.hpp"
#include "store/store_context.hpp"

namespace store {

class Checker {
public:
    Checker(StoreContext& context, std::function<void(std::string_view)> progress);
    awaitable<Result<CheckReport>> run();

private:
    awaitable<Result<void>> check_account(std::string partition);
    awaitable<Result<void>> check_folder(base::FolderId folder, base::AccountId account, FolderRow row);
    void check_rows(const std::string& partition, const std::vector<engine::Row>& rows,
                    base::AccountId account, const FolderRow& row, std::vector<Entry>& entries);
    awaitable<Result<void>> check_messages(base::FolderId folder, std::vector<Entry> entries);
    awaitable<Result<std::string>> message_problem(base::FolderId folder, Entry entry, std::string row);
    awaitable<Result<bool>> still_there(base::FolderId folder, Entry entry);
    awaitable<Result<std::map<std::string, std::string>>> shard_rows(std::string shard);
    awaitable<Result<engine::Rows>> whole_partition(std::string partition);
    awaitable<Result<void>> check_sharing(base::AccountId owner, FolderTreePtr tree);
    using Look = void (Checker::*)(const std::string& name, const std::vector<engine::Row>& rows);
    awaitable<Result<void>> check_partitions(std::string prefix, Look look);
    void look_at_annotations(const std::string& name, const std::vector<engine::Row>& rows);
    void look_at_devices(const std::string& name, const std::vector<engine::Row>& rows);
    void look_at_threads(const std::string& name, const std::vector<engine::Row>& rows);
    awaitable<Result<void>> check_search();
    awaitable<Result<void>> check_search_index(std::string partition);
    // queue_check.cpp
    awaitable<Result<void>> check_queue();
    awaitable<Result<void>> check_queue_rows(std::string partition, std::vector<engine::Row> rows);
    static std::string queue_rows_problem(const std::map<char, std::string>& parts);
    awaitable<Result<void>> check_blobs();
    bool is_live(const std::string& tag, base::BlobId blob) const;

    void problem(std::string text);

    StoreContext& context_;
    std::function<void(std::string_view)> progress_;
    CheckReport report_;
    std::unordered_set<std::size_t> live_tags_;  // hashes of tags that rows vouch for
};

}  // namespace store

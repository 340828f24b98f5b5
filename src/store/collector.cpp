// The collector's work on folders and accounts.
#include "store/collector.hpp"

#include <utility>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/metadata.hpp"
#include "store/search/service.hpp"
#include "store/static_record.hpp"
#include "store/threads.hpp"

namespace store {
namespace {

constexpr std::size_t names_a_round = 512;
constexpr std::size_t rows_a_round = 256;
constexpr std::size_t unlink_at_once = 512;

/// One round at a time, however it ends.
class Turn {
public:
    explicit Turn(std::atomic<bool>& flag) : flag_(flag), mine_(!flag.exchange(true)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        if (mine_) flag_ = false;
    }
    bool mine() const { return mine_; }

private:
    std::atomic<bool>& flag_;
    bool mine_;
};

}  // namespace

std::int64_t Collector::age_of(std::uint64_t id) const {
    return context_.now() - base::IdSource::time_of(id) / 1000;
}

void Collector::account_removed(base::AccountId account) {
    const std::lock_guard lock(mutex_);
    removed_.insert(account);
}

awaitable<void> Collector::run() {
    const Turn turn(running_);
    if (!turn.mine()) co_return;
    const auto due = context_.collect.take_due(context_.now());
    for (const auto& [folder, work] : due) {
        co_await collect_tombstones(work.account);
        co_await collect_folder(folder, work.account);
    }
    std::set<base::AccountId> removed;
    {
        const std::lock_guard lock(mutex_);
        removed.swap(removed_);
    }
    for (const base::AccountId account : removed) {
        const auto done = co_await collect_removed(context_.find_account(account));
        if (!done) account_removed(account);
    }
    co_await sweep("a/", &accounts_, &Collector::tidy_account);
    co_await sweep("f/", &folders_, &Collector::tidy_folder);
    co_await sweep("n/", &annotations_, &Collector::tidy_annotations);
    co_await sweep("e/", &devices_, &Collector::tidy_devices);
    co_await sweep("t/", &threads_, &Collector::tidy_threads);
    co_await sweep_blobs();
}

/// Whether opening the folder is worth it: most have nothing to collect.
awaitable<Result<bool>> Collector::has_work(base::FolderId folder, FolderHeader header) {
    const std::string partition = keys::folder(folder);
    for (const char prefix : {'g', 'm'}) {
        std::string text(1, prefix);
        const auto rows = co_await context_.engine.scan(partition, std::string(), std::move(text), 1, 0);
        if (!rows) co_return rows.error();
        if (!rows->rows.empty()) co_return true;
    }
    const std::uint64_t rows = header.totals.highest_modseq.value - header.log_floor.value;
    co_return rows > context_.limits.log_rows_min;
}

awaitable<void> Collector::collect_folder(base::FolderId folder, base::AccountId account) {
    auto opened = co_await context_.open_folder(account, folder);
    if (!opened) {
        if (!opened.error().is(Errc::not_found)) context_.collect.add(folder, {account, context_.now() + 60});
        co_return;
    }
    const auto live = std::static_pointer_cast<LiveFolder>(*opened);
    Error failed;
    const auto moves = co_await finish_moves(live);
    if (!moves) failed = moves.error();
    const auto garbage = co_await collect_garbage(live);
    if (!garbage) failed = garbage.error();
    const auto log = co_await trim_log(live);
    if (!log) failed = log.error();
    if (!failed.is(Errc::none)) {
        base::log::warn("store", "a folder was not collected",
                        {{"folder", folder.value}, {"why", failed.what()}});
        context_.collect.add(folder, {account, context_.now() + 60});
    }
}

awaitable<Result<void>> Collector::finish_moves(LiveFolderPtr folder) {
    auto rows = co_await folder->work_rows('m', rows_a_round);
    if (!rows) co_return rows.error();
    for (engine::Row& row : *rows) {
        // A MOVE under way has its row too; finishing it is what it is about to do itself.
        std::optional<MoveIntent> intent = decode_move_intent(row.value);
        if (!intent) continue;
        const auto done = co_await folder->finish_move(std::move(row.key), std::move(*intent));
        if (!done) co_return done;
    }
    co_return Result<void>();
}

awaitable<Result<void>> Collector::collect_garbage(LiveFolderPtr folder) {
    const std::int64_t before = context_.now() - context_.limits.collect_after.count();
    bool more = true;
    while (more) {
        auto rows = co_await folder->work_rows('g', rows_a_round);
        if (!rows) co_return rows.error();
        auto finished = std::make_shared<MaintainChange>();
        std::int64_t next_due = 0;
        for (engine::Row& row : *rows) {
            std::optional<Garbage> garbage = decode_garbage(row.value);
            if (!garbage) continue;  // check() reports it
            if (garbage->time > before) {
                next_due = garbage->time + context_.limits.collect_after.count();
                break;  // rows come in order of time
            }
            context_.figures.collected_messages += garbage->messages.size();
            const std::set<std::uint32_t> empty = empty_pages(*folder, garbage->messages);
            const auto done = co_await unlink(folder->id(), std::move(garbage->messages));
            if (!done) co_return done;
            const auto forgotten = co_await forget_pages(folder, empty);
            if (!forgotten) co_return forgotten;
            finished->erase.push_back(std::move(row.key));
        }
        if (next_due != 0) context_.collect.add(folder->id(), {folder->account(), next_due});
        more = next_due == 0 && rows->size() == rows_a_round && !finished->erase.empty();
        if (finished->erase.empty()) co_return Result<void>();
        co_await folder->submit(finished);
        if (!finished->error.is(Errc::none)) co_return finished->error;
    }
    co_return Result<void>();
}

/// Takes the tags off the blobs, then removes the static rows: in that order, since only they say which
/// blobs.
awaitable<Result<void>> Collector::unlink(base::FolderId folder, std::vector<MessageRef> messages) {
    std::size_t at = 0;
    while (at < messages.size()) {
        const std::string shard = keys::shard(folder, messages[at].uid);
        std::vector<std::string> wanted;
        for (; at < messages.size() && wanted.size() < unlink_at_once; ++at) {
            if (keys::shard(folder, messages[at].uid) != shard) break;
            wanted.push_back(keys::message(messages[at].uid, messages[at].id));
        }
        const auto rows = co_await context_.engine.get(shard, std::move(wanted));
        if (!rows) co_return rows.error();
        if (rows->rows.empty()) continue;
        std::vector<engine::Tag> tags;
        engine::Prelude prelude;
        prelude.patches.emplace_back();
        prelude.patches.back().partition = shard;
        for (const engine::Row& row : rows->rows) {
            const auto key = keys::parse_message(row.key);
            const std::optional<StaticFacts> facts = static_facts(row.value);
            if (key && facts) tags.push_back({facts->blob, keys::tag(folder, key->id, facts->link)});
            prelude.patches.back().erase.push_back(row.key);
        }
        const auto untagged = co_await context_.engine.untag(std::move(tags));
        if (!untagged) co_return untagged;
        const auto erased = co_await context_.engine.apply(std::move(prelude));
        if (!erased) co_return erased;
    }
    co_return Result<void>();
}

/// Keeps rows that are young, and the last ones whatever their age.
awaitable<Result<void>> Collector::trim_log(LiveFolderPtr folder) {
    const std::uint64_t highest = folder->snapshot()->totals().highest_modseq.value;
    const std::uint64_t floor = folder->log_floor().value;
    if (highest - floor <= context_.limits.log_rows_min) co_return Result<void>();
    const std::uint64_t newest = highest - context_.limits.log_rows_min;  // the last that may go
    const std::int64_t before = context_.now() - std::chrono::seconds(context_.limits.log_age_min).count();
    const std::string partition = keys::folder(folder->id());
    auto change = std::make_shared<MaintainChange>();
    std::string after = keys::log(ModSeq(floor));
    const auto rows = co_await context_.engine.scan(partition, std::move(after), "l", 0, 0);
    if (!rows) co_return rows.error();
    for (const engine::Row& row : rows->rows) {
        const auto modseq = keys::number_in(row.key, 'l');
        const std::optional<LogRow> log = decode_log(row.value);
        if (!modseq || !log || *modseq > newest || log->time > before) break;
        change->erase.push_back(row.key);
        change->log_floor = ModSeq(*modseq);
    }
    if (change->erase.empty()) co_return Result<void>();
    const std::size_t trimmed = change->erase.size();
    co_await folder->submit(change);
    if (!change->error.is(Errc::none)) co_return change->error;
    context_.figures.trimmed_log_rows += trimmed;
    co_return Result<void>();
}

/// Everything of a folder that nobody can open any more. The static rows go first: they name the blobs.
awaitable<Result<void>> Collector::drop_content(base::FolderId folder) {
    const std::string prefix = keys::shards(folder);
    for (;;) {
        const auto shards = co_await context_.engine.list(prefix, std::string(), 64);
        if (!shards) co_return shards.error();
        if (shards->empty()) break;
        for (const std::string& shard : *shards) {
            std::string after;
            bool more = true;
            while (more) {
                const auto rows = co_await context_.engine.scan(shard, after, "m", unlink_at_once, 0);
                if (!rows) co_return rows.error();
                std::vector<engine::Tag> tags;
                for (const engine::Row& row : rows->rows) {
                    const auto key = keys::parse_message(row.key);
                    const std::optional<StaticFacts> facts = static_facts(row.value);
                    if (key && facts) tags.push_back({facts->blob, keys::tag(folder, key->id, facts->link)});
                }
                const auto untagged = co_await context_.engine.untag(std::move(tags));
                if (!untagged) co_return untagged;
                context_.figures.collected_messages += rows->rows.size();
                more = rows->more;
                if (!rows->rows.empty()) after = rows->rows.back().key;
            }
            const auto dropped = co_await context_.engine.drop(shard);
            if (!dropped) co_return dropped;
        }
    }
    std::string partition = keys::folder(folder);
    co_return co_await context_.engine.drop(std::move(partition));
}

awaitable<void> Collector::collect_tombstones(base::AccountId account) {
    const LiveAccountPtr live = context_.find_account(account);
    const auto loaded = co_await live->load();
    if (!loaded) co_return;
    const std::int64_t before = context_.now() - context_.limits.collect_after.count();
    for (const auto& [folder, time] : live->tombstones()) {
        if (time > before) {
            context_.collect.add(folder, {account, time + context_.limits.collect_after.count()});
            continue;
        }
        auto dropped = co_await drop_content(folder);
        if (dropped) dropped = co_await forget_annotations(account, folder);
        if (dropped) dropped = co_await live->drop_tombstone(folder);
        if (!dropped) context_.collect.add(folder, {account, context_.now() + 60});
    }
}

awaitable<Result<void>> Collector::forget_annotations(base::AccountId account, base::FolderId folder) {
    Metadata annotations(context_.engine, account);
    const MetadataPlace place{account, folder};
    co_return co_await annotations.forget(place);
}

awaitable<Result<void>> Collector::collect_removed(LiveAccountPtr account) {
    const auto loaded = co_await account->load();
    if (loaded || !account->removed()) co_return Result<void>();
    const FolderTreePtr tree = account->folders();
    for (const std::vector<FolderInfo>* all : {&tree->folders, &tree->items}) {
        for (const FolderInfo& info : *all) {
            const auto dropped = co_await drop_content(info.id);
            if (!dropped) co_return dropped;
        }
    }
    for (const auto& [folder, time] : account->tombstones()) {
        const auto dropped = co_await drop_content(folder);
        if (!dropped) co_return dropped;
    }
    Metadata annotations(context_.engine, account->id());
    const auto forgotten = co_await annotations.drop();
    if (!forgotten) co_return forgotten;
    const auto devices = co_await forget_devices(account->id());
    if (!devices) co_return devices;
    const Threads threads(context_.engine, account->id());
    const auto unthreaded = co_await threads.drop();
    if (!unthreaded) co_return unthreaded;
    const auto index = co_await search::drop_index(&context_.engine, account->id());
    if (!index) co_return index;
    std::string partition = keys::account(account->id());
    const auto dropped = co_await context_.engine.drop(std::move(partition));
    account->forget();
    co_return dropped;
}

/// Some of the partitions of a kind, and none for a day once all were seen. A name that is none of that kind
/// is for check() to report.
awaitable<void> Collector::sweep(std::string prefix, Cursor* cursor, Tidy tidy) {
    if (context_.now() < cursor->idle_until) co_return;
    const auto names = co_await context_.engine.list(std::move(prefix), cursor->after, names_a_round);
    if (!names) co_return;
    for (const std::string& name : *names) {
        const auto done = co_await (this->*tidy)(name);
        if (!done)
            base::log::warn("store", "a partition was not tidied",
                            {{"partition", name}, {"why", done.error().what()}});
    }
    cursor->after = names->empty() ? std::string() : names->back();
    if (names->size() < names_a_round) {
        cursor->after.clear();
        cursor->idle_until = context_.now() + 24 * 3600;
    }
}

awaitable<Result<void>> Collector::tidy_account(std::string name) {
    const auto account = keys::parse_account(name);
    if (!account) co_return Result<void>();
    const LiveAccountPtr live = context_.find_account(*account);
    const auto loaded = co_await live->load();
    if (loaded) {
        co_await collect_tombstones(*account);
    } else if (live->removed()) {
        const auto done = co_await collect_removed(live);
        if (!done) account_removed(*account);
    }
    co_return Result<void>();
}

awaitable<Result<void>> Collector::tidy_folder(std::string name) {
    const auto folder = keys::parse_folder(name);
    if (!folder) co_return Result<void>();
    std::vector<std::string> wanted{std::string(keys::header)};
    const auto rows = co_await context_.engine.get(std::move(name), std::move(wanted));
    if (!rows || rows->rows.empty()) co_return Result<void>();
    std::optional<FolderHeader> header = decode_folder_header(rows->rows.front().value);
    if (!header) co_return Result<void>();  // check() reports it
    const base::AccountId account = header->account;
    const auto work = co_await has_work(*folder, std::move(*header));
    if (work && *work) co_await collect_folder(*folder, account);
    co_await sweep_users(*folder, account);
    co_return Result<void>();
}

}  // namespace store

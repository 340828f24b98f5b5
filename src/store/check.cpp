#include "store/check.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "store/checksum.hpp"
#include "store/collector.hpp"
#include "store/keys.hpp"
#include "store/local_store.hpp"
#include "store/metadata.hpp"
#include "store/search/index_rows.hpp"
#include "store/threads.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::size_t problems_max = 1'000;
constexpr std::size_t names_at_once = 512;
constexpr unsigned reads_max = 50;  // of a folder that is changed while it is read
constexpr std::int64_t grace_seconds = 24 * 3600;

/// Accounts that the lists of a tree give something to.
std::set<base::AccountId> gaining(const FolderTree& tree, base::AccountId owner) {
    std::set<base::AccountId> out;
    for (const std::vector<FolderInfo>* all : {&tree.folders, &tree.items}) {
        for (const FolderInfo& info : *all) {
            if (!info.acl) continue;
            for (const AclEntry& entry : info.acl->entries()) {
                const bool gains = entry.who.kind == AclWho::Kind::account && !entry.who.negative &&
                                   !entry.rights.empty() && entry.who.account != owner;
                if (gains) out.insert(entry.who.account);
            }
        }
    }
    return out;
}

}  // namespace

Checker::Checker(StoreContext& context, std::function<void(std::string_view)> progress)
    : context_(context), progress_(std::move(progress)) {}

void Checker::problem(std::string text) {
    ++report_.problems_total;
    if (report_.problems.size() < problems_max) report_.problems.push_back(std::move(text));
}

awaitable<Result<CheckReport>> Checker::run() {
    std::string after;
    for (bool more = true; more;) {
        const auto names = co_await context_.engine.list("a/", after, names_at_once);
        if (!names) co_return names.error();
        for (const std::string& name : *names) {
            const auto done = co_await check_account(name);
            if (!done) co_return done.error();
        }
        more = names->size() == names_at_once;
        if (more) after = names->back();
    }
    const auto annotated = co_await check_partitions("n/", &Checker::look_at_annotations);
    if (!annotated) co_return annotated.error();
    const auto devices = co_await check_partitions("e/", &Checker::look_at_devices);
    if (!devices) co_return devices.error();
    const auto threads = co_await check_partitions("t/", &Checker::look_at_threads);
    if (!threads) co_return threads.error();
    const auto searched = co_await check_search();
    if (!searched) co_return searched.error();
    const auto queued = co_await check_queue();
    if (!queued) co_return queued.error();
    const auto done = co_await check_blobs();
    if (!done) co_return done.error();
    co_return std::move(report_);
}

/// All rows as of one version. \errors conflict: it never stood still
awaitable<Result<engine::Rows>> Checker::whole_partition(std::string partition) {
    for (unsigned tries = 0; tries < reads_max; ++tries) {
        engine::Rows all;
        bool moved = false;
        for (all.more = true; all.more && !moved;) {
            const std::string after = all.rows.empty() ? std::string() : all.rows.back().key;
            auto some = co_await context_.engine.scan(partition, after, std::string(), 0, all.version);
            if (!some && !some.error().is(Errc::conflict)) co_return some.error();
            moved = !some;
            if (moved) break;
            all.version = some->version;
            all.more = some->more;
            std::move(some->rows.begin(), some->rows.end(), std::back_inserter(all.rows));
        }
        if (!moved) co_return all;
    }
    co_return Error(Errc::conflict, "changed all the time");
}

awaitable<Result<void>> Checker::check_account(std::string partition) {
    const auto id = keys::parse_account(partition);
    if (!id) {
        problem(partition + ": not an account's name");
        co_return Result<void>();
    }
    if (progress_) progress_(partition);
    const auto rows = co_await whole_partition(partition);
    if (!rows) co_return rows.error();
    if (rows->version == 0) co_return Result<void>();  // removed meanwhile
    ++report_.accounts;
    const Result<AccountState> state = AccountState::read(rows->rows);
    if (!state) {
        problem(partition + ": its rows are damaged");
        co_return Result<void>();
    }
    std::map<std::string, base::FolderId> names;
    const FolderTreePtr tree = state->tree();
    for (const std::vector<FolderInfo>* all : {&tree->folders, &tree->items}) {
        names.clear();
        for (const FolderInfo& info : *all) {
            if (info.parent && !state->folders.contains(info.parent))
                problem(fmt::format("{}: folder {:016x} has no parent", partition, info.id.value));
            if (!names.emplace(info.name, info.id).second)
                problem(fmt::format("{}: two folders are called {}", partition, info.name));
        }
    }
    if (state->header.removed) co_return Result<void>();
    const auto shared = co_await check_sharing(*id, tree);
    if (!shared) co_return shared;
    for (const auto& [folder, list] : state->acls)
        if (!state->folders.contains(folder))
            problem(fmt::format("{}: a list of rights of folder {:016x}, which there is not", partition,
                                folder.value));
    for (const auto& [folder, known] : state->folders) {
        if (!known.selectable) continue;
        FolderRow row = known;
        const auto done = co_await check_folder(folder, *id, std::move(row));
        if (!done) co_return done;
    }
    co_return Result<void>();
}

/// Whom a folder names finds it only when his account knows of the owner.
awaitable<Result<void>> Checker::check_sharing(base::AccountId owner, FolderTreePtr tree) {
    const std::set<base::AccountId> named = gaining(*tree, owner);
    for (const base::AccountId who : named) {
        const LiveAccountPtr account = context_.find_account(who);
        const auto known = co_await account->load();
        if (!known && !known.error().is(Errc::not_found)) co_return known;
        if (!known || account->folders()->sharers.contains(owner)) continue;
        // Rights that were taken back since the rows were read took the note with them.
        const LiveAccountPtr sharer = context_.find_account(owner);
        const auto loaded = co_await sharer->load();
        if (!loaded && !loaded.error().is(Errc::not_found)) co_return loaded;
        if (loaded && gaining(*sharer->folders(), owner).contains(who))
            problem(fmt::format("account {} shares folders with {}, who does not find them", owner.value,
                                who.value));
    }
    co_return Result<void>();
}

/// Shows each partition of this prefix, as it was at one moment.
awaitable<Result<void>> Checker::check_partitions(std::string prefix, Look look) {
    std::string after;
    for (bool more = true; more;) {
        const auto names = co_await context_.engine.list(prefix, after, names_at_once);
        if (!names) co_return names.error();
        for (const std::string& name : *names) {
            const auto rows = co_await whole_partition(name);
            if (!rows && rows.error().is(Errc::conflict)) continue;  // too busy
            if (!rows) co_return rows.error();
            (this->*look)(name, rows->rows);
        }
        more = names->size() == names_at_once;
        if (more) after = names->back();
    }
    co_return Result<void>();
}

void Checker::look_at_annotations(const std::string& name, const std::vector<engine::Row>& rows) {
    if (!Metadata::keeper_of(name)) problem(name + ": not a name of annotations");
    const std::string wrong = Metadata::problem(rows);
    if (!wrong.empty()) problem(name + ": " + wrong);
}

/// What the rows say is for src/eas to know; that they are whole shows here.
void Checker::look_at_devices(const std::string& name, const std::vector<engine::Row>& rows) {
    if (!keys::parse_devices(name)) problem(name + ": not a name of devices");
    for (const engine::Row& row : rows)
        if (!is_sealed(row.value)) problem(name + ": row " + row.key + " is damaged");
}

void Checker::look_at_threads(const std::string& name, const std::vector<engine::Row>& rows) {
    if (!keys::parse_threads(name)) problem(name + ": not a name of threads");
    for (const engine::Row& row : rows)
        if (!Threads::sound(row)) problem(name + ": row " + row.key + " is damaged");
}

awaitable<Result<void>> Checker::check_folder(base::FolderId folder, base::AccountId account, FolderRow row) {
    const std::string partition = keys::folder(folder);
    ++report_.folders;
    if (progress_) progress_(partition);
    const auto rows = co_await whole_partition(partition);
    if (!rows && rows.error().is(Errc::conflict)) {
        if (progress_) progress_(partition + ": too busy to be checked");
        co_return Result<void>();
    }
    if (!rows) co_return rows.error();
    if (rows->version == 0) co_return Result<void>();  // nothing was ever put there
    std::vector<Entry> entries;
    check_rows(partition, rows->rows, account, row, entries);
    co_return co_await check_messages(folder, std::move(entries));
}

awaitable<Result<std::map<std::string, std::string>>> Checker::shard_rows(std::string shard) {
    std::map<std::string, std::string> out;
    std::string after;
    for (bool more = true; more;) {
        auto rows = co_await context_.engine.scan(shard, after, std::string(), 0, 0);
        if (!rows) co_return rows.error();
        more = rows->more;
        if (!rows->rows.empty()) after = rows->rows.back().key;
        for (engine::Row& row : rows->rows) out.emplace(std::move(row.key), std::move(row.value));
    }
    co_return out;
}

awaitable<Result<void>> Checker::check_messages(base::FolderId folder, std::vector<Entry> entries) {
    std::size_t at = 0;
    for (std::uint32_t shard = 0; at < entries.size() || shard == 0; ++shard) {
        if (at < entries.size()) shard = entries[at].uid.value >> 12;
        const auto rows = co_await shard_rows(keys::shard(folder, Uid(shard << 12)));
        if (!rows) co_return rows.error();
        for (const auto& [key, value] : *rows) {
            const auto message = keys::parse_message(key);
            const auto facts = static_facts(value);
            if (message && facts)
                live_tags_.insert(std::hash<std::string>()(keys::tag(folder, message->id, facts->link)));
        }
        for (; at < entries.size() && entries[at].uid.value >> 12 == shard; ++at) {
            const Entry& entry = entries[at];
            ++report_.messages;
            report_.bytes += entry.size;
            const auto found = rows->find(keys::message(entry.uid, entry.id));
            std::string row = found == rows->end() ? std::string() : found->second;
            const auto wrong = co_await message_problem(folder, entry, std::move(row));
            if (!wrong) co_return wrong.error();
            if (wrong->empty()) continue;
            const auto there = co_await still_there(folder, entry);
            if (!there) co_return there.error();
            if (*there)
                problem(fmt::format("{}: message {}: {}", keys::folder(folder), entry.uid.value, *wrong));
        }
    }
    co_return Result<void>();
}

/// Empty: all is well.
awaitable<Result<std::string>> Checker::message_problem(base::FolderId folder, Entry entry, std::string row) {
    using Answer = Result<std::string>;
    if (row.empty()) co_return Answer(std::string("it has no static row"));
    const std::optional<StaticFacts> facts = static_facts(row);
    const DetailPtr detail = decode_detail(entry.uid, entry.id, std::move(row));
    if (!detail || !facts) co_return Answer(std::string("its static row is damaged"));
    if (facts->size != entry.size) co_return Answer(std::string("its size differs from its static row's"));
    const auto size = co_await context_.engine.blob_size(facts->blob);
    if (!size && size.error().is(Errc::not_found)) co_return Answer(std::string("its blob is missing"));
    if (!size) co_return size.error();
    if (*size + detail->prefix.size() != entry.size)
        co_return Answer(std::string("its blob has another size"));
    const std::string tag = keys::tag(folder, entry.id, facts->link);
    const auto tags = co_await context_.engine.blob_tags(facts->blob, tag, 1);
    if (!tags && tags.error().is(Errc::not_found)) co_return Answer(std::string("its blob is missing"));
    if (!tags) co_return tags.error();
    if (tags->empty() || tags->front() != tag)
        co_return Answer(std::string("its blob does not have its tag"));
    co_return Answer(std::string());
}

/// What is wrong with a message counts only while the folder has it and does not let go of it: a collected
/// message is missing for good reason.
awaitable<Result<bool>> Checker::still_there(base::FolderId folder, Entry entry) {
    std::string partition = keys::folder(folder);
    std::vector<std::string> wanted{keys::page(entry.uid.value >> 6)};
    const auto rows = co_await context_.engine.get(std::move(partition), std::move(wanted));
    if (!rows) co_return rows.error();
    if (rows->rows.empty()) co_return false;
    const auto page = decode_page(entry.uid.value >> 6, rows->rows.front().value);
    co_return page&& std::any_of(page->entries.begin(), page->entries.end(), [&](const Entry& now) {
        return now.uid == entry.uid && now.id == entry.id;
    });
}

awaitable<Result<void>> Checker::check_blobs() {
    if (progress_) progress_("blobs");
    base::BlobId after;
    for (bool more = true; more;) {
        const auto blobs = co_await context_.engine.blob_list(after, names_at_once);
        if (!blobs) co_return blobs.error();
        for (const engine::Engine::BlobInfo& blob : *blobs) {
            ++report_.blobs;
            after = blob.id;
            if (context_.now() - base::IdSource::time_of(blob.id.value) / 1000 < grace_seconds) continue;
            const auto tags = co_await context_.engine.blob_tags(blob.id);
            if (!tags && !tags.error().is(Errc::not_found)) co_return tags.error();
            const bool needed = blob.finished && tags &&
                                std::any_of(tags->begin(), tags->end(),
                                            [&](const std::string& tag) { return is_live(tag, blob.id); });
            if (!needed) ++report_.leaked_blobs;
        }
        more = blobs->size() == names_at_once;
    }
    co_return Result<void>();
}

bool Checker::is_live(const std::string& tag, base::BlobId blob) const {
    const std::hash<std::string> hash;
    if (search::parse_tag(tag)) return live_tags_.contains(hash(search::blob_use(tag, blob)));
    const bool ours = keys::parse_tag(tag) || keys::parse_queue_tag(tag);
    return !ours || live_tags_.contains(hash(tag));
}

awaitable<Result<CheckReport>> LocalStore::check(std::function<void(std::string_view)> progress) {
    Checker checker(context_, std::move(progress));
    co_return co_await checker.run();
}

awaitable<void> LocalStore::collect() { return collector_->run(); }

}  // namespace store

#include "eas/state/device_store.hpp"

#include "base/log.hpp"
#include "store/keys.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Error;
using store::Result;
namespace engine = store::engine;

constexpr unsigned attempts_max = 8;
constexpr std::size_t names_at_once = 256;

std::string partition_of(const DeviceKey& key) {
    return store::keys::devices(key.account) + "/" + key.device;
}
std::string row_of(base::FolderId folder) { return "c" + store::keys::hex(folder.value, 16); }

void note_damage(const DeviceKey& key, std::string_view row) {
    base::log::error("eas", "a device's row is damaged: the device starts it anew",
                     {{"device", key.device}, {"account", key.account.value}, {"row", row}});
}

void take_row(const engine::Row& row, const DeviceKey& key, DeviceRows& out) {
    if (row.key == "d") {
        if (auto device = decode_device(row.value)) {
            out.device = std::move(*device);
        } else {
            note_damage(key, row.key);
        }
    } else if (row.key == "h") {
        out.hierarchy = decode_hierarchy(row.value);
        if (!out.hierarchy) note_damage(key, row.key);
    } else if (const auto folder = store::keys::number_in(row.key, 'c')) {
        if (auto collection = decode_collection(row.value)) {
            out.collections[base::FolderId(*folder)] = std::move(*collection);
        } else {
            note_damage(key, row.key);
        }
    }
}

}  // namespace

awaitable<Result<DeviceRows>> DeviceStore::load(DeviceKey key, std::vector<base::FolderId> collections) {
    std::vector<std::string> wanted{"d", "h"};
    for (const base::FolderId folder : collections) wanted.push_back(row_of(folder));
    const auto rows = co_await engine_.get(partition_of(key), std::move(wanted));
    if (!rows) co_return rows.error();
    DeviceRows out;
    out.version = rows->version;
    for (const engine::Row& row : rows->rows) take_row(row, key, out);
    out.device.id = key.device;
    out.access_before = out.device.access;
    co_return out;
}

awaitable<Result<void>> DeviceStore::load_more(DeviceKey key, std::vector<base::FolderId> collections,
                                               DeviceRows* rows) {
    std::vector<std::string> wanted;
    for (const base::FolderId folder : collections)
        if (!rows->collections.contains(folder)) wanted.push_back(row_of(folder));
    if (wanted.empty()) co_return Result<void>();
    const auto found = co_await engine_.get(partition_of(key), std::move(wanted));
    if (!found) co_return found.error();
    for (const engine::Row& row : found->rows) take_row(row, key, *rows);
    co_return Result<void>();
}

awaitable<Result<void>> DeviceStore::save(DeviceKey key, DeviceRows* rows, DeviceChanges changes) {
    if (changes.empty()) co_return Result<void>();
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        const auto done = co_await attempt(key, rows, &changes);
        if (done || !(done.error().is(Errc::conflict) || done.error().is(Errc::unknown))) co_return done;
        // Only an operator writes beside the device's own turn (LiveDevice): he changes whether it may come.
        const auto now = co_await load(key, {});
        if (!now) co_return now.error();
        rows->version = now->version;
        // Of a commit whose outcome is not known, one's own change of it is not taken for his.
        if (now->version != 0 && now->device.access != rows->access_before)
            rows->device.access = rows->access_before = now->device.access;
        changes.device = true;
    }
    co_return Error(Errc::unavailable, "try again");
}

awaitable<Result<void>> DeviceStore::attempt(DeviceKey key, DeviceRows* rows, const DeviceChanges* changes) {
    engine::Batch batch;
    batch.partition = partition_of(key);
    batch.expect = rows->version;
    if (changes->device || rows->version == 0) batch.put.push_back({"d", encode(rows->device)});
    if (changes->hierarchy && rows->hierarchy) batch.put.push_back({"h", encode(*rows->hierarchy)});
    for (const base::FolderId folder : changes->collections) {
        const auto known = rows->collections.find(folder);
        if (known != rows->collections.end()) batch.put.push_back({row_of(folder), encode(known->second)});
    }
    for (const base::FolderId folder : changes->forgotten) batch.erase.push_back(row_of(folder));
    if (changes->all_collections_forgotten && rows->version != 0) {
        std::string after;
        for (bool more = true; more;) {
            const auto page = co_await engine_.scan(batch.partition, after, "c", 0, rows->version);
            if (!page) co_return page.error();
            for (const engine::Row& row : page->rows) batch.erase.push_back(row.key);
            more = page->more && !page->rows.empty();
            if (more) after = page->rows.back().key;
        }
    }
    const auto version = co_await engine_.commit(std::move(batch));
    if (!version) co_return version.error();
    rows->version = *version;
    rows->access_before = rows->device.access;
    co_return Result<void>();
}

awaitable<Result<std::vector<std::string>>> DeviceStore::names(base::AccountId account) {
    const std::string prefix = store::keys::devices(account) + "/";
    std::vector<std::string> out;
    std::string after;
    for (;;) {
        const auto names = co_await engine_.list(prefix, after, names_at_once);
        if (!names) co_return names.error();
        for (const std::string& name : *names) out.push_back(name.substr(prefix.size()));
        if (names->size() < names_at_once) co_return out;
        after = names->back();
    }
}

awaitable<Result<std::vector<Device>>> DeviceStore::list(base::AccountId account) {
    const auto known = co_await names(account);
    if (!known) co_return known.error();
    std::vector<Device> out;
    for (const std::string& name : *known) {
        DeviceKey key{account, name};
        auto rows = co_await load(std::move(key), {});
        if (!rows) co_return rows.error();
        if (rows->version != 0) out.push_back(std::move(rows->device));
    }
    co_return out;
}

awaitable<Result<void>> DeviceStore::set_access(DeviceKey key, Device::Access access) {
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        auto rows = co_await load(key, {});
        if (!rows) co_return rows.error();
        if (rows->version == 0) co_return Error(Errc::not_found, "no such device");
        rows->device.access = access;
        // It must ask for its policy again, and hears of the wipe there.
        if (access != Device::Access::allowed) rows->device.policy_key = rows->device.previous_key = 0;
        DeviceChanges changes;
        changes.device = true;
        const auto done = co_await attempt(key, &*rows, &changes);
        if (done || !(done.error().is(Errc::conflict) || done.error().is(Errc::unknown))) co_return done;
    }
    co_return Error(Errc::unavailable, "try again");
}

awaitable<Result<void>> DeviceStore::remove(DeviceKey key) {
    const auto version = co_await engine_.version(partition_of(key));
    if (!version) co_return version.error();
    if (*version == 0) co_return Error(Errc::not_found, "no such device");
    co_return co_await engine_.drop(partition_of(key));
}

awaitable<Result<OutOfOffice>> DeviceStore::out_of_office(base::AccountId account) {
    std::vector<std::string> wanted{"o"};
    const auto rows = co_await engine_.get(store::keys::devices(account), std::move(wanted));
    if (!rows) co_return rows.error();
    if (rows->rows.empty()) co_return OutOfOffice();
    auto oof = decode_oof(rows->rows.front().value);
    if (!oof) co_return Error(Errc::corrupt, "the out-of-office answer is damaged");
    co_return std::move(*oof);
}

awaitable<Result<void>> DeviceStore::set_out_of_office(base::AccountId account, OutOfOffice oof) {
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        const auto version = co_await engine_.version(store::keys::devices(account));
        if (!version) co_return version.error();
        engine::Batch batch;
        batch.partition = store::keys::devices(account);
        batch.expect = *version;
        batch.put.push_back({"o", encode(oof)});
        const auto done = co_await engine_.commit(std::move(batch));
        if (done) co_return Result<void>();
        if (!(done.error().is(Errc::conflict) || done.error().is(Errc::unknown))) co_return done.error();
    }
    co_return Error(Errc::unavailable, "try again");
}

}  // namespace eas

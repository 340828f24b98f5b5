// What planning a Sync costs where a FilterType keeps much of a folder outside: it must grow as the folder
// does.
#include <benchmark/benchmark.h>

#include "eas/state/cursor.hpp"
#include "store/snapshot.hpp"

namespace {

/// Every other item is old: what is outside the window is no range, but half of the folder's uids.
std::int64_t every_other(std::uint32_t uid, std::uint32_t) { return uid % 2 == 0 ? 1'000 : 0; }
/// The newest tenth is inside.
std::int64_t newest_tenth(std::uint32_t uid, std::uint32_t items) {
    return uid > items - items / 10 ? 1'000 : 0;
}

store::SnapshotPtr folder_of(std::uint32_t items, decltype(every_other)* date = every_other) {
    std::vector<store::PageGroupPtr> groups;
    for (std::uint32_t uid = 1; uid <= items;) {
        auto group = std::make_shared<store::PageGroup>();
        group->number = uid >> 12;
        for (; uid <= items && uid >> 12 == group->number;) {
            auto page = std::make_shared<store::Page>();
            page->number = uid >> 6;
            for (; uid <= items && uid >> 6 == page->number; ++uid) {
                store::Entry entry;
                entry.uid = base::Uid(uid);
                entry.modseq = base::ModSeq(uid);
                entry.thread = base::ThreadId(uid * 2'654'435'761U % (items / 4) + 1);
                entry.internal_date = date(uid, items);
                page->entries.push_back(entry);
            }
            store::sum_up(*page);
            group->modseq_max = std::max(group->modseq_max, page->modseq_max);
            group->count += static_cast<std::uint32_t>(page->entries.size());
            group->pages.push_back(page);
        }
        groups.push_back(group);
    }
    store::FolderTotals totals;
    totals.exists = items;
    totals.uid_next = base::Uid(items + 1);
    totals.highest_modseq = base::ModSeq(items);
    return std::make_shared<store::Snapshot>(totals, std::make_shared<store::Keywords>(), std::move(groups));
}

/// The first Sync of a calendar, with all of its answers.
void first_sync(benchmark::State& state) {
    const store::SnapshotPtr now = folder_of(static_cast<std::uint32_t>(state.range(0)));
    eas::PlanRequest request;
    request.now = now.get();
    request.window = 500;
    request.dated = true;
    request.steps_max = 512;
    for (auto _ : state) {
        eas::Cursor cursor;
        for (bool more = true; more;) {
            eas::Plan plan = eas::plan_changes(std::move(cursor), request);
            cursor = std::move(plan.next);
            more = plan.more;
        }
        benchmark::DoNotOptimize(cursor);
    }
    state.SetComplexityN(state.range(0));
}
BENCHMARK(first_sync)->RangeMultiplier(2)->Range(4'096, 65'536)->Unit(benchmark::kMillisecond)->Complexity();

/// What GetItemEstimate and Ping count, where all is outside.
void nothing_inside(benchmark::State& state) {
    const store::SnapshotPtr now = folder_of(static_cast<std::uint32_t>(state.range(0)));
    eas::PlanRequest request;
    request.now = now.get();
    request.window = 500;
    request.dated = true;
    request.count_only = true;
    request.steps_max = SIZE_MAX;
    for (auto _ : state) benchmark::DoNotOptimize(eas::plan_changes(eas::Cursor(), request).count);
    state.SetComplexityN(state.range(0));
}
BENCHMARK(nothing_inside)
    ->RangeMultiplier(2)
    ->Range(4'096, 65'536)
    ->Unit(benchmark::kMillisecond)
    ->Complexity();

/// One change in a folder of which whole conversations are shown: of four messages each, here and there.
void whole_conversations(benchmark::State& state) {
    const store::SnapshotPtr now = folder_of(static_cast<std::uint32_t>(state.range(0)), newest_tenth);
    eas::PlanRequest request;
    request.now = now.get();
    request.window = 500;
    request.conversations = true;
    request.steps_max = SIZE_MAX;
    eas::Cursor before = eas::plan_changes(eas::Cursor(), request).next;
    before.done.value -= 1;
    request.steps_max = 512;
    for (auto _ : state) benchmark::DoNotOptimize(eas::plan_changes(before, request).count);
    state.SetComplexityN(state.range(0));
}
BENCHMARK(whole_conversations)
    ->RangeMultiplier(4)
    ->Range(4'096, 262'144)
    ->Unit(benchmark::kMillisecond)
    ->Complexity();

}  // namespace

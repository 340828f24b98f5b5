#include "store/threads.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "store/keys.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t thread_format = 0x27;
using Known = std::unordered_map<std::uint64_t, base::ThreadId>;

std::uint32_t period_of(std::int64_t now) {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(now, 0) / Threads::period_seconds);
}

std::optional<base::ThreadId> decode(std::string_view value) {
    WireReader in(value, thread_format);
    const base::ThreadId thread(in.u64());
    if (!in.done() || !thread) return std::nullopt;
    return thread;
}

/// Of the message itself, then of the nearest ancestor.
base::ThreadId thread_of(const Family& family, const Known& known) {
    if (const auto found = known.find(family.own); found != known.end()) return found->second;
    for (const std::uint64_t id : family.ancestors)
        if (const auto found = known.find(id); found != known.end()) return found->second;
    return {};
}

/// What a period is asked for families that have no thread yet.
std::vector<std::string> keys_of(const std::vector<Family>& families,
                                 const std::vector<base::ThreadId>& threads, bool own) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < families.size(); ++i) {
        if (threads[i]) continue;
        if (own && families[i].own != 0) out.push_back(keys::thread(families[i].own));
        for (const std::uint64_t id : families[i].ancestors) out.push_back(keys::thread(id));
    }
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace

engine::awaitable<Result<std::vector<base::ThreadId>>> Threads::find(std::vector<Family> families,
                                                                     std::int64_t now) const {
    using Found = Result<std::vector<base::ThreadId>>;
    for (Family& family : families)
        if (family.ancestors.size() > ancestors_max) family.ancestors.resize(ancestors_max);
    std::vector<base::ThreadId> threads(families.size());
    const std::uint32_t newest = period_of(now);
    for (std::uint32_t back = 0; back < periods_kept && back <= newest; ++back) {
        std::vector<std::string> keys = keys_of(families, threads, back == 0);
        if (keys.empty()) break;
        std::string partition = keys::threads(account_, newest - back);
        const auto rows = co_await engine_.get(std::move(partition), std::move(keys));
        if (!rows) co_return Found(rows.error());
        Known known;
        for (const engine::Row& row : rows->rows) {
            const auto id = keys::number_in(row.key, 'i');
            const auto thread = decode(row.value);
            if (id && thread) known.emplace(*id, *thread);  // a damaged one is as if it were not there
        }
        for (std::size_t i = 0; i < families.size(); ++i)
            if (!threads[i]) threads[i] = thread_of(families[i], known);
    }
    co_return Found(std::move(threads));
}

engine::Patch Threads::rows_of(base::AccountId account, std::int64_t now,
                               const std::map<std::uint64_t, base::ThreadId>& messages) {
    engine::Patch out;
    out.partition = keys::threads(account, period_of(now));
    for (const auto& [id, thread] : messages) {
        WireWriter value(thread_format);
        value.u64(thread.value);
        out.put.push_back(engine::Row{keys::thread(id), std::move(value).seal()});
    }
    return out;
}

engine::awaitable<Result<void>> Threads::drop() const {
    constexpr std::size_t at_once = 16;
    const std::string prefix = keys::threads(account_);
    for (bool more = true; more;) {
        const auto names = co_await engine_.list(prefix, std::string(), at_once);
        if (!names) co_return names.error();
        for (const std::string& name : *names) {
            const auto dropped = co_await engine_.drop(name);
            if (!dropped) co_return dropped;
        }
        more = names->size() == at_once;
    }
    co_return Result<void>();
}

bool Threads::is_over(std::uint32_t period, std::int64_t now) {
    const std::uint32_t newest = period_of(now);
    return period + periods_kept <= newest;
}

bool Threads::sound(const engine::Row& row) {
    return keys::number_in(row.key, 'i') && row.key.size() == 17 && decode(row.value);
}

}  // namespace store

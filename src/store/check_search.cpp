// The check of the rows of search indexes. What is wrong with them costs no mail: the next pass over the
// account makes it anew.
#include <fmt/format.h>

#include "store/check.hpp"
#include "store/search/index_rows.hpp"

namespace store {
namespace {

constexpr std::size_t names_at_once = 512;

}  // namespace

awaitable<Result<void>> Checker::check_search() {
    std::string after;
    for (bool more = true; more;) {
        const auto names = co_await context_.engine.list("x/", after, names_at_once);
        if (!names) co_return names.error();
        for (const std::string& name : *names) {
            const auto checked = co_await check_search_index(name);
            if (!checked) co_return checked;
        }
        more = names->size() == names_at_once;
        if (more) after = names->back();
    }
    co_return Result<void>();
}

awaitable<Result<void>> Checker::check_search_index(std::string partition) {
    if (!search::parse_tag(partition)) problem(partition + ": not a name of a search index");
    const auto rows = co_await whole_partition(partition);
    if (!rows && rows.error().is(Errc::conflict)) co_return Result<void>();  // too busy
    if (!rows) co_return rows.error();
    search::Manifest manifest;
    for (const engine::Row& row : rows->rows) search::read_row(manifest, row);
    if (manifest.damaged) problem(partition + ": its rows are damaged or of another version");
    for (const search::SegmentRow& segment : manifest.segments) {
        live_tags_.insert(std::hash<std::string>()(search::blob_use(partition, segment.blob)));
        const auto size = co_await context_.engine.blob_size(segment.blob);
        if (!size && !size.error().is(Errc::not_found)) co_return size.error();
        if (size && *size == segment.bytes) continue;
        const auto now = co_await context_.engine.version(partition);
        if (!now) co_return now.error();
        if (*now != rows->version) co_return Result<void>();  // merged away meanwhile
        problem(fmt::format("{}: a segment is {}, blob {:x}", partition,
                            size ? "of another size" : "not there", segment.blob.value));
    }
    co_return Result<void>();
}

}  // namespace store

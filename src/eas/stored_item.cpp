#include "eas/stored_item.hpp"

#include "eas/items/items.hpp"

namespace eas {
namespace {

constexpr std::uint64_t item_bytes_max = 9U << 20;  // pim::ComponentLimits, and a header

}  // namespace

awaitable<store::Result<pim::Component>> read_stored_item(store::FolderPtr folder, store::Entry entry,
                                                          store::DetailPtr detail, store::FolderKind kind) {
    if (entry.size > item_bytes_max) co_return store::Error(store::Errc::corrupt, "the item is too large");
    const auto octets =
        co_await folder->read(detail, detail->header_bytes, static_cast<std::size_t>(entry.size));
    if (!octets) co_return octets.error();
    auto item = unwrap_item(kind, *octets);
    if (!item) co_return store::Error(store::Errc::corrupt, "the item's text cannot be read");
    co_return std::move(*item);
}

}  // namespace eas

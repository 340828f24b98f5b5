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

awaitable<store::Result<store::Incoming>> make_stored_item(store::Store* store, store::FolderKind kind,
                                                           const pim::Component* item, std::int64_t now) {
    std::string message = wrap_item(kind, *item, now);
    // Nothing is kept that would not be read again: the limits are those of pim::ComponentLimits.
    const std::string_view text = std::string_view(message).substr(message.find("\r\n\r\n") + 4);
    if (!unwrap_item(kind, text)) co_return store::Error(store::Errc::limit, "the item is too large");
    const auto writer = store->new_message();
    const auto written = co_await writer->write(message);
    if (!written) co_return written.error();
    auto content = co_await writer->finish();
    if (!content) co_return content.error();
    store::Incoming out(std::move(*content));
    out.flags.system = store::FlagSet(store::SystemFlag::seen);
    out.internal_date = facts_of(kind, *item).date;
    co_return out;
}

std::string_view message_id_of(const store::Detail& detail) {
    const std::string_view envelope = detail.envelope;
    const std::size_t open = envelope.rfind('<'), close = envelope.rfind('>');
    const bool any = open != std::string_view::npos && close != std::string_view::npos && open < close;
    return any ? envelope.substr(open, close - open + 1) : std::string_view();
}

}  // namespace eas

#include "eas/syntax/ids.hpp"

#include <algorithm>
#include <charconv>

namespace eas {
namespace {

template <class Int>
void append(std::string& out, Int number, int radix) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, radix).ptr;
    out.append(digits, end);
}

/// Digits and nothing else: no sign, no empty text.
template <class Int>
std::optional<Int> number(std::string_view text, int radix) {
    Int out{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out, radix);
    if (fault != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return out;
}

}  // namespace

std::string write_folder_id(base::FolderId id) {
    std::string out;
    append(out, id.value, 16);
    return out;
}

std::string write_item_id(const ItemId& id) {
    std::string out = write_folder_id(id.folder);
    out.push_back(':');
    append(out, id.uid.value, 10);
    return out;
}

std::string write_part_id(const PartId& id) {
    std::string out = write_item_id(id.item);
    out.push_back(':');
    append(out, id.part, 10);
    return out;
}

std::string write_attachment_id(const AttachmentId& id) { return write_item_id(id.item) + ":@" + id.name; }

std::optional<base::FolderId> parse_folder_id(std::string_view text) {
    const auto id = number<std::uint64_t>(text, 16);
    if (!id || *id == 0) return std::nullopt;
    return base::FolderId(*id);
}

std::optional<ItemId> parse_item_id(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto folder = parse_folder_id(text.substr(0, colon));
    const auto uid = number<std::uint32_t>(text.substr(colon + 1), 10);
    if (!folder || !uid || *uid == 0) return std::nullopt;
    return ItemId{*folder, base::Uid(*uid)};
}

std::optional<PartId> parse_part_id(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto item = parse_item_id(text.substr(0, colon));
    const auto part = number<std::uint32_t>(text.substr(colon + 1), 10);
    if (!item || !part) return std::nullopt;
    return PartId{*item, *part};
}

std::optional<AttachmentId> parse_attachment_id(std::string_view text) {
    constexpr std::size_t name_bytes = 16;  // name_of_attachment()
    const std::size_t mark = text.rfind(":@");
    if (mark == std::string_view::npos) return std::nullopt;
    const auto item = parse_item_id(text.substr(0, mark));
    const std::string_view name = text.substr(mark + 2);
    const bool plain =
        std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!item || !plain || name.size() != name_bytes) return std::nullopt;
    return AttachmentId{*item, std::string(name)};
}

std::string write_sync_key(SyncKey key) {
    if (key.is_zero()) return "0";
    std::string out;
    append(out, key.epoch, 16);
    out.push_back('.');
    append(out, key.counter, 10);
    return out;
}

std::optional<SyncKey> parse_sync_key(std::string_view text) {
    if (text == "0") return SyncKey();
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto epoch = number<std::uint32_t>(text.substr(0, dot), 16);
    const auto counter = number<std::uint32_t>(text.substr(dot + 1), 10);
    if (!epoch || !counter || *counter == 0) return std::nullopt;
    return SyncKey{*epoch, *counter};
}

}  // namespace eas

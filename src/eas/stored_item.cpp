#include "eas/stored_item.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "eas/items/event_attachments.hpp"
#include "eas/items/items.hpp"
#include "eas/mail/attachment_part.hpp"
#include "eas/mail/boundary.hpp"
#include "mime/header.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Error;
using store::FolderKind;
using store::Result;

constexpr std::uint64_t item_bytes_max = 9U << 20;  // pim::ComponentLimits, and a header
constexpr std::size_t piece_bytes = 256U << 10;     // of a file that is copied

/// Where the item's text stands in its message.
struct Place {
    std::uint64_t offset = 0, bytes = 0;
};

/// An event with files is a multipart whose first part it is.
Place place_of(const store::Detail& detail) {
    mime::Tree tree;
    const bool apart = mime::decode_tree(detail.tree, tree) && tree.parts.size() > 1 &&
                       tree.parts.front().kind == mime::Kind::multipart;
    if (!apart) return {detail.header_bytes, detail.size - std::min(detail.size, detail.header_bytes)};
    return {detail.prefix.size() + tree.parts[1].body_offset, tree.parts[1].body_bytes};
}

MailReaderLimits without_whole() {
    MailReaderLimits out;
    out.whole_bytes_max = 0;
    return out;
}

/// A new message while it is written: of several parts if there are files.
class ItemWriter {
public:
    ItemWriter(store::Store* store, std::string boundary)
        : writer_(store->new_message()), boundary_(std::move(boundary)) {}

    awaitable<Result<void>> write(std::string octets) {
        const auto written = co_await writer_->write(octets);
        co_return written;
    }
    /// What is between two parts.
    awaitable<Result<void>> next_part() { return write("\r\n--" + boundary_ + "\r\n"); }
    awaitable<Result<void>> end_parts() { return write("\r\n--" + boundary_ + "--\r\n"); }
    awaitable<Result<store::ContentPtr>> finish() { return writer_->finish(); }

private:
    std::unique_ptr<store::MessageWriter> writer_;
    const std::string boundary_;
};

/// A part's body as it stands in another message, behind this header.
awaitable<Result<void>> copy_part(ItemWriter* to, MessageOctets* from, std::uint32_t part,
                                  std::string header) {
    auto written = co_await to->write(std::move(header));
    const std::uint64_t bytes = from->tree().parts[part].body_bytes;
    for (std::uint64_t at = 0; written && at < bytes; at += piece_bytes) {
        auto piece = co_await from->part_octets(part, piece_bytes, at);
        if (!piece) co_return piece.error();
        written = co_await to->write(std::move(*piece));
    }
    co_return written;
}

const AddedAttachment* find_added(const AttachmentChanges* changes, std::string_view name) {
    if (changes == nullptr) return nullptr;
    const auto found = std::ranges::find(changes->added, name, &AddedAttachment::name_in_event);
    return found == changes->added.end() ? nullptr : &*found;
}

const MailedFiles::Part* find_mailed(const MailedFiles* mailed, std::string_view name) {
    if (mailed == nullptr) return nullptr;
    const auto found = std::ranges::find_if(
        mailed->parts, [name](const MailedFiles::Part& one) { return one.file.name_in_event == name; });
    return found == mailed->parts.end() ? nullptr : &*found;
}

/// One file, wherever it is; what is nowhere is left out.
awaitable<Result<void>> write_file(ItemWriter* to, const FileSources* files, MessageOctets* former,
                                   std::string name) {
    const AddedAttachment* sent = nullptr;
    const MailedFiles::Part* mailed = nullptr;
    if (files != nullptr) {
        sent = find_added(files->added, name);
        if (sent == nullptr && files->mailed != nullptr) sent = find_added(&files->mailed->embedded, name);
        mailed = find_mailed(files->mailed, name);
    }
    const std::string content_id = pim::itip::file_content_id(name);
    if (sent != nullptr || mailed != nullptr) {
        auto written = co_await to->next_part();
        if (!written) co_return written;
        if (sent != nullptr) co_return co_await to->write(write_attachment_part(*sent, content_id));
        MessageOctets* mail = files->mailed->mail;
        std::string header =
            attachment_header(mailed->file, content_id, mail->tree().parts[mailed->number].encoding);
        co_return co_await copy_part(to, mail, mailed->number, std::move(header));
    }
    if (former == nullptr) co_return Result<void>();
    const auto part = co_await find_file(former, name);
    if (!part && part.error().is(Errc::not_found)) co_return Result<void>();
    if (!part) co_return part.error();
    auto header = co_await former->part_header(*part);
    if (!header) co_return header.error();
    auto written = co_await to->next_part();
    if (!written) co_return written;
    co_return co_await copy_part(to, former, *part, std::move(*header));
}

awaitable<Result<void>> write_files(ItemWriter* to, const std::vector<std::string>* names,
                                    const FileSources* files) {
    std::optional<MessageOctets> former;
    if (files != nullptr && files->folder) {
        auto detail = co_await read_detail(files->folder, files->entry);
        if (!detail && detail.error().is(Errc::not_found))
            co_return Error(Errc::conflict, "the event has changed");
        if (!detail) co_return detail.error();
        former.emplace(files->folder, std::move(*detail), without_whole());
        const auto opened = co_await former->open();
        if (!opened) co_return opened.error();
    }
    MessageOctets* there = former ? &*former : nullptr;
    for (const std::string& name : *names) {
        const auto written = co_await write_file(to, files, there, name);
        if (!written) co_return written;
    }
    co_return Result<void>();
}

}  // namespace

awaitable<Result<store::DetailPtr>> read_detail(store::FolderPtr folder, store::Entry entry) {
    std::vector<store::Entry> entries{entry};
    auto details = co_await folder->details(std::move(entries));
    if (!details) co_return details.error();
    if (details->empty() || !details->front()) co_return Error(Errc::not_found, "no such item");
    co_return std::move(details->front());
}

awaitable<Result<pim::Component>> read_stored_item(store::FolderPtr folder, store::Entry entry,
                                                   store::DetailPtr detail, FolderKind kind) {
    const Place place = place_of(*detail);
    if (place.bytes > item_bytes_max || entry.size < place.bytes)
        co_return Error(Errc::corrupt, "the item is too large");
    const auto octets = co_await folder->read(detail, place.offset, static_cast<std::size_t>(place.bytes));
    if (!octets) co_return octets.error();
    auto item = unwrap_item(kind, *octets);
    if (!item) co_return Error(Errc::corrupt, "the item's text cannot be read");
    co_return std::move(*item);
}

awaitable<Result<store::Incoming>> make_stored_item(ItemTools tools, FolderKind kind,
                                                    const pim::Component* item, const FileSources* files) {
    std::string header = item_header(kind, *item, tools.now), part = item_part(kind, *item);
    // Nothing is kept that would not be read again: the limits are those of pim::ComponentLimits.
    if (!unwrap_item(kind, std::string_view(part).substr(part.find("\r\n\r\n") + 4)))
        co_return Error(Errc::limit, "the item is too large");
    std::vector<std::string> names;
    if (kind == FolderKind::calendar) names = attachment_names(*item);
    const std::string boundary = new_boundary(*tools.random);
    ItemWriter writer(tools.store, boundary);
    if (!names.empty()) header += fmt::format("Content-Type: multipart/mixed; boundary=\"{}\"\r\n", boundary);
    auto written = co_await writer.write(std::move(header));
    if (written && !names.empty()) written = co_await writer.next_part();
    if (written) written = co_await writer.write(std::move(part));
    if (written && !names.empty()) written = co_await write_files(&writer, &names, files);
    if (written && !names.empty()) written = co_await writer.end_parts();
    if (!written) co_return written.error();
    auto content = co_await writer.finish();
    if (!content) co_return content.error();
    store::Incoming out(std::move(*content));
    out.flags.system = store::FlagSet(store::SystemFlag::seen);
    out.internal_date = facts_of(kind, *item).date;
    co_return out;
}

awaitable<Result<std::uint32_t>> find_file(MessageOctets* message, std::string name) {
    const std::vector<mime::Part>& parts = message->tree().parts;
    const std::string wanted = "<" + pim::itip::file_content_id(name) + ">";
    // The first part is the event itself.
    for (std::uint32_t part = parts.size() < 2 ? 0 : parts[1].end; part != 0 && part < parts.front().end;
         part = parts[part].end) {
        const auto header = co_await message->part_header(part);
        if (!header) co_return header.error();
        mime::Field field;
        const bool named = mime::find_field(*header, "Content-ID", field);
        if (named && mime::unfold(field.value).find(wanted) != std::string::npos) co_return part;
    }
    co_return Error(Errc::not_found, "no such file");
}

awaitable<Result<std::vector<std::string>>> read_file_parts(store::FolderPtr folder, store::Entry entry,
                                                            std::vector<std::string> names) {
    std::vector<std::string> out;
    auto detail = co_await read_detail(folder, entry);
    if (!detail) co_return detail.error();
    MessageOctets message(folder, std::move(*detail), without_whole());
    const auto opened = co_await message.open();
    if (!opened) co_return opened.error();
    for (const std::string& name : names) {
        const auto part = co_await find_file(&message, name);
        if (!part && part.error().is(Errc::not_found)) continue;
        if (!part) co_return part.error();
        auto whole = co_await message.whole_part(*part);
        if (!whole) co_return whole.error();
        out.push_back(std::move(*whole));
    }
    co_return out;
}

std::string_view message_id_of(const store::Detail& detail) {
    const std::string_view envelope = detail.envelope;
    const std::size_t open = envelope.rfind('<'), close = envelope.rfind('>');
    const bool any = open != std::string_view::npos && close != std::string_view::npos && open < close;
    return any ? envelope.substr(open, close - open + 1) : std::string_view();
}

}  // namespace eas

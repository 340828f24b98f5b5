#include "eas/mail/body_reader.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "eas/mail/mime_text.hpp"
#include "eas/mail/new_text.hpp"

namespace eas {
namespace {

using store::Result;

constexpr std::size_t utf8_octets_max = 4;  // of a character; more that may be inside of one: another charset
constexpr std::size_t piece_bytes = 256U << 10;  // that is read at once

TextRoom room_for_all(const MessageOctets& message) {
    const std::size_t most = message.limits().text_bytes_max;
    return TextRoom{most, most};
}

/// What no string can hold is encoded in it, and then it is longer.
void make_text(ItemBody& body, const MessageOctets& message, const BodyPreference& wanted) {
    if (is_text(body.data)) return;
    body.data = message_as_text(body.data, message.tree(), message.detail().prefix.size());
    if (!body.truncated) body.size = body.data.size();
    if (body.data.size() <= wanted.truncation) return;
    body.truncated = true;
    body.has_data = !wanted.all_or_none;
    body.data.resize(body.has_data ? cut_utf8(body.data, wanted.truncation).size() : 0);
}

awaitable<Result<ItemBody>> read_mime(MessageOctets* message, BodyPreference wanted,
                                      const ItemOptions* options) {
    wanted.truncation = std::min(wanted.truncation, options->mime_truncation);
    const std::uint64_t size = message->detail().size;
    ItemBody out;
    out.type = BodyType::mime;
    out.size = size;
    out.truncated = size > wanted.truncation;
    out.has_data = !out.truncated || (!wanted.all_or_none && wanted.truncation != 0);
    if (!out.has_data) co_return out;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(size, wanted.truncation));
    auto octets = co_await message->octets(0, length + 1);  // one more shows whether a character is cut
    if (!octets) co_return octets.error();
    out.data = std::move(*octets);
    const std::size_t whole = cut_utf8(out.data, length).size();
    out.data.resize(length - whole < utf8_octets_max ? whole : std::min(length, out.data.size()));
    if (!options->octets_apart) make_text(out, *message, wanted);
    co_return out;
}

awaitable<Result<ItemBody>> read_text(MessageOctets* message, BodyPreference wanted) {
    TextRoom room = room_for_all(*message);
    // How long a text is that is not told to its end is an estimate: MS-ASAIRS section 2.2.2.23.
    const std::size_t most = std::max<std::size_t>(wanted.truncation, message->limits().measured_bytes_max);
    room.octets_max = std::min(room.octets_max, most);
    auto text = co_await read_text_as(message, wanted.type, room);
    if (!text) co_return text.error();
    co_return make_body(wanted.type, std::move(*text), wanted);
}

/// Where nothing of it is history, what is left out may be new as well.
GatheredText new_html(GatheredText all) {
    const std::string_view part = new_part_of_html(all.text);
    const bool whole = part.size() == all.text.size();
    GatheredText out;
    out.text = part;
    out.cut = all.cut && whole;
    out.size = out.cut ? all.size : out.text.size();
    return out;
}

GatheredText new_plain_as_html(GatheredText all, TextRoom room) {
    const std::string_view part = new_part_of_plain(all.text);
    const bool whole = part.size() == all.text.size();
    TextGatherer html(BodyType::html, room);
    html.append_plain(part);
    GatheredText out = html.finish();
    if (all.cut && whole) {
        out.cut = true;
        out.size += all.size - all.text.size();
    }
    return out;
}

}  // namespace

awaitable<Result<GatheredText>> read_text_as(MessageOctets* message, BodyType type, TextRoom room) {
    TextGatherer text(type, room);
    for (const TextBlock& block : message->layout().texts) {
        const std::uint32_t number = part_for(block, type);
        const mime::Part& part = message->tree().parts[number];
        text.begin(part);
        for (std::uint64_t at = 0; at < part.body_bytes && !text.full(); at += piece_bytes) {
            const auto octets = co_await message->part_octets(number, piece_bytes, at);
            if (!octets) co_return octets.error();
            text.take(*octets);
        }
        text.end();
    }
    co_return text.finish();
}

awaitable<Result<ItemBody>> read_body(MessageOctets* message, const ItemOptions* options) {
    const BodyPreference* chosen = choose_body(*options, message->layout());
    if (chosen == nullptr) {  // none was asked for: how large it is, and nothing of it
        ItemBody out;
        out.type = message->layout().has_html() ? BodyType::html : BodyType::plain;
        for (const TextBlock& block : message->layout().texts) {
            const std::uint32_t part = block.html != mime::no_part ? block.html : block.plain;
            out.size += message->tree().parts[part].body_bytes;
        }
        out.truncated = true;
        out.has_data = false;
        co_return out;
    }
    BodyPreference wanted = *chosen;
    Result<ItemBody> body = ItemBody();
    if (wanted.type == BodyType::mime) {
        body = co_await read_mime(message, wanted, options);
    } else {
        body = co_await read_text(message, wanted);
    }
    // AllOrNone, and it is too large: another form that was asked for, the one with the most text. MS-ASAIRS
    // section 2.2.2.3.2
    const bool left_out = body && !body->has_data && wanted.all_or_none;
    for (const BodyPreference& other : options->bodies) {
        const bool text = other.type == BodyType::plain || other.type == BodyType::html;
        if (!left_out || !text || &other == chosen) continue;
        Result<ItemBody> next = co_await read_text(message, other);
        if (!next) co_return next.error();
        if (!next->has_data || (body->has_data && next->data.size() <= body->data.size())) continue;
        body = std::move(next);
        const auto preview = other.preview != 0 ? other.preview : wanted.preview;
        wanted = other;
        wanted.preview = preview;
    }
    if (body && wanted.preview != 0)
        body->preview = first_characters(message->detail().preview, wanted.preview);
    co_return body;
}

awaitable<Result<ItemBody>> read_part(MessageOctets* message, BodyPreference wanted) {
    const bool html = message->layout().has_html();
    const TextRoom room = room_for_all(*message);
    auto text = co_await read_text_as(message, html ? BodyType::html : BodyType::plain, room);
    if (!text) co_return text.error();
    GatheredText part = html ? new_html(std::move(*text)) : new_plain_as_html(std::move(*text), room);
    std::string preview;
    if (wanted.preview != 0) {
        const std::string plain = mime::html_to_text(part.text);
        preview = first_characters(base::trimmed(plain), wanted.preview);
    }
    ItemBody out = make_body(BodyType::html, std::move(part), wanted);
    out.preview = std::move(preview);
    co_return out;
}

}  // namespace eas

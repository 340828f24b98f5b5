#include "eas/mail/message_text.hpp"

#include <algorithm>
#include <utility>

#include "base/markup.hpp"
#include "mime/decode.hpp"

namespace eas {
namespace {

constexpr std::size_t slice_bytes_max = 64U << 10;  // that is decoded, or becomes HTML, at once

bool is_html(const mime::Part& part) { return part.subtype == "html"; }

/// Of text, to what is left of it when its encoding is taken off, without reading it.
std::uint64_t decoded_about(const mime::Part& part, std::uint64_t octets) {
    return part.encoding == mime::Encoding::base64 ? octets / 4 * 3 : octets;
}

}  // namespace

std::string html_of(std::string_view plain) {
    const std::string escaped = base::xml_escaped(plain);
    std::string out;
    out.reserve(escaped.size() + escaped.size() / 16);
    for (const char c : escaped) {
        if (c == '\n') out += "<br>\r";
        out.push_back(c);
    }
    return out;
}

TextGatherer::TextGatherer(BodyType type, TextRoom room) : type_(type), room_(room) {}
TextGatherer::~TextGatherer() = default;

/// There is no room for this. Of a character that has begun nothing stays.
void TextGatherer::stop_before(std::string_view utf8) {
    out_.cut = true;
    left_out_ += utf8.size();
    out_.text.push_back(utf8.front());
    out_.text.resize(cut_utf8(out_.text, out_.text.size() - 1).size());
}

void TextGatherer::append(std::string_view utf8) {
    if (out_.cut) return;
    const std::size_t room = room_.octets_max - out_.text.size();
    out_.text.append(utf8.substr(0, room));
    if (utf8.size() > room) stop_before(utf8.substr(room));
}

void TextGatherer::append_as_html(std::string_view plain) {
    while (!plain.empty() && !out_.cut) {
        const std::size_t room = room_.octets_max - out_.text.size();
        const std::size_t fits = std::max<std::size_t>(room / html_growth_max, 1);
        const std::string_view slice = plain.substr(0, std::min(fits, slice_bytes_max));
        const std::string html = html_of(slice);
        if (html.size() > room) return stop_before(plain);
        out_.text += html;
        plain.remove_prefix(slice.size());
    }
}

void TextGatherer::begin(const mime::Part& part) {
    part_ = &part;
    taken_ = 0;
    same_ = is_html(part) == (type_ == BodyType::html);
    decoder_ = std::make_unique<mime::TextDecoder>(part.encoding, part.charset);
    piece_.clear();
    if (type_ == BodyType::plain && !out_.text.empty() && !out_.text.ends_with('\n')) append("\r\n");
}

void TextGatherer::take(std::string_view octets) {
    if (out_.cut) return;
    taken_ += octets.size();
    decoder_->decode(octets, piece_);
    if (!same_ && type_ == BodyType::plain) {
        if (piece_.size() > room_.html_bytes_max) end();
        return;
    }
    if (same_) append(piece_);
    if (!same_) append_as_html(piece_);
    piece_.clear();
}

void TextGatherer::end() {
    if (part_ == nullptr) return;
    const mime::Part& part = *std::exchange(part_, nullptr);
    if (!out_.cut) decoder_->finish(piece_);
    decoder_.reset();
    if (!same_ && type_ == BodyType::plain) {
        const bool too_long = piece_.size() > room_.html_bytes_max;
        if (too_long) piece_.resize(cut_utf8(piece_, room_.html_bytes_max).size());
        // One more shows that something is left out.
        const std::size_t room = room_.octets_max - out_.text.size();
        const std::string text = mime::html_to_text(piece_, room + 1);
        if (text.size() > room) left_out_ += piece_.size() - std::min(text.size(), piece_.size());
        append(text);
        out_.cut = out_.cut || too_long;
    } else if (same_) {
        append(piece_);
    } else {
        append_as_html(piece_);
    }
    piece_ = std::string();
    left_out_ += decoded_about(part, part.body_bytes - std::min(taken_, part.body_bytes));
}

void TextGatherer::append_plain(std::string_view utf8) {
    if (type_ == BodyType::html) return append_as_html(utf8);
    append(utf8);
}

GatheredText TextGatherer::finish() {
    end();
    out_.size = out_.text.size() + (out_.cut ? std::max<std::uint64_t>(left_out_, 1) : 0);
    return std::move(out_);
}

std::uint32_t part_for(const TextBlock& block, BodyType type) {
    const bool html = type == BodyType::html;
    const std::uint32_t wanted = html ? block.html : block.plain;
    return wanted != mime::no_part ? wanted : html ? block.plain : block.html;
}

GatheredText text_as(BodyType type, const mime::Tree& tree, const Layout& layout, const PartOctets& octets,
                     TextRoom room) {
    TextGatherer text(type, room);
    for (const TextBlock& block : layout.texts) {
        const std::uint32_t part = part_for(block, type);
        const std::string_view raw = octets(part);
        text.begin(tree.parts[part]);
        for (std::size_t at = 0; at < raw.size() && !text.full(); at += slice_bytes_max)
            text.take(raw.substr(at, slice_bytes_max));
        text.end();
    }
    return text.finish();
}

ItemBody make_body(BodyType type, GatheredText text, const BodyPreference& wanted) {
    ItemBody out;
    out.type = type;
    out.size = text.size;
    out.data = std::move(text.text);
    if (!text.cut && out.size <= wanted.truncation) return out;
    out.truncated = true;
    if (wanted.all_or_none || wanted.truncation == 0) {  // MS-ASEMAIL section 2.2.2.10.1
        out.data.clear();
        out.has_data = false;
    } else {
        out.data.resize(cut_utf8(out.data, wanted.truncation).size());
    }
    return out;
}

ItemBody make_body(BodyType type, std::string text, const BodyPreference& wanted) {
    const std::uint64_t size = text.size();
    return make_body(type, GatheredText{std::move(text), size, false}, wanted);
}

const BodyPreference* choose_body(const ItemOptions& options, const Layout& layout) {
    const auto find = [&options](BodyType type) -> const BodyPreference* {
        const auto found = std::ranges::find(options.bodies, type, &BodyPreference::type);
        return found == options.bodies.end() ? nullptr : &*found;
    };
    const bool secured = layout.is_signed || layout.is_encrypted;
    const bool mime = options.mime_support == MimeSupport::always ||
                      (options.mime_support == MimeSupport::signed_only && secured);
    if (const BodyPreference* whole = find(BodyType::mime); whole != nullptr && mime) return whole;
    const BodyType native = layout.has_html() ? BodyType::html : BodyType::plain;
    if (const BodyPreference* same = find(native)) return same;
    for (const BodyPreference& one : options.bodies)
        if (one.type == BodyType::plain || one.type == BodyType::html) return &one;
    return nullptr;
}

}  // namespace eas

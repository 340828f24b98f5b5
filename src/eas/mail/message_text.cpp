#include "eas/mail/message_text.hpp"

#include <algorithm>

#include "base/markup.hpp"
#include "mime/decode.hpp"

namespace eas {
namespace {

std::string decoded(const mime::Part& part, std::string_view octets) {
    std::string out;
    mime::TextDecoder decoder(part.encoding, part.charset);
    decoder.decode(octets, out);
    decoder.finish(out);
    return out;
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

std::string text_as(BodyType type, const mime::Tree& tree, const Layout& layout, const PartOctets& octets) {
    std::string out;
    const bool html = type == BodyType::html;
    for (const TextBlock& block : layout.texts) {
        const std::uint32_t wanted = html ? block.html : block.plain;
        const std::uint32_t part = wanted != mime::no_part ? wanted : html ? block.plain : block.html;
        std::string text = decoded(tree.parts[part], octets(part));
        if (part != wanted) text = html ? html_of(text) : mime::html_to_text(text);
        if (!out.empty() && !html && !out.ends_with('\n')) out += "\r\n";
        if (out.empty()) {
            out = std::move(text);
        } else {
            out += text;
        }
    }
    return out;
}

ItemBody make_body(BodyType type, std::string text, const BodyPreference& wanted) {
    ItemBody out;
    out.type = type;
    out.size = text.size();
    out.data = std::move(text);
    if (out.size <= wanted.truncation) return out;
    out.truncated = true;
    if (wanted.all_or_none || wanted.truncation == 0) {  // MS-ASEMAIL section 2.2.2.10.1
        out.data.clear();
        out.has_data = false;
    } else {
        out.data.resize(cut_utf8(out.data, wanted.truncation).size());
    }
    return out;
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

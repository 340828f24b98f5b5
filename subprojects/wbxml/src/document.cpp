// The tree is a vector: a node is 48 octets, so tokens_max bounds the memory.
#include "wbxml/document.hpp"

#include <charconv>

namespace wbxml {

Document::Document(std::string_view octets, const DecodeLimits& limits) {
    Decoder in(octets, limits);
    read(in);
    fault_ = in.fault();
    offset_ = in.offset();
    if (fault_ != Fault::none) nodes_.clear();
}

void Document::read(Decoder& in) {
    struct Open {
        std::uint32_t node, last_child;
    };
    std::vector<Open> open;
    for (;;) {
        const Event event = in.next();
        switch (event.kind) {
            case Event::Kind::start: {
                const auto index = static_cast<std::uint32_t>(nodes_.size());
                nodes_.emplace_back().tag = event.tag;
                if (!open.empty()) {
                    Open& parent = open.back();
                    (parent.last_child == none ? nodes_[parent.node].first_child
                                               : nodes_[parent.last_child].next) = index;
                    parent.last_child = index;
                }
                if (!event.empty) open.push_back({index, none});
                break;
            }
            case Event::Kind::end:
                open.pop_back();
                break;
            case Event::Kind::opaque:
                nodes_[open.back().node].opaque = true;
                [[fallthrough]];
            case Event::Kind::text:
                add_text(nodes_[open.back().node], event.data);
                break;
            case Event::Kind::done:
            case Event::Kind::fault:
                return;
        }
    }
}

void Document::add_text(Node& node, std::string_view piece) {
    if (piece.empty()) return;
    if (node.text.empty()) {
        node.text = piece;
        return;
    }
    // A string of its own for each such element, which grows in place: pieces of two elements may take turns.
    if (node.joined == none) {
        node.joined = static_cast<std::uint32_t>(joined_.size());
        joined_.emplace_back(node.text);
    }
    node.text = joined_[node.joined].append(piece);
}

Element Document::root() const { return nodes_.empty() ? Element() : Element(*this, 0); }

Element Element::first_child() const {
    return has_children() ? Element(*document_, node().first_child) : Element();
}

Element Element::next() const {
    return document_ && node().next != Document::none ? Element(*document_, node().next) : Element();
}

Element Element::child(Tag tag) const {
    for (Element child = first_child(); child; child = child.next())
        if (child.tag() == tag) return child;
    return {};
}

std::optional<std::int64_t> Element::number() const {
    const std::string_view digits = text();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}  // namespace wbxml

// Document: a request as a tree, for handlers that need what they ask for in any order. Texts are views of
// the octets.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wbxml/decoder.hpp"
#include "wbxml/tag.hpp"

namespace wbxml {

class Element;

class Document {
public:
    /// `octets` must outlive the document. \errors fault() is not none, root() is then empty.
    explicit Document(std::string_view octets, const DecodeLimits& limits = {});

    Document(Document&&) = default;
    Document& operator=(Document&&) = default;

    Fault fault() const { return fault_; }
    /// Where the fault is.
    std::size_t offset() const { return offset_; }
    /// Not there: the octets were faulty.
    Element root() const;

private:
    friend class Element;
    static constexpr std::uint32_t none = UINT32_MAX;

    struct Node {
        Tag tag;
        bool opaque = false;
        std::uint32_t first_child = none, next = none, joined = none;
        std::string_view text;
    };
    void read(Decoder& in);
    void add_text(Node& node, std::string_view piece);

    std::vector<Node> nodes_;
    std::deque<std::string> joined_;  // texts that came in several pieces
    Fault fault_ = Fault::none;
    std::size_t offset_ = 0;
};

/// One element, or none: what is asked of none is none or empty, so that `request.child(a).child(b).text()`
/// needs no checks.
class Element {
public:
    Element() = default;

    explicit operator bool() const { return document_ != nullptr; }
    Tag tag() const { return document_ ? node().tag : Tag(); }
    /// The text or opaque octets right inside; empty if it has none.
    std::string_view text() const { return document_ ? node().text : std::string_view(); }
    bool is_opaque() const { return document_ && node().opaque; }
    bool has_children() const { return document_ && node().first_child != Document::none; }

    Element first_child() const;
    Element next() const;
    /// The first child with this tag.
    Element child(Tag tag) const;
    /// A decimal number and nothing else. \errors nullopt: none, not a number, or beyond 2^63.
    std::optional<std::int64_t> number() const;

    /// for (Element child : element)
    class Iterator;
    Iterator begin() const;
    Iterator end() const;

private:
    friend class Document;
    Element(const Document& document, std::uint32_t index) : document_(&document), index_(index) {}
    const Document::Node& node() const { return document_->nodes_[index_]; }

    const Document* document_ = nullptr;
    std::uint32_t index_ = 0;
};

class Element::Iterator {
public:
    explicit Iterator(Element at) : at_(at) {}
    Element operator*() const { return at_; }
    Iterator& operator++() {
        at_ = at_.next();
        return *this;
    }
    bool operator==(const Iterator& other) const {
        return at_.document_ == other.at_.document_ && (!at_.document_ || at_.index_ == other.at_.index_);
    }

private:
    Element at_;
};

inline Element::Iterator Element::begin() const { return Iterator(first_child()); }
inline Element::Iterator Element::end() const { return Iterator(Element()); }

}  // namespace wbxml

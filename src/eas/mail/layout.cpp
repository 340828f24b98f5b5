#include "eas/mail/layout.hpp"

#include <algorithm>

namespace eas {
namespace {

constexpr unsigned depth_max = 64;  // mime's own limit is lower

class Reader {
public:
    explicit Reader(const mime::Tree& tree) : tree_(tree) {}

    // NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which is bounded, and never past depth_max
    void visit(std::uint32_t index, unsigned depth) {
        const mime::Part& part = tree_.parts[index];
        if (depth > depth_max || part.kind != mime::Kind::multipart) return leaf(index);
        if (part.subtype == "alternative") return alternative(index, depth);
        if (part.subtype == "signed") out.is_signed = true;
        if (part.subtype == "encrypted") out.is_encrypted = true;
        if (part.subtype == "report") out.is_report = true;
        const bool first_alone = part.subtype == "related" || part.subtype == "signed";
        bool first = true;
        for (std::uint32_t child = index + 1; child < part.end; child = tree_.parts[child].end) {
            if (first || !first_alone) {
                visit(child, depth + 1);
            } else {
                attach(child);
                if (part.subtype == "related") out.related.push_back(child);
            }
            first = false;
        }
    }

    Layout out;

private:
    /// One text in several forms: what comes after the first of a form is passed over.
    // NOLINTNEXTLINE(misc-no-recursion): see visit()
    void alternative(std::uint32_t index, unsigned depth) {
        TextBlock block;
        const mime::Part& part = tree_.parts[index];
        for (std::uint32_t child = index + 1; child < part.end; child = tree_.parts[child].end) {
            Reader inside(tree_);
            inside.visit(child, depth + 1);
            for (const TextBlock& text : inside.out.texts) {
                if (block.plain == mime::no_part) block.plain = text.plain;
                if (block.html == mime::no_part) block.html = text.html;
            }
            if (tree_.parts[child].subtype == "calendar" && tree_.parts[child].type == "text") {
                out.calendar = child;
                continue;
            }
            if (inside.out.calendar != mime::no_part) out.calendar = inside.out.calendar;
            if (out.attached_calendar == mime::no_part) out.attached_calendar = inside.out.attached_calendar;
            out.attachments.insert(out.attachments.end(), inside.out.attachments.begin(),
                                   inside.out.attachments.end());
            out.related.insert(out.related.end(), inside.out.related.begin(), inside.out.related.end());
        }
        if (block.plain != mime::no_part || block.html != mime::no_part) out.texts.push_back(block);
    }

    void leaf(std::uint32_t index) {
        const mime::Part& part = tree_.parts[index];
        TextBlock block;
        if (part.kind == mime::Kind::leaf && !part.attachment && part.type == "text") {
            if (part.subtype == "html") {
                block.html = index;
            } else if (part.subtype == "plain" || part.subtype == "enriched") {
                block.plain = index;
            }
        }
        if (part.subtype == "pkcs7-mime" || part.subtype == "x-pkcs7-mime") out.is_encrypted = true;
        // A file that somebody passes on asks nobody for anything.
        if (part.type == "text" && part.subtype == "calendar") {
            std::uint32_t& place = part.attachment ? out.attached_calendar : out.calendar;
            if (place == mime::no_part) place = index;
        }
        if (block.plain == mime::no_part && block.html == mime::no_part) return attach(index);
        out.texts.push_back(block);
    }

    void attach(std::uint32_t index) {
        // What is inside a multipart that stands as an attachment comes one by one.
        const mime::Part& part = tree_.parts[index];
        if (part.kind != mime::Kind::multipart) {
            out.attachments.push_back(index);
            return;
        }
        for (std::uint32_t child = index + 1; child < part.end;) {
            const mime::Part& inner = tree_.parts[child];
            if (inner.kind != mime::Kind::multipart) out.attachments.push_back(child);
            child = inner.kind == mime::Kind::multipart ? child + 1 : inner.end;
        }
    }

    const mime::Tree& tree_;
};

}  // namespace

bool Layout::has_html() const {
    return std::ranges::any_of(texts, [](const TextBlock& block) { return block.html != mime::no_part; });
}

Layout lay_out(const mime::Tree& tree) {
    Reader reader(tree);
    if (!tree.parts.empty()) reader.visit(0, 0);
    return std::move(reader.out);
}

}  // namespace eas

#include "eas/mail/new_text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace eas {
namespace {

constexpr auto npos = std::string_view::npos;
/// Outlook's in plain text, and ours (write_text_and_parts() of an answer).
constexpr std::string_view outlook_mark = "-----Original Message-----";
constexpr unsigned attribution_lines_max = 3;  // "On Monday … somebody <…> wrote:" is folded at times

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t end_without_space(std::string_view text, std::size_t end) {
    while (end > 0 && is_space(text[end - 1])) --end;
    return end;
}

std::size_t line_begin(std::string_view text, std::size_t end) {
    const std::size_t before = end == 0 ? npos : text.rfind('\n', end - 1);
    return before == npos ? 0 : before + 1;
}

/// Where the attribution begins that stands before `end`; `end` if none does.
std::size_t attribution_begin(std::string_view text, std::size_t end) {
    const std::size_t last = end_without_space(text, end);
    if (last == 0 || text[last - 1] != ':') return end;
    std::size_t begin = line_begin(text, last);
    for (unsigned lines = 1; lines < attribution_lines_max && begin > 1; ++lines) {
        const std::size_t above = line_begin(text, begin - 1);
        if (base::trimmed(text.substr(above, begin - above)).empty()) break;
        begin = above;
    }
    return begin;
}

/// A tag of HTML: "<div class=…>".
struct HtmlTag {
    std::string name;             ///< in small letters
    std::string_view attributes;  ///< as they stand
    bool closing = false;
    std::size_t begin = 0, end = 0;
};

class HtmlTags {
public:
    HtmlTags(std::string_view html, std::size_t at) : html_(html), at_(at) {}

    /// False: there are no more.
    bool next(HtmlTag& out) {
        const std::size_t open = html_.find('<', at_);
        if (open == npos) return false;
        const bool comment = html_.substr(open).starts_with("<!--");
        const std::size_t close = html_.find(comment ? "-->" : ">", open);
        if (close == npos) return false;
        at_ = close + (comment ? 3 : 1);
        out.begin = open;
        out.end = at_;
        std::string_view inside = html_.substr(open + 1, close - open - 1);
        out.closing = inside.starts_with('/');
        if (out.closing) inside.remove_prefix(1);
        std::size_t name = 0;
        while (name < inside.size() && is_letter(inside[name])) ++name;
        out.name = base::lowered(inside.substr(0, name));
        out.attributes = inside.substr(name);
        return true;
    }

private:
    std::string_view html_;
    std::size_t at_;
};

bool names_any(std::string_view attributes, std::span<const std::string_view> marks) {
    if (attributes.empty()) return false;
    const std::string lowered = base::lowered(attributes);
    return std::ranges::any_of(
        marks, [&](std::string_view mark) { return lowered.find(mark) != std::string::npos; });
}

/// An element that is a quotation as a whole.
bool is_quotation(const HtmlTag& tag) {
    static constexpr std::array<std::string_view, 1> cites{"cite"};
    static constexpr std::array<std::string_view, 4> quotes{"gmail_quote", "yahoo_quoted", "protonmail_quote",
                                                            "moz-cite"};
    if (tag.closing) return false;
    if (tag.name == "blockquote")
        return names_any(tag.attributes, cites) || names_any(tag.attributes, quotes);
    return tag.name == "div" && names_any(tag.attributes, quotes);
}

/// After it there is nothing new any more: Outlook's.
bool begins_history(const HtmlTag& tag) {
    static constexpr std::array<std::string_view, 3> marks{"divrplyfwdmsg", "appendonsend",
                                                           "olk_src_body_section"};
    return !tag.closing && (tag.name == "div" || tag.name == "span") && names_any(tag.attributes, marks);
}

/// Where the first text is from `at` on.
std::size_t text_from(std::string_view html, std::size_t at) {
    while (at < html.size()) {
        if (is_space(html[at])) {
            ++at;
        } else if (html.substr(at).starts_with("&nbsp;")) {
            at += 6;
        } else if (html[at] == '<') {
            const std::size_t close = html.find('>', at);
            if (close == npos) return html.size();
            at = close + 1;
        } else {
            return at;
        }
    }
    return at;
}

/// Behind the element that `tag` opens.
std::size_t end_of_element(std::string_view html, const HtmlTag& tag) {
    HtmlTags tags(html, tag.end);
    std::size_t depth = 1;
    for (HtmlTag one; depth != 0 && tags.next(one);) {
        if (one.name != tag.name) continue;
        depth = one.closing ? depth - 1 : depth + 1;
        if (depth == 0) return one.end;
    }
    return html.size();
}

/// Where the history begins; npos: nowhere.
std::size_t history_in(std::string_view html) {
    HtmlTags tags(html, 0);
    std::size_t quoted_from = npos, quoted_to = 0;  // quotations with nothing between them
    std::size_t looked_at = 0;  // an <hr> of many, each followed by nothing, is looked at once
    for (HtmlTag tag; tags.next(tag);) {
        if (begins_history(tag)) return quoted_from != npos ? std::min(quoted_from, tag.begin) : tag.begin;
        if (tag.name == "hr" && tag.begin >= looked_at) {
            looked_at = text_from(html, tag.end);
            if (html.substr(looked_at).starts_with("From:")) return tag.begin;
        }
        if (!is_quotation(tag)) continue;
        if (quoted_from == npos || text_from(html.substr(0, tag.begin), quoted_to) < tag.begin)
            quoted_from = tag.begin;
        quoted_to = end_of_element(html, tag);
        tags = HtmlTags(html, quoted_to);
    }
    // Somebody wrote below it, or between the lines.
    return quoted_from != npos && text_from(html, quoted_to) == html.size() ? quoted_from : npos;
}

}  // namespace

std::string_view new_part_of_plain(std::string_view text) {
    std::string_view out = text.substr(0, text.find(outlook_mark));
    std::size_t end = end_without_space(out, out.size()), quoted = npos;
    while (end > 0) {
        const std::size_t begin = line_begin(out, end);
        if (out[begin] != '>') break;
        quoted = begin;
        end = end_without_space(out, begin);
    }
    if (quoted != npos) out = out.substr(0, attribution_begin(out, quoted));
    out = out.substr(0, end_without_space(out, out.size()));
    return out.empty() ? text : out;
}

std::string_view new_part_of_html(std::string_view html) {
    const std::size_t mark = html.find(outlook_mark);
    const std::string_view out = html.substr(0, std::min(history_in(html), mark));
    return text_from(out, 0) == out.size() ? html : out;
}

}  // namespace eas

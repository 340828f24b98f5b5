// HTML to readable text. Not a browser: one pass, no tree, every loop moves on.
#include <algorithm>
#include <array>
#include <iterator>

#include "ascii.hpp"
#include "beginning.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "utf8.hpp"

namespace mime {
namespace {

struct Entity {
    std::string_view name;
    std::uint32_t code_point;
};
// Sorted: what text needs, and the accented letters that mail programs of the nineties wrote this way.
constexpr Entity entities[] = {
    {"AElig", 198},   {"Aacute", 193}, {"Acirc", 194},  {"Agrave", 192},  {"Aring", 197},  {"Atilde", 195},
    {"Auml", 196},    {"Ccedil", 199}, {"Eacute", 201}, {"Ecirc", 202},   {"Egrave", 200}, {"Euml", 203},
    {"Iacute", 205},  {"Icirc", 206},  {"Ntilde", 209}, {"Oacute", 211},  {"Ocirc", 212},  {"Oslash", 216},
    {"Otilde", 213},  {"Ouml", 214},   {"Uacute", 218}, {"Ucirc", 219},   {"Uuml", 220},   {"aacute", 225},
    {"acirc", 226},   {"aelig", 230},  {"agrave", 224}, {"amp", 38},      {"apos", 39},    {"aring", 229},
    {"atilde", 227},  {"auml", 228},   {"bdquo", 8222}, {"bull", 8226},   {"ccedil", 231}, {"cent", 162},
    {"copy", 169},    {"deg", 176},    {"eacute", 233}, {"ecirc", 234},   {"egrave", 232}, {"emsp", 8195},
    {"ensp", 8194},   {"euml", 235},   {"euro", 8364},  {"frac12", 189},  {"gt", 62},      {"hellip", 8230},
    {"iacute", 237},  {"icirc", 238},  {"iexcl", 161},  {"igrave", 236},  {"iquest", 191}, {"iuml", 239},
    {"laquo", 171},   {"larr", 8592},  {"ldquo", 8220}, {"lsaquo", 8249}, {"lsquo", 8216}, {"lt", 60},
    {"mdash", 8212},  {"middot", 183}, {"nbsp", 160},   {"ndash", 8211},  {"ntilde", 241}, {"oacute", 243},
    {"ocirc", 244},   {"ograve", 242}, {"oslash", 248}, {"otilde", 245},  {"ouml", 246},   {"para", 182},
    {"pound", 163},   {"quot", 34},    {"raquo", 187},  {"rarr", 8594},   {"rdquo", 8221}, {"reg", 174},
    {"rsaquo", 8250}, {"rsquo", 8217}, {"sbquo", 8218}, {"sect", 167},    {"shy", 173},    {"szlig", 223},
    {"times", 215},   {"trade", 8482}, {"uacute", 250}, {"ucirc", 251},   {"ugrave", 249}, {"uuml", 252},
    {"yen", 165},     {"zwj", 8205},   {"zwnj", 8204}};
static_assert(std::is_sorted(std::begin(entities), std::end(entities),
                             [](const Entity& a, const Entity& b) { return a.name < b.name; }));

constexpr std::string_view blocks[] = {
    "address", "article", "blockquote", "br", "center", "dd", "div", "dl",  "dt",      "h1",    "h2", "h3",
    "h4",      "h5",      "h6",         "hr", "li",     "ol", "p",   "pre", "section", "table", "tr", "ul"};
constexpr std::string_view silent[] = {"head", "script", "style", "svg", "template", "title"};

template <class List>
bool listed(const List& list, std::string_view name) {
    return std::any_of(std::begin(list), std::end(list), [name](std::string_view entry) {
        return entry.size() == name.size() && entry.front() == name.front() && entry == name;
    });
}

/// The first of the octets \p a, \p b, \p c from \p at on; the end of \p text when there is none.
std::size_t find_first(std::string_view text, std::size_t at, char a, char b, char c) {
    while (at < text.size() && text[at] != a && text[at] != b && text[at] != c) ++at;
    return at;
}

class HtmlReader {
public:
    HtmlReader(std::string_view in, std::size_t bytes_max) : in_(in), bytes_max_(bytes_max) {}

    std::string text() {
        constexpr std::size_t looks_ahead_max = 32;  // for a name, beyond what is searched for
        while (at_ < in_.size() && out_.size() < bytes_max_) {
            const std::size_t stop = find_first(in_, at_, '<', '&', '&');
            out_ += in_.substr(at_, stop - at_);
            at_ = stop;
            if (at_ == in_.size()) break;
            ran_out_ |= in_.size() - at_ < looks_ahead_max;
            if (in_[at_] == '&') {
                entity();
            } else {
                markup();
            }
        }
        ran_out_ |= at_ == in_.size();
        return std::move(out_);
    }

    /// The end of the input had a say in the text.
    bool ran_out() const { return ran_out_; }

private:
    void entity() {
        constexpr std::size_t name_max = 10;
        const std::string_view rest = in_.substr(at_ + 1, name_max);
        std::size_t length = 0;
        while (length < rest.size() &&
               (is_alpha(rest[length]) || is_digit(rest[length]) || (length == 0 && rest[0] == '#')))
            ++length;
        const std::string_view name = rest.substr(0, length);
        const std::uint32_t code_point = name.starts_with('#') ? numeric(name.substr(1)) : named(name);
        if (code_point == 0) {
            out_.push_back('&');
            ++at_;
            return;
        }
        append_utf8(out_, code_point);
        at_ += 1 + length;
        if (at_ < in_.size() && in_[at_] == ';') ++at_;
    }

    static std::uint32_t named(std::string_view name) {
        const auto* found = std::lower_bound(
            std::begin(entities), std::end(entities), name,
            [](const Entity& entity, std::string_view wanted) { return entity.name < wanted; });
        return found != std::end(entities) && found->name == name ? found->code_point : 0;
    }

    static std::uint32_t numeric(std::string_view digits) {
        const bool hex = !digits.empty() && lower(digits.front()) == 'x';
        if (hex) digits.remove_prefix(1);
        std::uint32_t value = 0;
        for (const char c : digits) {
            const int digit = hex_value(c);
            if (digit < 0 || (!hex && digit > 9)) return 0;
            value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
            if (value > 0x10ffff) return 0xfffd;
        }
        return value < 32 && value > 0 ? ' ' : value;
    }

    void markup() {
        if (in_.substr(at_).starts_with("<!--")) {
            const std::size_t end = in_.find("-->", at_ + 4);
            at_ = end == std::string_view::npos ? in_.size() : end + 3;
            return;
        }
        const char next = at_ + 1 < in_.size() ? in_[at_ + 1] : ' ';
        if (!is_alpha(next) && next != '/' && next != '!' && next != '?') {
            out_.push_back('<');
            ++at_;
            return;
        }
        const bool closing = next == '/';
        std::size_t end = at_ + (closing ? 2 : 1);
        std::string name;
        while (end < in_.size() && (is_alpha(in_[end]) || is_digit(in_[end])) && name.size() < 16)
            name.push_back(lower(in_[end++]));
        at_ = tag_end(end);
        if (listed(blocks, name)) {
            out_.push_back('\n');
        } else if (name == "td" || name == "th") {
            out_.push_back(' ');
        } else if (!closing && listed(silent, name)) {
            skip_element(name);
        }
    }

    /// After ">"; one within quotes does not count, unless the quotes never end.
    std::size_t tag_end(std::size_t from) {
        for (std::size_t at = from; at < in_.size();) {
            at = find_first(in_, at, '"', '\'', '>');
            if (at == in_.size()) break;
            if (in_[at] == '>') return at + 1;
            at = in_.find(in_[at], at + 1);
            if (at != std::string_view::npos) ++at;
        }
        ran_out_ = true;
        const std::size_t end = in_.find('>', from);
        return end == std::string_view::npos ? in_.size() : end + 1;
    }

    void skip_element(std::string_view name) {
        for (;;) {
            at_ = in_.find("</", at_);
            if (at_ == std::string_view::npos) {
                at_ = in_.size();
                return;
            }
            if (same_name(in_.substr(at_ + 2, name.size()), name)) {
                at_ = tag_end(at_ + 2);
                return;
            }
            at_ += 2;
        }
    }

    std::string_view in_;
    std::size_t bytes_max_;
    std::size_t at_ = 0;
    std::string out_;
    bool ran_out_ = false;
};

}  // namespace

std::string html_to_text(std::string_view html, std::size_t bytes_max) {
    return HtmlReader(html, bytes_max).text();
}

std::optional<std::string> html_text_of_beginning(std::string_view beginning, std::size_t bytes_max) {
    HtmlReader reader(beginning, bytes_max);
    std::string text = reader.text();
    if (reader.ran_out()) return std::nullopt;
    return text;
}

}  // namespace mime

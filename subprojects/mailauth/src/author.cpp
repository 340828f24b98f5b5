// The domains of From (RFC 5322 section 3.4), read strictly: what two readers could take for different
// addresses is refused, because the verdict must be about what people are shown.
#include <algorithm>

#include "mailauth/dmarc.hpp"
#include "mailauth/domain.hpp"
#include "mailauth/message.hpp"

namespace mailauth {

namespace {

constexpr unsigned comment_depth_max = 8;

/// A cursor over a From value; every step consumes or fails.
class AddressReader {
public:
    explicit AddressReader(std::string_view text) : text_(text) {}

    /// address-list, groups included. False when the text is something else.
    bool read(std::vector<std::string>& domains) {
        while (true) {
            if (!skip_blanks()) return false;
            if (at_end()) return !in_group_;
            if (peek() == ',') {  // obs-addr-list: an empty member
                ++at_;
                continue;
            }
            if (!read_member(domains) || !skip_blanks()) return false;
            if (!at_end() && peek() != ',' && !(in_group_ && peek() == ';')) return false;
            if (!at_end() && peek() == ';') {
                in_group_ = false;
                ++at_;
            }
        }
    }

private:
    bool at_end() const { return at_ >= text_.size(); }
    char peek() const { return text_[at_]; }

    /// Blanks, folding and comments.
    bool skip_blanks() {
        while (!at_end()) {
            const char c = peek();
            if (c == '(') {
                if (!skip_comment()) return false;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                ++at_;
            } else {
                return true;
            }
        }
        return true;
    }

    bool skip_comment() {
        unsigned depth = 0;
        while (!at_end()) {
            const char c = text_[at_++];
            if (c == '\\')
                ++at_;
            else if (c == '(' && ++depth > comment_depth_max)
                return false;
            else if (c == ')' && --depth == 0)
                return true;
        }
        return false;
    }

    bool read_quoted(std::string& out) {
        ++at_;
        while (!at_end()) {
            const char c = text_[at_++];
            if (c == '"') return true;
            if (c == '\\') {
                if (at_end()) return false;
                out += text_[at_++];
            } else {
                out += c;
            }
        }
        return false;
    }

    static bool is_atom(char c) {
        return static_cast<unsigned char>(c) > 32 && c != 127 &&
               std::string_view("()<>@,;:\\\"[]").find(c) == std::string_view::npos;
    }

    /// Words up to something else; dots count as parts of words, as in names without quotes.
    bool read_words(std::string& out) {
        while (skip_blanks() && !at_end()) {
            if (peek() == '"') {
                if (!read_quoted(out)) return false;
            } else if (is_atom(peek())) {
                while (!at_end() && is_atom(peek())) out += text_[at_++];
            } else {
                return true;
            }
        }
        return at_end();
    }

    /// "@" domain; a domain literal is a domain that has no policy.
    bool read_domain(std::vector<std::string>& domains) {
        ++at_;
        if (!skip_blanks() || at_end()) return false;
        std::string name;
        while (!at_end() && is_atom(peek())) name += text_[at_++];
        name = to_mail_domain(name);
        if (name.empty()) return false;
        domains.push_back(std::move(name));
        return true;
    }

    bool read_angle(std::vector<std::string>& domains) {
        ++at_;
        std::string local;
        if (!read_words(local) || local.empty() || at_end() || peek() != '@') return false;
        if (!read_domain(domains) || !skip_blanks() || at_end() || peek() != '>') return false;
        ++at_;
        return true;
    }

    bool read_member(std::vector<std::string>& domains) {
        std::string words;
        if (peek() != '<' && peek() != ';' && !read_words(words)) return false;
        if (at_end()) return false;
        switch (peek()) {
            case '<':
                return read_angle(domains);
            case '@':
                return !words.empty() && read_domain(domains);
            case ';':
                return in_group_ && words.empty();
            case ':':
                if (in_group_ || words.empty()) return false;
                in_group_ = true;
                ++at_;
                return skip_blanks() && !at_end() && (peek() == ';' || peek() == ',' || read_member(domains));
            default:
                return false;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool in_group_ = false;
};

}  // namespace

AuthorDomains author_domains(std::string_view header) {
    AuthorDomains author;
    std::vector<std::string_view> values;
    for (const HeaderField& field : split_header(header)) {
        if (same_text(field.name, "From")) values.push_back(field.value());
    }
    if (values.size() != 1) {
        author.fault = values.empty() ? "there is no From" : "there is more than one From";
        return author;
    }
    if (!AddressReader(values.front()).read(author.domains)) {
        author.domains.clear();
        author.fault = "From cannot be read as addresses";
    } else if (author.domains.empty()) {
        author.fault = "From holds no address";
    }
    std::sort(author.domains.begin(), author.domains.end());
    author.domains.erase(std::unique(author.domains.begin(), author.domains.end()), author.domains.end());
    return author;
}

}  // namespace mailauth

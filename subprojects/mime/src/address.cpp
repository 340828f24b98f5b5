// Address lists, by hand and without recursion: words are collected until the mark that says what they were.
#include "mime/address.hpp"

#include <utility>

#include "ascii.hpp"
#include "fields.hpp"

namespace mime {
namespace {

constexpr bool ends_word(char c) {
    return is_space(c) || c == '<' || c == '>' || c == ':' || c == ';' || c == ',' || c == '@' || c == '"' ||
           c == '(';
}

class AddressParser {
public:
    AddressParser(std::string_view in, std::size_t max) : in_(in), max_(max) {}

    /// With \p first_mailbox what comes after the first mailbox may be missing.
    std::vector<Address> parse(bool first_mailbox = false) {
        words_.reserve(8);
        while (at_ < in_.size() && out_.size() < max_) {
            step();
            if (first_mailbox && !after_address_ && has_mailbox_) break;
        }
        end_address();
        end_group();
        return std::move(out_);
    }

private:
    struct Word {
        std::string text;
        bool gap = false;  // blanks before it
        bool quoted = false;
    };

    void step() {
        const char c = in_[at_];
        switch (c) {
            case ' ':
            case '\t':
            case '\r':
            case '\n':
                gap_ = true, ++at_;
                return;
            case '(':
                comment();
                return;
            case '"':
                words_.push_back({.text = quoted(), .gap = std::exchange(gap_, false), .quoted = true});
                return;
            case ',':
                ++at_, end_address();
                return;
            case ';':
                ++at_, end_address(), end_group();
                return;
            case '<':
                angle();
                return;
            case '@':
                at_sign();
                return;
            case ':':
                colon();
                return;
            case '>':
                ++at_;
                return;
            default:
                break;
        }
        const std::size_t start = at_;
        while (at_ < in_.size() && !ends_word(in_[at_])) ++at_;
        words_.push_back({.text = std::string(in_.substr(start, at_ - start)),
                          .gap = std::exchange(gap_, false),
                          .quoted = false});
    }

    void comment() {
        std::string text;
        std::size_t depth = 0;
        for (; at_ < in_.size(); ++at_) {
            char c = in_[at_];
            if (c == '(' && depth++ == 0) continue;
            if (c == ')' && --depth == 0) {
                ++at_;
                break;
            }
            if (c == '\\' && at_ + 1 < in_.size()) c = in_[++at_];
            if (c != '\r' && c != '\n') text.push_back(c);
        }
        gap_ = true;
        const std::string_view inner = trim(text);
        // "user@host (Name)" is how mail before RFC 822 named people, and some still do.
        if (after_address_) {
            if (out_.back().name.empty()) out_.back().name = inner;
        } else if (!inner.empty()) {
            comment_ = inner;
        }
    }

    std::string quoted() {
        std::string text;
        for (++at_; at_ < in_.size(); ++at_) {
            char c = in_[at_];
            if (c == '"') {
                ++at_;
                break;
            }
            if (c == '\\' && at_ + 1 < in_.size()) c = in_[++at_];
            if (c != '\r' && c != '\n') text.push_back(c);
        }
        return text;
    }

    /// Words as a phrase: one blank where there were blanks.
    std::string phrase(std::size_t count) const {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0 && words_[i].gap) text.push_back(' ');
            text += words_[i].text;
        }
        return std::string(trim(text));
    }

    /// How many words at the end are the local part: dots join words that blanks part (obs-local-part).
    std::size_t local_words() const {
        std::size_t first = words_.size();
        while (first > 0) {
            --first;
            if (first == 0) break;
            const bool dotted = words_[first].text.starts_with('.') || words_[first - 1].text.ends_with('.');
            if (words_[first].gap && !dotted) break;
        }
        return words_.size() - first;
    }

    void at_sign() {
        ++at_;
        if (after_address_ && words_.empty()) {  // "user@host@other": the last one counts
            Address& last = out_.back();
            last.mailbox += '@';
            last.mailbox += last.host;
            last.host = domain();
            return;
        }
        const std::size_t local = local_words();
        Address address;
        address.name = phrase(words_.size() - local);
        for (std::size_t i = words_.size() - local; i < words_.size(); ++i) address.mailbox += words_[i].text;
        address.host = domain();
        add(std::move(address));
    }

    /// domain = dot-atom / domain-literal / obs-domain, with blanks and comments around its dots.
    std::string domain() {
        std::string host;
        for (;;) {
            while (at_ < in_.size() && is_space(in_[at_])) ++at_;
            if (at_ >= in_.size()) return host;
            if (in_[at_] == '[' && host.empty()) {
                const std::size_t end = std::min(in_.find(']', at_), in_.size() - 1);
                for (; at_ <= end; ++at_) {
                    if (!is_space(in_[at_])) host.push_back(in_[at_]);
                }
                return host;
            }
            if (!host.empty() && !host.ends_with('.') && in_[at_] != '.') return host;
            const std::size_t start = at_;
            while (at_ < in_.size() && !ends_word(in_[at_])) ++at_;
            if (at_ == start) return host;
            host += in_.substr(start, at_ - start);
            if (at_ < in_.size() && in_[at_] == '(') return host;
        }
    }

    /// obs-route = *("@" domain ",") "@" domain ":"
    void route(Address& address) {
        std::size_t from = at_;
        while (from < in_.size() && is_space(in_[from])) ++from;
        if (from >= in_.size() || in_[from] != '@') return;
        const std::size_t end = in_.find_first_of(":<>;", from);
        if (end == std::string_view::npos || in_[end] != ':') return;
        for (; from < end; ++from) {
            if (!is_space(in_[from])) address.route.push_back(in_[from]);
        }
        at_ = end + 1;
    }

    /// angle-addr = "<" [route] addr-spec ">"; a missing ">" ends at the comma.
    void angle() {
        ++at_;
        Address address;
        address.name = phrase(words_.size());
        words_.clear();
        route(address);
        bool has_at = false;
        std::string text;  // since the last "@"
        while (at_ < in_.size() && in_[at_] != '>' && in_[at_] != ';' && in_[at_] != ',') {
            const char c = in_[at_];
            if (c == '"') {
                text += quoted();
            } else if (c == '(') {
                skip_comment();
            } else if (c == '@') {
                ++at_;
                if (std::exchange(has_at, true)) address.mailbox += '@';
                address.mailbox += std::exchange(text, {});
            } else {
                ++at_;
                if (!is_space(c) && c != '<') text.push_back(c);
            }
        }
        while (at_ < in_.size() && in_[at_] == '>') ++at_;
        (has_at ? address.host : address.mailbox) = std::move(text);
        if (!address.mailbox.empty() || !address.host.empty() || !address.name.empty())
            add(std::move(address));
    }

    void skip_comment() {
        std::size_t depth = 0;
        for (; at_ < in_.size(); ++at_) {
            if (in_[at_] == '\\' && at_ + 1 < in_.size()) {
                ++at_;
            } else if (in_[at_] == '(') {
                ++depth;
            } else if (in_[at_] == ')' && --depth == 0) {
                ++at_;
                return;
            }
        }
    }

    void colon() {
        ++at_;
        if (in_group_ || after_address_) {
            if (!words_.empty()) words_.back().text += ':';
            return;
        }
        Address start;
        start.kind = Address::Kind::group_start;
        start.name = phrase(words_.size());
        words_.clear();
        comment_.clear();
        out_.push_back(std::move(start));
        in_group_ = true;
    }

    void add(Address address) {
        if (address.name.empty()) address.name = std::exchange(comment_, {});
        comment_.clear();
        words_.clear();
        gap_ = false;
        if (out_.empty()) out_.reserve(2);
        out_.push_back(std::move(address));
        after_address_ = true;
        has_mailbox_ = true;
    }

    /// At a comma: words alone are an address without "@", unless they trail one.
    void end_address() {
        if (!words_.empty() && !after_address_ && out_.size() < max_) {
            Address address;
            if (words_.size() == 1) {
                address.mailbox = words_.front().text;
            } else {
                address.name = phrase(words_.size());
            }
            if (!address.mailbox.empty() || !address.name.empty()) add(std::move(address));
        }
        words_.clear();
        comment_.clear();
        after_address_ = false;
        gap_ = false;
    }

    void end_group() {
        if (!std::exchange(in_group_, false)) return;
        Address end;
        end.kind = Address::Kind::group_end;
        out_.push_back(std::move(end));
    }

    std::string_view in_;
    std::size_t max_;
    std::size_t at_ = 0;
    std::vector<Address> out_;
    std::vector<Word> words_;
    std::string comment_;
    bool gap_ = false;
    bool after_address_ = false;
    bool has_mailbox_ = false;
    bool in_group_ = false;
};

}  // namespace

std::vector<Address> parse_addresses(std::string_view value, std::size_t addresses_max) {
    return AddressParser(value, addresses_max).parse();
}

std::optional<Address> first_mailbox(std::string_view value, std::size_t addresses_max) {
    std::optional<Address> found;
    for (Address& address : AddressParser(value, addresses_max).parse(true)) {
        if (address.kind != Address::Kind::mailbox) continue;
        found = std::move(address);
        break;
    }
    return found;
}

}  // namespace mime

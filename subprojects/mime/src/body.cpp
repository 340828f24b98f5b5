// BODY from a stored BODYSTRUCTURE: the same lists without their extension data.
#include <optional>

#include "ascii.hpp"
#include "mime/header.hpp"
#include "mime/imap.hpp"

namespace mime {
namespace {

class Trimmer {
public:
    explicit Trimmer(std::string_view in) : in_(in) {}

    std::string trim() {
        if (!body(0) || at_ != in_.size()) return {};
        return std::move(out_);
    }

private:
    static constexpr unsigned depth_max = 250;  // of lists: twice what the index lets nest, and some

    bool copy(char c) {
        if (at_ >= in_.size() || in_[at_] != c) return false;
        out_.push_back(in_[at_++]);
        return true;
    }

    /// The end of the value that begins at \p from: string, literal, atom, or list with all that is in it.
    std::optional<std::size_t> value_end(std::size_t from) const {
        std::size_t depth = 0;
        for (std::size_t at = from; at < in_.size();) {
            const char c = in_[at];
            if (c == '"') {
                for (++at; at < in_.size() && in_[at] != '"'; ++at) at += in_[at] == '\\' ? 1 : 0;
                if (at >= in_.size()) return std::nullopt;
                ++at;
            } else if (c == '(') {
                ++depth;
                ++at;
                continue;
            } else if (c == ')') {
                if (depth == 0) return at == from ? std::nullopt : std::optional(at);
                --depth;
                ++at;
            } else if (c == ' ') {
                if (depth == 0) return at == from ? std::nullopt : std::optional(at);
                ++at;
                continue;
            } else {
                while (at < in_.size() && in_[at] != ' ' && in_[at] != '(' && in_[at] != ')' &&
                       in_[at] != '"')
                    ++at;
            }
            if (depth == 0) return at;
        }
        return std::nullopt;
    }

    bool copy_value() {
        const auto end = value_end(at_);
        if (!end) return false;
        out_ += in_.substr(at_, *end - at_);
        at_ = *end;
        return true;
    }

    bool copy_values(int count) {
        for (int i = 0; i < count; ++i) {
            if (!copy(' ') || !copy_value()) return false;
        }
        return true;
    }

    /// Extension data goes, the parenthesis stays.
    bool close() {
        while (at_ < in_.size() && in_[at_] == ' ') {
            const auto end = value_end(at_ + 1);
            if (!end) return false;
            at_ = *end;
        }
        return copy(')');
    }

    std::string_view peek() const {
        const auto end = value_end(at_);
        return end ? in_.substr(at_, *end - at_) : std::string_view();
    }

    /// body = "(" (body-type-1part / body-type-mpart) ")"
    bool body(unsigned depth) {  // NOLINT(misc-no-recursion): depth_max
        if (depth > depth_max || !copy('(')) return false;
        if (at_ < in_.size() && in_[at_] == '(') {
            while (at_ < in_.size() && in_[at_] == '(') {
                if (!body(depth + 1)) return false;
            }
            return copy_values(1) && close();
        }
        const std::string_view type = peek();
        if (!copy_value()) return false;
        const std::string_view subtype = at_ < in_.size() ? in_.substr(at_ + 1) : std::string_view();
        const bool message =
            same_name(type, R"("message")") && (same_name(subtype.substr(0, 8), R"("rfc822")") ||
                                                same_name(subtype.substr(0, 8), R"("global")"));
        if (!copy_values(6)) return false;  // subtype, parameters, id, description, encoding, size
        if (message && (!copy_values(1) || !copy(' ') || !body(depth + 1) || !copy_values(1))) return false;
        if (same_name(type, R"("text")") && !copy_values(1)) return false;
        return close();
    }

    std::string_view in_;
    std::size_t at_ = 0;
    std::string out_;
};

}  // namespace

std::string body_from_body_structure(std::string_view body_structure) {
    return Trimmer(body_structure).trim();
}

}  // namespace mime

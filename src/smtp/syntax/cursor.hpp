// Cursor: a place in one command line, for recursive descent. Copies nothing.
#pragma once
#include <algorithm>
#include <string_view>

#include "smtp/syntax/chars.hpp"

namespace smtp {

class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool skip_ignoring_case(std::string_view word) {
        if (!equals_nocase(rest_.substr(0, word.size()), word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    void skip_spaces() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    }
    /// Octets while they are of `classes`.
    std::string_view run(std::uint8_t classes) {
        std::size_t n = 0;
        while (n < rest_.size() && is(rest_[n], classes)) ++n;
        return advance(n);
    }
    /// Octets up to `stop` or the end.
    std::string_view until(char stop) { return advance(std::min(rest_.find(stop), rest_.size())); }
    std::string_view advance(std::size_t n) {
        const std::string_view out = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return out;
    }

private:
    std::string_view rest_;
};

}  // namespace smtp

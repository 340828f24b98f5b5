// The body's canonical forms (RFC 6376 sections 3.4.3 and 3.4.4), in pieces of any size.
#include <algorithm>

#include "crypto.hpp"
#include "mailauth/message.hpp"

namespace mailauth {

namespace {

constexpr std::size_t piece_octets = 4096;  // of canonical octets, collected for one call of the digest

constexpr std::array<bool, 256> is_plain = [] {
    std::array<bool, 256> table{};
    table.fill(true);
    for (const char c : std::string_view(" \t\r")) table[static_cast<unsigned char>(c)] = false;
    return table;
}();

bool plain(char c) { return is_plain[static_cast<unsigned char>(c)]; }

/// Where the octets from \p at on stop to be in relaxed form already: words with single blanks between them,
/// lines of such words. What the next octet decides is left, so that a cut anywhere is no difference.
const char* unchanged(const char* at, const char* end) {
    constexpr std::ptrdiff_t block = 16;  // one comparison of vectors, where the compiler has them
    for (;;) {
        while (end - at > block) {
            bool changes = false;
            for (std::ptrdiff_t i = 0; i < block; ++i) {
                const auto c = static_cast<unsigned char>(at[i]),
                           next = static_cast<unsigned char>(at[i + 1]);
                changes |= (c == '\t') | (c == '\r') | ((c == ' ') & (next <= ' '));
            }
            if (changes) break;
            at += block;
        }
        while (at != end && (plain(*at) || (*at == ' ' && end - at > 1 && plain(at[1])))) ++at;
        if (end - at < 3 || at[0] != '\r' || at[1] != '\n' || !plain(at[2])) return at;
        at += 2;
    }
}

}  // namespace

struct BodyHash::Digest {
    Sha256 sha;
};

BodyHash::BodyHash(Canonical canonical, std::optional<std::uint64_t> length)
    : canonical_(canonical), length_(length), digest_(std::make_unique<Digest>()) {}
BodyHash::~BodyHash() = default;
BodyHash::BodyHash(BodyHash&&) noexcept = default;

void BodyHash::flush() {
    std::uint64_t take = out_.size();
    if (length_) take = std::min<std::uint64_t>(take, *length_ > octets_ ? *length_ - octets_ : 0);
    digest_->sha.update(std::string_view(out_).substr(0, static_cast<std::size_t>(take)));
    octets_ += out_.size();
    out_.clear();
}

void BodyHash::emit(std::string_view octets) {
    if (out_.size() + octets.size() >= piece_octets) {
        flush();
        if (octets.size() >= piece_octets && !length_) {  // long lines need no copy
            digest_->sha.update(octets);
            octets_ += octets.size();
            return;
        }
    }
    out_ += octets;
}

/// Something follows, so that what was held counts.
void BodyHash::release() {
    for (; held_lines_ > 0; --held_lines_) emit("\r\n");
    if (held_blank_) emit(" ");
    held_blank_ = false;
}

void BodyHash::update(std::string_view octets) {
    if (canonical_ == Canonical::simple)
        update_simple(octets);
    else
        update_relaxed(octets);
}

void BodyHash::update_simple(std::string_view octets) {
    while (!octets.empty()) {  // lines that go on from the last piece
        if (held_cr_) {
            held_cr_ = false;
            if (octets.front() == '\n') {
                ++held_lines_;
                octets.remove_prefix(1);
            } else {
                release();
                emit("\r");
            }
        } else if (octets.front() == '\r') {
            held_cr_ = true;
            octets.remove_prefix(1);
        } else {
            break;
        }
    }
    if (octets.empty()) return;
    release();
    if (octets.back() == '\r') {
        held_cr_ = true;
        octets.remove_suffix(1);
    }
    while (octets.ends_with("\r\n")) {
        ++held_lines_;
        octets.remove_suffix(2);
    }
    emit(octets);
}

void BodyHash::update_relaxed(std::string_view octets) {
    const char* at = octets.data();
    const char* const end = at + octets.size();
    while (at != end) {
        if (held_cr_) {
            held_cr_ = false;
            if (*at == '\n') {  // blanks at the end of a line go
                held_blank_ = false;
                ++held_lines_;
                ++at;
                continue;
            }
            release();
            emit("\r");
        }
        // What is held is a blank already: another one adds nothing, and a line end takes it away.
        const char* const begin = at;
        if (!held_blank_ || is_plain[static_cast<unsigned char>(*at)]) at = unchanged(at, end);
        if (at != begin) {
            if (held_lines_ != 0 || held_blank_) release();
            emit({begin, static_cast<std::size_t>(at - begin)});
            continue;
        }
        if (*at == '\r')
            held_cr_ = true;
        else
            held_blank_ = true;
        ++at;
    }
}

Sha256Digest BodyHash::finish() {
    if (held_cr_) {
        release();
        emit("\r");
    }
    // All lines at the end are one line end; an empty body is one for simple, nothing for relaxed.
    const bool empty = octets_ == 0 && out_.empty();
    if (!empty || canonical_ == Canonical::simple) emit("\r\n");
    flush();
    return digest_->sha.finish();
}

}  // namespace mailauth

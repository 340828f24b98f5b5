#include "smtp/syntax/data_decoder.hpp"

#include <bit>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace smtp {
namespace {

bool is_special(char c) { return c == '\r' || c == '\n' || c == '\0'; }

}  // namespace

std::size_t find_special(std::string_view text) {
    std::size_t i = 0;
#if defined(__SSE2__)
    const __m128i cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n'), nul = _mm_setzero_si128();
    for (; i + 16 <= text.size(); i += 16) {
        const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
        const __m128i hits =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(octets, cr), _mm_cmpeq_epi8(octets, lf)),
                         _mm_cmpeq_epi8(octets, nul));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
        if (mask != 0) return i + static_cast<std::size_t>(std::countr_zero(mask));
    }
#endif
    while (i < text.size() && !is_special(text[i])) ++i;
    return i;
}

std::string_view DataDecoder::stray_cr() {
    saw_bare_cr_ = true;
    return policy_.bare_cr == Stray::normalise ? " " : "\r";
}

/// Resolves what was held back with the first octets of `in`. True: `piece` is ready to go out.
bool DataDecoder::held(std::string_view in, Piece& piece) {
    while (piece.consumed < in.size()) {
        const char c = in[piece.consumed];
        switch (state_) {
            case State::text:
                return false;
            case State::line_start:
                if (!dots_ || c != '.') {
                    state_ = State::text;
                    return false;
                }
                ++piece.consumed;
                state_ = State::dot;
                break;
            case State::dot:  // RFC 5321 section 4.5.2: the first dot goes, whatever else is on the line
                if (c != '\r') {
                    state_ = State::text;
                    return false;
                }
                ++piece.consumed;
                state_ = State::dot_cr;
                break;
            case State::dot_cr:
                if (c == '\n') {
                    ++piece.consumed;
                    piece.end = true;
                    return true;
                }
                state_ = State::text;
                piece.text = stray_cr();
                return true;
            case State::cr:
                if (c == '\n') {
                    ++piece.consumed;
                    state_ = State::line_start;
                    piece.text = "\r\n";
                } else {
                    state_ = State::text;
                    piece.text = stray_cr();
                }
                return true;
        }
    }
    return true;
}

/// The longest run of text from in[start] on that leaves as it is; `state_` is text.
DataDecoder::Piece DataDecoder::run(std::string_view in, std::size_t start) {
    Piece piece;
    std::size_t at = start;
    const auto leave = [&](std::size_t end, std::size_t consumed) {
        piece.text = in.substr(start, end - start);
        piece.consumed = consumed;
        return piece;
    };
    while (true) {
        at += find_special(in.substr(at));
        if (at == in.size()) return leave(at, at);
        const char c = in[at];
        if (c == '\r' && at + 1 == in.size()) {
            state_ = State::cr;
            return leave(at, at + 1);
        }
        if (c == '\r' && in[at + 1] == '\n') {
            at += 2;
            if (dots_ && (at == in.size() || in[at] == '.')) {
                state_ = State::line_start;
                return leave(at, at);
            }
            continue;
        }
        bool& saw = c == '\r' ? saw_bare_cr_ : c == '\n' ? saw_bare_lf_ : saw_nul_;
        const Stray stray = c == '\r' ? policy_.bare_cr : c == '\n' ? policy_.bare_lf : policy_.nul;
        saw = true;
        if (stray != Stray::normalise) {
            ++at;
            continue;
        }
        if (at > start) return leave(at, at);  // the octet itself comes with the next call
        piece.consumed = at + 1;
        piece.text = c == '\n' ? std::string_view("\r\n") : std::string_view(" ");
        return piece;  // and the state stays text: a dot behind a stray LF is neither stuffing nor an end
    }
}

DataDecoder::Piece DataDecoder::next(std::string_view in) {
    Piece piece;
    if (state_ != State::text && held(in, piece)) return piece;
    if (piece.consumed == in.size()) return piece;
    return run(in, piece.consumed);
}

std::string_view DataDecoder::finish() {
    if (state_ != State::cr) return {};
    state_ = State::text;
    return stray_cr();
}

}  // namespace smtp

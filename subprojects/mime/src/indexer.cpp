// Lines and pieces: from octets to header lines, boundary lines and body octets.
#include "indexer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ascii.hpp"

namespace mime {
namespace {

constexpr std::uint64_t fnv_start = 0xcbf29ce484222325ULL;
constexpr std::uint64_t fnv_step(std::uint64_t hash, char c) {
    return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

/// Octets up to and with the first line end, within \p window; \p complete says if there is one.
std::size_t line_bytes(std::string_view data, std::size_t window, bool& complete) {
    window = std::min(window, data.size());
    const void* found = window ? std::memchr(data.data(), '\n', window) : nullptr;
    complete = found != nullptr;
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - data.data()) + 1 : window;
}

/// What the first line of a header may be; other text means that the header is missing. mbox files leave
/// "From " lines.
bool opens_header(std::string_view line) {
    return field_name_bytes(line) > 0 || line.starts_with("From ") || line.starts_with(">From ");
}

}  // namespace

Indexer::Indexer(const Limits& limits) : state_(std::make_unique<State>(limits)) {}
Indexer::~Indexer() = default;
Indexer::Indexer(Indexer&&) noexcept = default;
Indexer& Indexer::operator=(Indexer&&) noexcept = default;
void Indexer::feed(std::string_view octets) { state_->feed(octets); }
Index Indexer::finish() { return state_->finish(); }

Index index(std::string_view message, const Limits& limits) {
    Indexer indexer(limits);
    indexer.feed(message);
    return indexer.finish();
}

void Indexer::State::feed(std::string_view octets) {
    index_.size += octets.size();
    while (!octets.empty())
        octets.remove_prefix(mode_ == Mode::header ? take_header(octets) : take_body(octets));
    flush();
}

std::size_t Indexer::State::take_header(std::string_view data) {
    bool complete = false;
    if (in_line_) {
        const std::size_t bytes = line_bytes(data, data.size(), complete);
        keep(data.substr(0, bytes), false);
        in_line_ = !complete;
        return bytes;
    }
    if (held_.empty() && !first_line_) {
        if (const std::size_t bytes = take_plain_lines(data); bytes > 0) return bytes;
    }
    const std::size_t bytes = line_bytes(data, limits_.boundary_line_max - held_.size(), complete);
    if (held_.empty() && complete) {
        decide_header_line(data.substr(0, bytes), true);
        return bytes;
    }
    held_.append(data.substr(0, bytes));
    // The empty line may be cut; a boundary and the first line are judged whole.
    const bool plain_line = held_.size() > 2 && held_.front() != '-' && !first_line_;
    if (complete || plain_line || held_.size() >= limits_.boundary_line_max) {
        flush();
        const std::string line = std::exchange(held_, {});
        decide_header_line(line, complete);
        flush();
    }
    return bytes;
}

/// Whole header lines that are neither the empty line nor a boundary and are kept in full, as many as come;
/// 0: look closer.
std::size_t Indexer::State::take_plain_lines(std::string_view data) {
    const std::size_t kept = index_.headers.size() + pending_.size();
    const std::size_t room =
        std::min(limits_.field_bytes_max - std::min(field_bytes_, limits_.field_bytes_max),
                 limits_.headers_bytes_max - std::min(kept, limits_.headers_bytes_max));
    data = data.substr(0, room);
    std::size_t end = 0;
    std::size_t field_bytes = field_bytes_;
    while (end < data.size() && data[end] != '-' && data[end] != '\r' && data[end] != '\n') {
        bool complete = false;
        const std::size_t bytes = line_bytes(data.substr(end), data.size(), complete);
        if (!complete) break;
        field_bytes = (is_blank(data[end]) ? field_bytes : 0) + bytes;
        end += bytes;
        index_.bare_lf |= data[end - 2] != '\r';
    }
    if (end == 0) return 0;
    field_bytes_ = field_bytes;
    remember(data.substr(0, end));
    add_pending(data.substr(0, end));
    return end;
}

void Indexer::State::decide_header_line(std::string_view line, bool complete) {
    if (complete && (line == "\r\n" || line == "\n")) {
        keep(line, true);
        end_header(consumed_);
        return;
    }
    if (complete && line.starts_with("--") && !open_.empty()) {
        if (const Match found = match(line); found.found) {
            boundary_line(line, found);
            return;
        }
    }
    if (first_line_ && !opens_header(line)) {
        end_header(consumed_);
        // A message part's own header is missing here; the line opens the header of the message inside, or
        // its body.
        while (!line.empty()) line.remove_prefix(mode_ == Mode::header ? take_header(line) : take_body(line));
        return;
    }
    first_line_ = false;
    in_line_ = !complete;
    keep(line, !is_blank(line.front()));
}

void Indexer::State::keep(std::string_view octets, bool starts_field) {
    if (starts_field) field_bytes_ = 0;
    const std::size_t kept = index_.headers.size() + pending_.size();
    const std::size_t room =
        std::min(limits_.field_bytes_max - std::min(field_bytes_, limits_.field_bytes_max),
                 limits_.headers_bytes_max - std::min(kept, limits_.headers_bytes_max));
    const char before = octets.size() > 1 ? octets[octets.size() - 2] : tail_[1];
    index_.bare_lf |= octets.back() == '\n' && before != '\r';
    remember(octets);
    field_bytes_ += octets.size();
    if (octets.size() > room) return keep_slowly(octets, room);
    add_pending(octets);
}

void Indexer::State::add_pending(std::string_view octets) {
    if (pending_.empty()) {
        pending_ = octets;
    } else if (pending_.data() + pending_.size() == octets.data()) {
        pending_ = {pending_.data(), pending_.size() + octets.size()};
    } else {
        flush();
        pending_ = octets;
    }
}

void Indexer::State::keep_slowly(std::string_view octets, std::size_t room) {
    flush();
    count_octets(octets.data(), octets.size(), header_facts_);
    index_.headers += octets.substr(0, room);
    // The next field must not continue what was cut.
    if (octets.back() == '\n' && !index_.headers.ends_with('\n')) index_.headers.push_back('\n');
}

void Indexer::State::flush() {
    if (pending_.empty()) return;
    count_octets(pending_.data(), pending_.size(), header_facts_);
    index_.headers += pending_;
    pending_ = {};
}

void Indexer::State::remember(std::string_view octets) {
    consumed_ += octets.size();
    if (octets.size() > 1) tail_[0] = octets[octets.size() - 2];
    if (octets.size() == 1) tail_[0] = tail_[1];
    if (!octets.empty()) tail_[1] = octets.back();
}

std::size_t Indexer::State::take_body(std::string_view data) {
    bool complete = false;
    if (!held_.empty()) {
        const std::size_t bytes = line_bytes(data, limits_.boundary_line_max - held_.size(), complete);
        held_.append(data.substr(0, bytes));
        const bool no_boundary = held_.size() > 1 && held_[1] != '-';
        if (complete || no_boundary || held_.size() >= limits_.boundary_line_max) {
            const std::string line = std::exchange(held_, {});
            decide_body_line(line, complete);
            flush();
        }
        return bytes;
    }
    const bool splits = !open_.empty() && index_.tree.parts.size() < limits_.parts_max;
    if (!splits) {
        count_octets(data.data(), data.size(), body_facts_);
        body_octets(data);
        return data.size();
    }
    const std::size_t stop = find_dash_line(data.data(), data.size(), line_start_, body_facts_);
    body_octets(data.substr(0, stop));
    if (stop == data.size()) return stop;
    const std::string_view rest = data.substr(stop);
    std::size_t bytes = 2;
    if (rest.size() < 2 || rest[1] == '-') {
        bytes = line_bytes(rest, limits_.boundary_line_max, complete);
        if (!complete && bytes < limits_.boundary_line_max) {
            held_ = rest;
            return data.size();
        }
    }
    decide_body_line(rest.substr(0, bytes), complete);
    return stop + bytes;
}

void Indexer::State::decide_body_line(std::string_view line, bool complete) {
    if (complete && line.starts_with("--")) {
        if (const Match found = match(line); found.found) {
            boundary_line(line, found);
            return;
        }
    }
    count_octets(line.data(), line.size(), body_facts_);
    body_octets(line);
}

void Indexer::State::body_octets(std::string_view octets) {
    if (octets.empty()) return;
    if (capturing_) capture(octets);
    line_start_ = octets.back() == '\n';
    remember(octets);
}

void Indexer::State::capture(std::string_view octets) {
    const std::size_t room = limits_.preview_source_bytes - capturing_->raw.size();
    octets = octets.substr(0, room);
    if (capturing_->blank) capturing_->blank = trim(octets).empty();
    capturing_->raw += octets;
    if (capturing_->raw.size() >= limits_.preview_source_bytes) capturing_ = nullptr;
}

/// RFC 2046 section 5.1.1: "--", the boundary, "--" after the last part, blanks. The whole line must match: a
/// boundary may be the beginning of another, and mail that quotes one goes on behind it. Of equal ones the
/// innermost counts.
Indexer::State::Match Indexer::State::match(std::string_view line) const {
    if (index_.tree.parts.size() >= limits_.parts_max) return {};
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    if (line.size() < 3 || line.size() > limits_.boundary_bytes_max + 4) return {};
    const std::string_view text = line.substr(2);
    const bool may_close = text.size() > 2 && text.ends_with("--");
    std::uint64_t hash = fnv_start;
    std::uint64_t hash_closing = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (may_close && i == text.size() - 2) hash_closing = hash;
        hash = fnv_step(hash, text[i]);
    }
    for (std::size_t level = open_.size(); level-- > 0;) {
        const Boundary& boundary = open_[level];
        if (boundary.hash == hash && boundary.text == text)
            return {.level = level, .found = true, .closes = false};
        if (may_close && boundary.hash == hash_closing && boundary.text == text.substr(0, text.size() - 2)) {
            return {.level = level, .found = true, .closes = true};
        }
    }
    return {};
}

std::uint64_t hash_boundary(std::string_view text) {
    std::uint64_t hash = fnv_start;
    for (const char c : text) hash = fnv_step(hash, c);
    return hash;
}

}  // namespace mime

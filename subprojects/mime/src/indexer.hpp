// The machine behind mime::Indexer. Octets are consumed line by line in headers and by SIMD scans in bodies;
// what the next piece may still change (an unfinished line that may be a boundary) is held back, at most
// Limits::boundary_line_max.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fields.hpp"
#include "mime/index.hpp"
#include "scan.hpp"

namespace mime {

class Indexer::State {
public:
    explicit State(const Limits& limits);
    void feed(std::string_view octets);
    Index finish();

private:
    enum class Mode : std::uint8_t { header, body };

    struct Boundary {
        std::uint64_t hash = 0;
        std::uint32_t part = 0;
        std::string text;
    };

    struct Match {
        std::size_t level = 0;
        bool found = false;
        bool closes = false;
    };

    /// Octets of a text part that may become the preview.
    struct Candidate {
        std::uint32_t part = no_part;
        std::string raw;
        bool blank = true;  // so far
    };

    // indexer.cpp: lines and pieces
    std::size_t take_header(std::string_view data);
    std::size_t take_plain_lines(std::string_view data);
    std::size_t take_body(std::string_view data);
    void decide_header_line(std::string_view line, bool complete);
    void decide_body_line(std::string_view line, bool complete);
    void keep(std::string_view octets, bool starts_field);
    void add_pending(std::string_view octets);
    void keep_slowly(std::string_view octets, std::size_t room);
    void flush();
    void body_octets(std::string_view octets);
    void remember(std::string_view octets);
    Match match(std::string_view line) const;
    void capture(std::string_view octets);

    // index_parts.cpp: the tree
    std::uint32_t open_part(std::uint32_t parent, std::uint64_t offset);
    void end_header(std::uint64_t body_offset);
    void read_header();
    void read_content_type(std::string_view value, std::string& boundary);
    void begin_body();
    void begin_candidate();
    void boundary_line(std::string_view line, Match found);
    void close_parts(std::uint32_t up_to, std::uint64_t end, std::uint64_t lines);
    void number_parts();
    void make_preview();
    std::string preview_from(const Candidate& candidate) const;
    std::uint64_t lines_seen() const { return header_facts_.lines + body_facts_.lines; }
    Part& part() { return index_.tree.parts[current_]; }

    Limits limits_;
    Index index_;
    Mode mode_ = Mode::header;
    std::uint32_t current_ = 0;    // the innermost open part
    std::vector<Boundary> open_;   // of the multiparts around the current octet, outermost first
    std::uint64_t consumed_ = 0;   // octets decided upon: where the undecided line begins
    std::string held_;             // the undecided line
    bool first_line_ = true;       // of a header
    bool in_line_ = false;         // inside a header line that is decided upon
    bool line_start_ = true;       // in a body: the octet before was a line end
    std::array<char, 2> tail_{};   // the last two octets before consumed_
    std::string_view pending_;     // header octets to keep, in the caller's memory
    std::size_t field_bytes_ = 0;  // kept of the current field
    Facts header_facts_;
    Facts body_facts_;
    std::array<Candidate, 2> candidates_;  // plain, HTML
    Candidate* capturing_ = nullptr;
};

/// sort_keys.cpp
SortKeys make_sort_keys(const KnownFields& known, const Limits& limits);

}  // namespace mime

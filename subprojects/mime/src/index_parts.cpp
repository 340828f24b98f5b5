// The tree: which part is open, what its header makes of it, where it ends.
#include <algorithm>
#include <utility>

#include "ascii.hpp"
#include "beginning.hpp"
#include "fields.hpp"
#include "indexer.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"

namespace mime {

std::uint64_t hash_boundary(std::string_view text);  // indexer.cpp

Indexer::State::State(const Limits& limits) : limits_(limits) { current_ = open_part(no_part, 0); }

std::uint32_t Indexer::State::open_part(std::uint32_t parent, std::uint64_t offset) {
    Part part;
    part.parent = parent;
    part.header_offset = offset;
    if (parent != no_part) part.depth = static_cast<std::uint16_t>(index_.tree.parts[parent].depth + 1);
    index_.tree.parts.push_back(std::move(part));
    index_.kept.push_back({.offset = index_.headers.size(), .bytes = 0});
    mode_ = Mode::header;
    first_line_ = true;
    in_line_ = false;
    field_bytes_ = 0;
    return static_cast<std::uint32_t>(index_.tree.parts.size() - 1);
}

/// The current part's header ends at \p body_offset; the next octet is of its body.
void Indexer::State::end_header(std::uint64_t body_offset) {
    flush();
    part().header_bytes = body_offset - part().header_offset;
    part().body_offset = body_offset;
    part().body_lines = lines_seen();  // until the part is closed: lines before its body
    index_.kept[current_].bytes = index_.headers.size() - index_.kept[current_].offset;
    read_header();
}

/// "text/plain", or what a faulty Content-Type comes to. RFC 2045 section 5.2 reads all faults as text/plain;
/// that shows pictures as text, so only text stays text.
void Indexer::State::read_content_type(std::string_view value, std::string& boundary) {
    const Structured content = parse_structured(value, limits_);
    Part& at = part();
    const std::size_t slash = content.value.find('/');
    at.type = content.value.substr(0, slash);
    if (slash != std::string::npos) at.subtype = content.value.substr(slash + 1);
    boundary = content.parameter("boundary");
    while (boundary.ends_with(' ')) boundary.pop_back();
    if (boundary.size() > limits_.boundary_bytes_max) boundary.clear();
    if (at.type.empty() || at.subtype.empty()) {
        if (at.type == "multipart" && !boundary.empty()) {
            at.subtype = "mixed";
        } else if (at.type.empty() || at.type == "text") {
            at.type = "text";
            at.subtype = "plain";
        } else {
            at.type = "application";
            at.subtype = "octet-stream";
        }
    }
    at.charset = content.parameter("charset");
}

void Indexer::State::read_header() {
    const KnownFields known = remember_known_fields(index_, current_);
    Part& at = part();
    if (current_ == 0) index_.received_fields = known.count(Known::received);
    const bool in_digest = at.parent != no_part && index_.tree.parts[at.parent].subtype == "digest" &&
                           index_.tree.parts[at.parent].type == "multipart";
    std::string boundary;
    if (known.has(Known::content_type) && !trim(known[Known::content_type]).empty()) {
        read_content_type(known[Known::content_type], boundary);
    } else {
        at.type = in_digest ? "message" : "text";  // RFC 2046 section 5.1.5
        at.subtype = in_digest ? "rfc822" : "plain";
    }
    at.encoding = parse_encoding(known[Known::content_transfer_encoding]);
    if (known.has(Known::content_disposition)) {
        at.attachment = parse_structured(known[Known::content_disposition], limits_).value == "attachment";
    }
    const bool may_nest = at.depth < limits_.depth_max && index_.tree.parts.size() < limits_.parts_max;
    if (at.type == "multipart" && boundary.empty()) {
        at.type = "text";  // nothing says where its parts are: the text as it stands shows most
        at.subtype = "plain";
    }
    // RFC 2046 section 5.2.1: a message is not encoded; one that is anyway is a file for the client to
    // decode.
    const bool message = at.type == "message" && (at.subtype == "rfc822" || at.subtype == "global");
    if (may_nest && at.type == "multipart") {
        at.kind = Kind::multipart;
        open_.push_back({.hash = hash_boundary(boundary), .part = current_, .text = std::move(boundary)});
    } else if (may_nest && message && at.encoding != Encoding::base64) {
        at.kind = Kind::message;
    }
    begin_body();
}

void Indexer::State::begin_body() {
    mode_ = Mode::body;
    line_start_ = true;
    capturing_ = nullptr;
    if (part().kind == Kind::leaf) begin_candidate();
    if (part().kind == Kind::message) current_ = open_part(current_, part().body_offset);
}

void Indexer::State::begin_candidate() {
    const Part& at = part();
    if (at.type != "text" || at.attachment || (at.subtype != "plain" && at.subtype != "html")) return;
    Candidate& candidate = candidates_[at.subtype == "plain" ? 0 : 1];
    if (!candidate.blank) return;
    candidate.part = current_;
    candidate.raw.clear();
    capturing_ = &candidate;
}

void Indexer::State::boundary_line(std::string_view line, Match found) {
    flush();
    const std::uint64_t line_offset = consumed_;
    // RFC 2046 section 5.1.1: the line end before the boundary belongs to it.
    std::uint64_t before = 0;
    if (tail_[1] == '\n' && line_offset > 0) before = tail_[0] == '\r' && line_offset > 1 ? 2 : 1;
    std::uint64_t end = line_offset - before;
    while (mode_ == Mode::header) end_header(std::max(end, part().header_offset));
    end = std::max(end, part().body_offset);  // an empty part begins behind that line end
    const std::uint32_t multipart = open_[found.level].part;
    close_parts(multipart, end, lines_seen() - (end < line_offset ? 1 : 0));
    count_octets(line.data(), line.size(), body_facts_);
    remember(line);
    if (found.closes) {
        open_.resize(found.level);  // what follows is epilogue, and so is this boundary in it
        current_ = multipart;
        mode_ = Mode::body;
        line_start_ = true;
    } else {
        open_.resize(found.level + 1);
        current_ = open_part(multipart, consumed_);
    }
    capturing_ = nullptr;
}

/// Ends the open parts inside of \p up_to, or all of them for no_part.
void Indexer::State::close_parts(std::uint32_t up_to, std::uint64_t end, std::uint64_t lines) {
    while (current_ != up_to) {
        Part& at = part();
        at.body_bytes = end - at.body_offset;
        at.body_lines = lines > at.body_lines ? lines - at.body_lines : 0;
        if (at.body_bytes == 0) at.body_lines = 0;
        at.end = static_cast<std::uint32_t>(index_.tree.parts.size());
        current_ = at.parent;
    }
}

void Indexer::State::number_parts() {
    std::vector<std::uint32_t> children(index_.tree.parts.size(), 0);
    for (Part& at : index_.tree.parts) {
        if (at.parent != no_part) at.number = ++children[at.parent];
    }
}

Index Indexer::State::finish() {
    while (!held_.empty()) {
        const std::string line = std::exchange(held_, {});
        if (mode_ == Mode::header) {
            decide_header_line(line, true);
        } else {
            decide_body_line(line, true);
        }
        flush();
    }
    while (mode_ == Mode::header) end_header(index_.size);
    close_parts(no_part, index_.size, lines_seen());
    number_parts();
    index_.header_bytes = index_.tree.parts[0].header_bytes;
    index_.eight_bit_header = header_facts_.eight_bit;
    index_.eight_bit_body = body_facts_.eight_bit;
    index_.has_nul = header_facts_.nul || body_facts_.nul;
    index_.keys = make_sort_keys(known_fields(index_, 0), limits_);
    make_preview();
    return std::move(index_);
}

void Indexer::State::make_preview() {
    const auto& parts = index_.tree.parts;
    const Candidate& plain = candidates_[0];
    const Candidate& html = candidates_[1];
    // Plain text is the same text when both are alternatives; after the HTML it is a list's footer.
    const bool siblings = !plain.blank && !html.blank &&
                          parts[plain.part].parent == parts[html.part].parent &&
                          parts[parts[plain.part].parent].subtype == "alternative";
    const bool plain_first = html.blank || plain.part < html.part || siblings;
    index_.preview = preview_from(plain_first ? plain : html);
    if (index_.preview.empty()) index_.preview = preview_from(plain_first ? html : plain);
}

std::string Indexer::State::preview_from(const Candidate& candidate) const {
    if (candidate.blank) return {};
    constexpr std::size_t html_text_max = 8'192;      // invisible padding of mass mail included
    constexpr std::size_t html_text_beginning = 512;  // mostly enough
    const Part& part = index_.tree.parts[candidate.part];
    const bool is_html = &candidate == &candidates_[1];
    const std::size_t characters = limits_.preview_characters;
    // Mostly the first lines decide: the rest of the octets is read only when they do not.
    const std::size_t beginning = is_html ? 4'096 : 768;
    if (candidate.raw.size() > beginning) {
        std::string text;
        TextDecoder(part.encoding, part.charset)
            .decode(std::string_view(candidate.raw).substr(0, beginning), text);
        if (is_html) text = html_text_of_beginning(text, html_text_beginning).value_or(std::string());
        if (auto preview = preview_of_beginning(text, characters)) return *std::move(preview);
    }
    std::string text;
    TextDecoder decoder(part.encoding, part.charset);
    decoder.decode(candidate.raw, text);
    decoder.finish(text);
    if (is_html) text = html_to_text(text, html_text_max);
    return preview_of(text, characters);
}

}  // namespace mime

// FoundWriter: the answers of SEARCH and SORT that name each message. EsearchWriter: ESEARCH (RFC 9051
// section 7.3.4). Both write in pieces: of a million messages the text is seven million octets.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "imap/syntax/response.hpp"
#include "imap/syntax/sequence_set.hpp"

namespace imap {

/// "* SEARCH 2 84 882 (MODSEQ 917)", for clients of RFC 3501, or "* SORT 5 3 4 (MODSEQ 917)" (RFC 5256
/// section 4).
class FoundWriter {
public:
    static FoundWriter search(NumberRanges found, std::optional<base::ModSeq> mod_seq) {
        return {std::move(found), {}, mod_seq, false};
    }
    static FoundWriter sort(std::vector<std::uint32_t> order, std::optional<base::ModSeq> mod_seq) {
        return {{}, std::move(order), mod_seq, true};
    }
    /// Appends some `octets` octets. False: that was all.
    bool write(std::string& out, std::size_t octets);

private:
    FoundWriter(NumberRanges ranges, std::vector<std::uint32_t> order, std::optional<base::ModSeq> mod_seq,
                bool sorted)
        : ranges_(std::move(ranges)), order_(std::move(order)), mod_seq_(mod_seq), sorted_(sorted) {}
    NumberRanges ranges_;
    std::vector<std::uint32_t> order_;
    std::optional<base::ModSeq> mod_seq_;
    bool sorted_ = false, begun_ = false;
    std::size_t at_ = 0;        // the next number or range
    std::uint32_t within_ = 0;  // the range
};

/// One ESEARCH response, or nothing where there is none to write.
class EsearchWriter {
public:
    /// \param response what it points to must outlive the writer
    explicit EsearchWriter(SearchResponse response);
    EsearchWriter(const EsearchWriter&) = delete;
    EsearchWriter& operator=(const EsearchWriter&) = delete;
    /// Appends some `octets` octets. False: that was all.
    bool write(std::string& out, std::size_t octets);

private:
    /// Text, and the numbers behind it, of one kind.
    struct Piece {
        std::string text;
        const NumberRanges* set = nullptr;
        std::span<const std::uint32_t> order;
        std::span<const std::uint8_t> scores;
    };

    bool wants(unsigned bit) const { return (response_.returns & bit) != 0; }
    std::string& text() { return pieces_.back().text; }
    void number(std::string_view name, std::uint64_t value);
    void head();
    void ends();
    void numbers(Places which);
    void partial();
    void relevancy();
    bool next(const Piece& piece, std::string& out);

    SearchResponse response_;
    NumberRanges part_;
    std::vector<Piece> pieces_;
    std::uint64_t count_ = 0;
    std::size_t piece_ = 0, at_ = 0;  // the next piece, and what is next in it
    bool begun_ = false;              // its text was written
};

}  // namespace imap

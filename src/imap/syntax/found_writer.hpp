// FoundWriter: the answers of SEARCH and SORT that name each message.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "imap/syntax/sequence_set.hpp"

namespace imap {

/// "* SEARCH 2 84 882 (MODSEQ 917)", for clients of RFC 3501, or "* SORT 5 3 4 (MODSEQ 917)" (RFC 5256
/// section 4); in pieces: of a million messages it is seven million octets.
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

}  // namespace imap

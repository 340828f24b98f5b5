// Writers of what SEARCH, SORT, ESEARCH and contexts find, and of COMPARATOR and LANGUAGE.
#include <algorithm>

#include "imap/syntax/found_writer.hpp"
#include "imap/syntax/response.hpp"

namespace imap {
namespace {
using cmd::Search;

void write_mod_seq(std::string& out, std::optional<base::ModSeq> mod_seq) {
    if (!mod_seq) return;
    out.append(" (MODSEQ ");
    write_number(out, mod_seq->value);
    out.push_back(')');
}
}  // namespace

Places places_of(PartialRange part, std::uint64_t count) {
    const std::uint64_t low = std::min(part.first, part.last), high = std::max(part.first, part.last);
    if (low > count) return {};
    if (!part.from_end) return Places{low, std::min(high, count)};
    return Places{high > count ? 1 : count - high + 1, count - low + 1};
}

EsearchWriter::EsearchWriter(SearchResponse response) : response_(std::move(response)) {
    constexpr unsigned shown =
        Search::min | Search::max | Search::all | Search::count | Search::partial | Search::relevancy;
    // RFC 9051 section 6.4.4.1: SAVE alone has no ESEARCH; nor have the hints of RFC 5267.
    if ((response_.returns & shown) == 0) return;
    count_ = response_.sorted != nullptr ? response_.sorted->size() : count(response_.result);
    pieces_.emplace_back();
    head();
    if (count_ != 0) ends();
    if (wants(Search::all) && count_ != 0) {
        text().append(" ALL ");
        numbers(Places{1, count_});
    }
    if (wants(Search::partial)) partial();
    if (wants(Search::count)) number(" COUNT ", count_);
    if (response_.mod_seq) number(" MODSEQ ", response_.mod_seq->value);
    if (wants(Search::relevancy)) relevancy();
    text().append("\r\n");
}

void EsearchWriter::number(std::string_view name, std::uint64_t value) {
    text().append(name);
    write_number(text(), value);
}

void EsearchWriter::head() {
    text().append("* ESEARCH (TAG \"").append(response_.tag).push_back('"');
    if (response_.mailbox) {
        text().append(" MAILBOX ");
        write_mailbox(text(), *response_.mailbox, response_.mode);
        number(" UIDVALIDITY ", response_.uid_validity);
    }
    text().append(response_.uid ? ") UID" : ")");
}

void EsearchWriter::ends() {
    // RFC 5267 section 3.1: of a sorted result its first and its last.
    const auto* const sorted = response_.sorted;
    if (wants(Search::min))
        number(" MIN ", sorted != nullptr ? sorted->front() : response_.result.front().first);
    if (wants(Search::max))
        number(" MAX ", sorted != nullptr ? sorted->back() : response_.result.back().last);
}

/// The next piece of text comes behind them.
void EsearchWriter::numbers(Places which) {
    Piece& piece = pieces_.back();
    const std::uint64_t size = which.last - which.first + 1;
    if (response_.sorted != nullptr) {
        piece.order = std::span(*response_.sorted).subspan(which.first - 1, size);
    } else if (size == count_) {
        piece.set = &response_.result;
    } else {
        part_ = slice(response_.result, which.first, which.last);
        piece.set = &part_;
    }
    pieces_.emplace_back();
}

/// RFC 9394 section 4: the range as it was asked for.
void EsearchWriter::partial() {
    const PartialRange& part = response_.part;
    const char* const minus = part.from_end ? "-" : "";
    number(std::string(" PARTIAL (").append(minus), part.first);
    number(std::string(":").append(minus), part.last);
    text().push_back(' ');
    const Places which = places_of(part, count_);
    if (which.first > which.last) {
        text().append("NIL");
    } else {
        numbers(which);
    }
    text().push_back(')');
}

/// Of what is told: RFC 6203 section 4.
void EsearchWriter::relevancy() {
    Places which{1, count_};
    if (wants(Search::partial)) which = places_of(response_.part, count_);
    text().append(" RELEVANCY (");
    if (which.first <= which.last) {
        pieces_.back().scores = response_.relevancy.subspan(which.first - 1, which.last - which.first + 1);
        pieces_.emplace_back();
    }
    text().push_back(')');
}

/// One number or range. False: there are no more in the piece.
bool EsearchWriter::next(const Piece& piece, std::string& out) {
    if (piece.set != nullptr) {
        if (at_ == piece.set->size()) return false;
        const NumberRange& range = (*piece.set)[at_];
        write_range(out, range.first, range.last, at_ != 0);
        ++at_;
        return true;
    }
    if (!piece.scores.empty()) {
        if (at_ == piece.scores.size()) return false;
        if (at_ != 0) out.push_back(' ');
        write_number(out, piece.scores[at_++]);
        return true;
    }
    if (at_ == piece.order.size()) return false;
    // Only those that follow one another upwards become ranges (RFC 5267 section 3.2).
    const bool comma = at_ != 0;
    const std::uint32_t first = piece.order[at_];
    std::uint32_t last = first;
    for (++at_; at_ < piece.order.size() && last != UINT32_MAX && piece.order[at_] == last + 1; ++at_) ++last;
    write_range(out, first, last, comma);
    return true;
}

bool EsearchWriter::write(std::string& out, std::size_t octets) {
    const std::size_t until = out.size() + octets;
    for (; piece_ < pieces_.size(); ++piece_) {
        const Piece& piece = pieces_[piece_];
        if (!std::exchange(begun_, true)) out.append(piece.text);
        while (next(piece, out))
            if (out.size() >= until) return true;
        at_ = 0;
        begun_ = false;
    }
    return false;
}

void write_esearch(std::string& out, const SearchResponse& response) {
    EsearchWriter writer(response);
    while (writer.write(out, std::string::npos / 2)) {
    }
}

bool FoundWriter::write(std::string& out, std::size_t octets) {
    const std::size_t until = out.size() + octets;
    if (!std::exchange(begun_, true)) out.append(sorted_ ? "* SORT" : "* SEARCH");
    while (out.size() < until) {
        if (sorted_ ? at_ == order_.size() : at_ == ranges_.size()) {
            write_mod_seq(out, mod_seq_);
            out.append("\r\n");
            return false;
        }
        out.push_back(' ');
        if (sorted_) {
            write_number(out, order_[at_++]);
            continue;
        }
        const NumberRange& range = ranges_[at_];
        write_number(out, std::uint64_t{range.first} + within_);
        if (++within_ <= range.last - range.first) continue;
        within_ = 0;
        ++at_;
    }
    return true;
}

void write_context_change(std::string& out, std::string_view tag, bool uid, bool added,
                          std::span<const ContextChange> changes) {
    if (changes.empty()) return;
    out.append("* ESEARCH (TAG \"").append(tag).append(uid ? "\") UID" : "\")");
    out.append(added ? " ADDTO (" : " REMOVEFROM (");
    for (std::size_t at = 0; at < changes.size(); ++at) {
        if (at != 0) out.push_back(' ');
        write_number(out, changes[at].position);
        out.push_back(' ');
        write_set(out, changes[at].numbers);
    }
    out.append(")\r\n");
}

void write_comparator(std::string& out, std::string_view active, std::span<const std::string_view> matching) {
    out.append("* COMPARATOR ");
    write_astring(out, active);
    for (std::size_t at = 0; matching.size() > 1 && at < matching.size(); ++at) {
        out.append(at == 0 ? " (" : " ");
        write_astring(out, matching[at]);
    }
    out.append(matching.size() > 1 ? ")\r\n" : "\r\n");
}

void write_language(std::string& out, std::span<const std::string_view> tags) {
    out.append("* LANGUAGE (");
    for (std::size_t at = 0; at < tags.size(); ++at) {
        if (at != 0) out.push_back(' ');
        write_astring(out, tags[at]);
    }
    out.append(")\r\n");
}

}  // namespace imap

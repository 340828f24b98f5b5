// Writers of what SEARCH, SORT, ESEARCH and contexts find, and of COMPARATOR and LANGUAGE.
#include <algorithm>

#include "imap/syntax/found_writer.hpp"
#include "imap/syntax/response.hpp"

namespace imap {
namespace {
using cmd::Search;

/// Numbers in their order; only those that follow one another upwards become ranges (RFC 5267 section 3.2).
void write_in_order(std::string& out, std::span<const std::uint32_t> numbers) {
    bool comma = false;
    for (std::size_t at = 0; at < numbers.size(); comma = true) {
        const std::uint32_t first = numbers[at];
        std::uint32_t last = first;
        for (++at; at < numbers.size() && last != UINT32_MAX && numbers[at] == last + 1; ++at) ++last;
        write_range(out, first, last, comma);
    }
}

/// One ESEARCH response. RFC 9051 section 7.3.4.
class Esearch {
public:
    Esearch(std::string& out, const SearchResponse& response) : out_(out), response_(response) {
        count_ = sorted() ? response.sorted->size() : count(response.result);
    }

    void write() {
        head();
        if (count_ != 0) ends();
        if (wants(Search::all) && count_ != 0) {
            out_.append(" ALL ");
            numbers(Places{1, count_});
        }
        if (wants(Search::partial)) partial();
        if (wants(Search::count)) number(" COUNT ", count_);
        if (response_.mod_seq) number(" MODSEQ ", response_.mod_seq->value);
        if (wants(Search::relevancy)) relevancy();
        out_.append("\r\n");
    }

private:
    bool wants(unsigned bit) const { return (response_.returns & bit) != 0; }
    bool sorted() const { return response_.sorted != nullptr; }
    void number(std::string_view name, std::uint64_t value) {
        out_.append(name);
        write_number(out_, value);
    }

    void head() {
        out_.append("* ESEARCH (TAG \"").append(response_.tag).push_back('"');
        if (response_.mailbox) {
            out_.append(" MAILBOX ");
            write_mailbox(out_, *response_.mailbox, response_.mode);
            number(" UIDVALIDITY ", response_.uid_validity);
        }
        out_.append(response_.uid ? ") UID" : ")");
    }

    void ends() {
        // RFC 5267 section 3.1: of a sorted result its first and its last.
        if (wants(Search::min))
            number(" MIN ", sorted() ? response_.sorted->front() : response_.result.front().first);
        if (wants(Search::max))
            number(" MAX ", sorted() ? response_.sorted->back() : response_.result.back().last);
    }

    void numbers(Places which) {
        if (sorted()) {
            const std::span<const std::uint32_t> all(*response_.sorted);
            write_in_order(out_, all.subspan(which.first - 1, which.last - which.first + 1));
        } else {
            write_set(out_, slice(response_.result, which.first, which.last));
        }
    }

    /// RFC 9394 section 4: the range as it was asked for.
    void partial() {
        const PartialRange& part = response_.part;
        const char* const minus = part.from_end ? "-" : "";
        number(std::string(" PARTIAL (").append(minus), part.first);
        number(std::string(":").append(minus), part.last);
        out_.push_back(' ');
        const Places which = places_of(part, count_);
        if (which.first > which.last) {
            out_.append("NIL");
        } else {
            numbers(which);
        }
        out_.push_back(')');
    }

    /// Of what is told: RFC 6203 section 4.
    void relevancy() {
        Places which{1, count_};
        if (wants(Search::partial)) which = places_of(response_.part, count_);
        out_.append(" RELEVANCY (");
        for (std::uint64_t at = which.first; at <= which.last; ++at) {
            if (at != which.first) out_.push_back(' ');
            write_number(out_, response_.relevancy[at - 1]);
        }
        out_.push_back(')');
    }

    std::string& out_;
    const SearchResponse& response_;
    std::uint64_t count_ = 0;
};

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

void write_esearch(std::string& out, const SearchResponse& response) {
    constexpr unsigned shown =
        Search::min | Search::max | Search::all | Search::count | Search::partial | Search::relevancy;
    // RFC 9051 section 6.4.4.1: SAVE alone has no ESEARCH; nor have the hints of RFC 5267.
    if ((response.returns & shown) != 0) Esearch(out, response).write();
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

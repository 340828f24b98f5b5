// The keys of SEARCH that need the message: header fields, Date:, BODY and TEXT. Everything is read in pieces
// and compared as UTF-8 with case folded; transfer encodings, charsets and encoded words are taken off first
// (RFC 9051 section 6.4.4).
#include "imap/commands/search_run.hpp"
#include "mime/date.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace imap {

namespace {

using Op = SearchKey::Op;

/// The field that a key looks at; empty: none or all.
std::string_view field_of(const SearchKey& key) {
    switch (key.op) {
        case Op::header:
            return key.name;
        case Op::from:
            return "From";
        case Op::to:
            return "To";
        case Op::cc:
            return "Cc";
        case Op::bcc:
            return "Bcc";
        case Op::subject:
            return "Subject";
        default:
            return {};
    }
}

bool is_sent(Op op) { return op == Op::sent_before || op == Op::sent_on || op == Op::sent_since; }
bool is_header_key(Op op) {
    return is_sent(op) || op == Op::header || op == Op::from || op == Op::to || op == Op::cc ||
           op == Op::bcc || op == Op::subject;
}

bool looks_at(const SearchKey& key, std::string_view name) {
    if (key.op == Op::text) return true;
    if (is_sent(key.op)) return mime::same_name(name, "Date");
    return is_header_key(key.op) && mime::same_name(name, field_of(key));
}

}  // namespace

/// Decides the candidates that are still open. False: the session is over.
awaitable<bool> SearchRun::read_open(std::vector<Candidate>* candidates) {
    std::vector<Candidate*> open;
    for (Candidate& candidate : *candidates)
        if (candidate.truth == Truth::unknown) open.push_back(&candidate);
    for (std::size_t at = 0; at < open.size();) {
        std::vector<store::Entry> entries;
        for (std::size_t i = at; i < open.size(); ++i) entries.push_back(open[i]->entry);
        const auto details = co_await source_.folder->details(std::move(entries));
        if (!details) {
            failed_ = details.error();
            co_return true;
        }
        for (const store::DetailPtr& detail : *details) {
            Candidate& candidate = *open[at++];
            candidate.truth = Truth::no;
            if (detail) {
                candidate.truth = co_await judge_by_reading(candidate, detail);
                candidate.relevancy = relevancy_now();
            } else if (!in_folder(candidate.entry.uid)) {
                expunged_ = true;
            }
            if (failed_.code() != store::Errc::none) co_return true;
            const std::size_t header =
                detail ? std::min<std::size_t>(detail->header_bytes, work_step * 4) : 0;
            if (!worked(message_cost + header / 4)) continue;
            const bool more = co_await session_.give_way();
            if (!more) co_return false;
        }
    }
    co_return true;
}

bool SearchRun::in_folder(Uid uid) const { return source_.folder->snapshot()->find(uid) != nullptr; }

/// A message that is gone is told with EXPUNGEISSUED (RFC 5530). One that is damaged, or whose octets are
/// lost, only does not match: it would fail each SEARCH for ever. When the store does not answer the SEARCH
/// fails.
void SearchRun::note(const store::Error& error, Uid uid) {
    if (error.is(store::Errc::not_found)) {
        expunged_ |= !in_folder(uid);
    } else if (!error.is(store::Errc::corrupt) && !error.is(store::Errc::none)) {  // none: it is too short
        failed_ = error;
    }
}

awaitable<SearchRun::Truth> SearchRun::judge_by_reading(Candidate candidate, store::DetailPtr detail) {
    forget_content();
    unread_ = store::Error();
    recall_index(candidate.seq);
    bool readable = true;
    if (needs_header()) readable = co_await read_header(detail);
    Truth truth = judge(0, candidate.seq, candidate.entry);
    if (readable && truth == Truth::unknown) {
        readable = co_await read_body(detail);
        truth = judge(0, candidate.seq, candidate.entry);
    }
    if (readable) co_return truth;
    note(unread_, candidate.entry.uid);
    co_return Truth::no;
}

/// The header is a piece of its own in the store: for BODY alone it is not read.
bool SearchRun::needs_header() const {
    const std::vector<SearchKey>& keys = program_.keys;
    for (std::size_t at = 0; at < keys.size(); ++at) {
        const bool looks = is_header_key(keys[at].op) || keys[at].op == Op::text;
        if (looks && content_[at] == Truth::unknown) return true;
    }
    return false;
}

/// All header keys are known afterwards; TEXT keys, when the header has their text. False: it could not be
/// read.
awaitable<bool> SearchRun::read_header(store::DetailPtr detail) {
    const std::size_t bytes =
        std::min<std::uint64_t>(detail->header_bytes, session_.services_.limits.header_bytes_max);
    const auto header = co_await source_.folder->read(detail, 0, bytes);
    if (!header) unread_ = header.error();
    if (!header) co_return false;
    const bool more = co_await judge_fields(&*header);
    if (!more) co_return false;
    close_header_keys();
    co_return true;
}

/// Every field by every key that is still open; gives way as it goes. False: the session is over.
awaitable<bool> SearchRun::judge_fields(const std::string* header) {
    const std::vector<SearchKey>& keys = program_.keys;
    mime::FieldReader reader(*header);
    std::string line;  // folded: "name: text"
    for (mime::Field field; reader.next(field);) {
        const std::string_view value = field.value.substr(0, field_bytes_max);
        std::size_t text_at = 0;  // in `line`, which is made when the first key wants it
        std::size_t octets = keys.size() + field.name.size();
        for (std::size_t at = 0; at < keys.size(); ++at) {
            if (content_[at] != Truth::unknown || !looks_at(keys[at], field.name)) continue;
            if (is_sent(keys[at].op)) {
                judge_sent(value);
                continue;
            }
            if (text_at == 0) {
                line = fold(field.name) + ": ";
                text_at = line.size();
                line += fold(mime::decode_text(value));
                octets += 4 * line.size();
            }
            const std::size_t from = keys[at].op == Op::text ? 0 : text_at;
            hit(at, score_of(at, std::string_view(line).substr(from)));
            octets += line.size();
            if (octets < work_step) continue;
            octets = 0;
            const bool more = co_await session_.give_way();
            if (!more) co_return false;
        }
        if (!worked(octets)) continue;
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    co_return true;
}

/// The date as it is written, whatever its zone (RFC 9051 section 6.4.4, SENTON).
void SearchRun::judge_sent(std::string_view value) {
    const auto date = mime::parse_date(value);
    if (!date) return;
    const auto day = std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(date->seconds + date->zone_minutes * 60)));
    const std::vector<SearchKey>& keys = program_.keys;
    for (std::size_t at = 0; at < keys.size(); ++at) {
        if (!is_sent(keys[at].op) || content_[at] != Truth::unknown) continue;
        const bool yes = keys[at].op == Op::sent_before ? day < keys[at].date
                         : keys[at].op == Op::sent_on   ? day == keys[at].date
                                                        : day >= keys[at].date;
        content_[at] = yes ? Truth::yes : Truth::no;
    }
}

void SearchRun::close_header_keys() {
    const std::vector<SearchKey>& keys = program_.keys;
    for (std::size_t at = 0; at < keys.size(); ++at)
        if (is_header_key(keys[at].op) && content_[at] == Truth::unknown) content_[at] = Truth::no;
}

/// BODY and TEXT keys are known afterwards. Searched are the text parts, and the header fields of all parts
/// but the message itself; attachments that are no text are not.
awaitable<bool> SearchRun::read_body(store::DetailPtr detail) {
    const std::vector<SearchKey>& keys = program_.keys;
    TextMatcher matcher(comparator_);
    for (std::size_t at = 0; at < keys.size(); ++at) {
        const bool looks = keys[at].op == Op::body || keys[at].op == Op::text;
        if (!looks || content_[at] != Truth::unknown) continue;
        if (keys[at].fuzzy) {
            matcher.add_fuzzy(at, prepared_[at].folded);
        } else {
            matcher.add(at, prepared_[at].folded);
        }
    }
    mime::Tree tree;
    if (!mime::decode_tree(detail->tree, tree)) throw base::Bug("the part tree of a message does not decode");
    for (std::size_t at = 0; at < tree.parts.size() && !matcher.all_found(); ++at) {
        const bool read = co_await read_part(detail, tree.parts[at], &matcher);
        if (!read) co_return false;
    }
    for (std::size_t at = 0; at < keys.size(); ++at) {
        const bool looks = keys[at].op == Op::body || keys[at].op == Op::text;
        if (!looks || content_[at] != Truth::unknown) continue;
        content_[at] = Truth::no;
        hit(at, matcher.score(at));
    }
    co_return true;
}

/// How well a field has the text of a key: 0 to 100.
unsigned SearchRun::score_of(std::size_t at, std::string_view folded) const {
    if (!program_.keys[at].fuzzy) return has_text(folded, prepared_[at].folded) ? 100 : 0;
    FuzzyMatcher matcher(prepared_[at].folded);
    matcher.feed(folded);
    return matcher.score();
}

void SearchRun::hit(std::size_t at, unsigned score) {
    if (score == 0) return;
    content_[at] = Truth::yes;
    score_[at] = static_cast<std::uint8_t>(score);
}

/// Of the message that was read last: how well it has the texts of its FUZZY keys (RFC 6203 section 4).
std::uint8_t SearchRun::relevancy_now() const {
    unsigned sum = 0, texts = 0;
    for (std::size_t at = 0; at < score_.size(); ++at) {
        if (!program_.keys[at].fuzzy || content_[at] != Truth::yes || score_[at] == 0) continue;
        sum += score_[at];
        ++texts;
    }
    return static_cast<std::uint8_t>(texts == 0 ? 100 : sum / texts);
}

awaitable<bool> SearchRun::read_part(store::DetailPtr detail, mime::Part part, TextMatcher* matcher) {
    const std::uint64_t shift = detail->prefix.size();  // the tree counts from the blob's first octet
    if (part.parent != mime::no_part) {
        const mime::Range header{part.header_offset + shift, part.header_bytes};
        const bool read = co_await read_part_header(detail, header, matcher);
        if (!read) co_return false;
    }
    if (part.kind != mime::Kind::leaf || (part.type != "text" && !part.type.empty())) co_return true;
    mime::TextDecoder decoder(part.encoding, part.charset);
    std::string text;
    matcher->restart();
    for (std::uint64_t done = 0; done < part.body_bytes && !matcher->all_found();) {
        const std::size_t wanted =
            std::min<std::uint64_t>(part.body_bytes - done, session_.services_.limits.read_bytes);
        const auto piece = co_await source_.folder->read(detail, part.body_offset + shift + done, wanted);
        if (!piece) unread_ = piece.error();
        if (!piece || piece->empty()) co_return false;
        done += piece->size();
        text.clear();
        decoder.decode(*piece, text);
        if (done >= part.body_bytes) decoder.finish(text);
        const bool more = co_await feed(text, matcher);
        if (!more) co_return false;
    }
    co_return true;
}

/// In pieces, the smaller the more texts are looked for. False: the session is over.
awaitable<bool> SearchRun::feed(std::string_view text, TextMatcher* matcher) {
    while (!text.empty() && !matcher->all_found()) {
        const std::size_t piece = std::clamp<std::size_t>(work_step / matcher->open(), 4'096, work_step);
        const std::string_view now = text.substr(0, piece);
        text.remove_prefix(now.size());
        const std::size_t octets = now.size() * (4 + matcher->open());
        matcher->feed(now);
        if (!worked(octets)) continue;
        const bool more = co_await session_.give_way();
        if (!more) co_return false;
    }
    co_return true;
}

awaitable<bool> SearchRun::read_part_header(store::DetailPtr detail, mime::Range range,
                                            TextMatcher* matcher) {
    const std::size_t bytes =
        std::min<std::uint64_t>(range.bytes, session_.services_.limits.header_bytes_max);
    if (bytes == 0) co_return true;
    const auto header = co_await source_.folder->read(detail, range.offset, bytes);
    if (!header) unread_ = header.error();
    if (!header) co_return false;
    mime::FieldReader reader(*header);
    std::string line;
    for (mime::Field field; reader.next(field) && !matcher->all_found();) {
        matcher->restart();
        line.assign(field.name).append(": ");
        line.append(mime::decode_text(field.value.substr(0, field_bytes_max)));
        const bool more = co_await feed(line, matcher);
        if (!more) co_return false;
    }
    co_return true;
}

}  // namespace imap

// The keys of SEARCH that the snapshot answers: flags, keywords, numbers, dates, sizes, mod-sequences, ids.
#include "imap/commands/search_run.hpp"
#include "imap/ids.hpp"

namespace imap {

namespace {

using Op = SearchKey::Op;

/// The day of a time in UTC. RFC 9051 section 6.4.4: "disregarding time and timezone"; the store keeps UTC.
std::chrono::sys_days day_of(std::int64_t unix_seconds) {
    return std::chrono::floor<std::chrono::days>(
        std::chrono::sys_seconds(std::chrono::seconds(unix_seconds)));
}

bool is_content(Op op) {
    switch (op) {
        case Op::sent_before:
        case Op::sent_on:
        case Op::sent_since:
        case Op::header:
        case Op::from:
        case Op::to:
        case Op::cc:
        case Op::bcc:
        case Op::subject:
        case Op::body:
        case Op::text:
            return true;
        default:
            return false;
    }
}

}  // namespace

void SearchRun::prepare() {
    const std::vector<SearchKey>& keys = program_.keys;
    prepared_.resize(keys.size());
    content_.assign(keys.size(), Truth::unknown);
    score_.assign(keys.size(), 0);
    for (std::size_t at = 0; at < keys.size(); ++at) {
        const SearchKey& key = keys[at];
        Prepared& made = prepared_[at];
        if (key.op == Op::seq || key.op == Op::uid) {
            made.set_is_uid = key.op == Op::uid || key.set.saved;
            if (key.set.saved && source_.selected == nullptr) continue;  // names nothing elsewhere
            made.set = key.set.saved ? source_.selected->saved
                                     : key.set.resolve(made.set_is_uid ? source_.messages->last_uid().value
                                                                       : source_.messages->size());
        } else if (key.op == Op::flag) {
            made.flags = store::FlagSet(key.number, 0);  // FlagList::Bit is its low word
        } else if (key.op == Op::keyword) {
            const auto index = source_.messages->keywords().find(key.text);
            made.never = !index;
            if (index) made.flags = store::FlagSet::keyword(*index);
        } else if (is_content(key.op)) {
            made.folded = fold(key.text);
        }
    }
}

NumberRanges SearchRun::looked_at() const {
    NumberRanges out;
    if (source_.messages->size() != 0) out.push_back(NumberRange{1, source_.messages->size()});
    const std::vector<SearchKey>& keys = program_.keys;
    const View view(source_.messages);
    for (std::size_t at = 1; at < keys.size(); at += keys[at].span) {
        if (keys[at].op != Op::seq && keys[at].op != Op::uid) continue;
        const Prepared& prepared = prepared_[at];
        const NumberRanges named = prepared.set_is_uid ? view.numbers_of(prepared.set) : prepared.set;
        out = subtract(out, subtract(out, named));
    }
    return out;
}

/// What is known of key `at` for this message. Recursion is bounded by SearchLimits::depth_max.
SearchRun::Truth SearchRun::judge(std::size_t at, SeqNum seq, const store::Entry& entry) const {
    const Op op = program_.keys[at].op;
    if (op == Op::all_of || op == Op::any_of || op == Op::negate) return judge_group(at, seq, entry);
    if (is_content(op)) return content_[at];
    return judge_fact(at, seq, entry);
}

SearchRun::Truth SearchRun::judge_group(std::size_t at, SeqNum seq, const store::Entry& entry) const {
    const std::vector<SearchKey>& keys = program_.keys;
    const std::size_t end = at + keys[at].span;
    if (keys[at].op == Op::negate) {
        const Truth inner = judge(at + 1, seq, entry);
        if (inner == Truth::unknown) return inner;
        return inner == Truth::yes ? Truth::no : Truth::yes;
    }
    // One operand of `decides` ends it; without one, an unknown operand leaves it open.
    const Truth decides = keys[at].op == Op::all_of ? Truth::no : Truth::yes;
    Truth otherwise = decides == Truth::no ? Truth::yes : Truth::no;
    for (std::size_t child = at + 1; child < end; child += keys[child].span) {
        const Truth truth = judge(child, seq, entry);
        if (truth == decides) return decides;
        if (truth == Truth::unknown) otherwise = Truth::unknown;
    }
    return otherwise;
}

SearchRun::Truth SearchRun::judge_fact(std::size_t at, SeqNum seq, const store::Entry& entry) const {
    const SearchKey& key = program_.keys[at];
    const Prepared& prepared = prepared_[at];
    const auto is = [](bool yes) { return yes ? Truth::yes : Truth::no; };
    const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(now_ - entry.internal_date, 0));
    switch (key.op) {
        case Op::all:
        case Op::save_date_supported:
            return Truth::yes;
        case Op::flag:
            return is(entry.flags.contains(prepared.flags));
        case Op::keyword:
            return is(!prepared.never && entry.flags.contains(prepared.flags));
        case Op::recent:
            return is(!session_.rev2_ && source_.selected != nullptr &&
                      source_.selected->view.is_recent(entry.uid));
        case Op::seq:
        case Op::uid:
            return is(contains(prepared.set, prepared.set_is_uid ? entry.uid.value : seq.value));
        case Op::before:
            return is(day_of(entry.internal_date) < key.date);
        case Op::on:
            return is(day_of(entry.internal_date) == key.date);
        case Op::since:
            return is(day_of(entry.internal_date) >= key.date);
        case Op::saved_before:
            return is(day_of(entry.save_date) < key.date);
        case Op::saved_on:
            return is(day_of(entry.save_date) == key.date);
        case Op::saved_since:
            return is(day_of(entry.save_date) >= key.date);
        case Op::older:
            return is(age >= key.number);
        case Op::younger:
            return is(age < key.number);
        case Op::larger:
            return is(entry.size > key.number);
        case Op::smaller:
            return is(entry.size < key.number);
        case Op::mod_seq:
            return is(entry.modseq.value >= key.number);
        case Op::email_id:
            return is(key.text == message_id_text(entry.id));
        case Op::thread_id:
            return is(entry.thread && key.text == thread_id_text(entry.thread));
        case Op::gm_message_id:
            return is(entry.id.value == key.number);
        case Op::gm_thread_id:
            return is(entry.thread.value == key.number);
        default:
            break;
    }
    throw base::Bug("a search key without a meaning");
}

}  // namespace imap

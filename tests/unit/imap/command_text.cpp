#include "unit/imap/command_text.hpp"

#include <array>

#include "imap/syntax/date_time.hpp"
#include "imap/syntax/fetch_writer.hpp"
#include "imap/syntax/response.hpp"

namespace imap::test {
namespace {
using Op = SearchKey::Op;

/// Words with a space between them.
class Words {
public:
    Words& operator<<(std::string_view word) {
        if (!out_.empty() && !opened_) out_.push_back(' ');
        opened_ = word == "(";
        out_.append(word);
        return *this;
    }
    Words& number(std::uint64_t value) { return *this << std::to_string(value); }
    Words& astring(std::string_view text) {
        std::string word;
        write_astring(word, text);
        return *this << word;
    }
    Words& string(std::string_view text) {
        std::string word;
        write_string(word, text);
        return *this << word;
    }
    Words& mailbox(std::string_view name) {
        std::string word;
        write_mailbox(word, name);
        return *this << word;
    }
    Words& set(const SequenceSet& set) {
        std::string word;
        write(word, set);
        return *this << word;
    }
    Words& flags(const FlagList& flags) {
        std::string word;
        write_flag_list(word, flags);
        return *this << word;
    }
    Words& open() { return *this << "("; }
    Words& close() {
        out_.push_back(')');
        opened_ = false;
        return *this;
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
    bool opened_ = false;
};

constexpr std::array<std::string_view, 5> flag_keys{"SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT"};

std::string_view flag_key(std::uint64_t bit) {
    for (std::size_t i = 0; i < flag_keys.size(); ++i)
        if (bit == std::uint64_t{1} << i) return flag_keys[i];
    return "?";
}

std::string_view key_name(Op op) {
    switch (op) {
        case Op::all:
            return "ALL";
        case Op::recent:
            return "RECENT";
        case Op::keyword:
            return "KEYWORD";
        case Op::uid:
            return "UID";
        case Op::before:
            return "BEFORE";
        case Op::on:
            return "ON";
        case Op::since:
            return "SINCE";
        case Op::sent_before:
            return "SENTBEFORE";
        case Op::sent_on:
            return "SENTON";
        case Op::sent_since:
            return "SENTSINCE";
        case Op::saved_before:
            return "SAVEDBEFORE";
        case Op::saved_on:
            return "SAVEDON";
        case Op::saved_since:
            return "SAVEDSINCE";
        case Op::save_date_supported:
            return "SAVEDATESUPPORTED";
        case Op::older:
            return "OLDER";
        case Op::younger:
            return "YOUNGER";
        case Op::larger:
            return "LARGER";
        case Op::smaller:
            return "SMALLER";
        case Op::mod_seq:
            return "MODSEQ";
        case Op::header:
            return "HEADER";
        case Op::from:
            return "FROM";
        case Op::to:
            return "TO";
        case Op::cc:
            return "CC";
        case Op::bcc:
            return "BCC";
        case Op::subject:
            return "SUBJECT";
        case Op::body:
            return "BODY";
        case Op::text:
            return "TEXT";
        case Op::filter:
            return "FILTER";
        case Op::email_id:
            return "EMAILID";
        case Op::thread_id:
            return "THREADID";
        case Op::gm_message_id:
            return "X-GM-MSGID";
        case Op::gm_thread_id:
            return "X-GM-THRID";
        default:
            return "?";
    }
}

class SearchText {
public:
    SearchText(Words& out, const SearchProgram& program) : out_(out), keys_(program.keys) {}

    void operands(std::size_t place) {
        for (std::size_t at = place + 1; at < place + keys_[place].span; at += keys_[at].span) key(at);
    }

private:
    void key(std::size_t place) {
        const SearchKey& key = keys_[place];
        if (key.op == Op::all_of) {
            out_.open();
            operands(place);
            out_.close();
        } else if (key.op == Op::any_of) {
            any_of(place);
        } else if (key.op == Op::negate) {
            negation(place);
        } else {
            single(key, "");
        }
    }
    void any_of(std::size_t place) {
        for (std::size_t at = place + 1; at < place + keys_[place].span; at += keys_[at].span) {
            if (at + keys_[at].span < place + keys_[place].span) out_ << "OR";
            key(at);
        }
    }
    void negation(std::size_t place) {
        const SearchKey& operand = keys_[place + 1];
        if (operand.op == Op::flag || operand.op == Op::keyword) {
            single(operand, "UN");
        } else if (operand.op == Op::recent) {
            if (operand.fuzzy) out_ << "FUZZY";
            out_ << "OLD";
        } else {
            out_ << "NOT";
            key(place + 1);
        }
    }
    void single(const SearchKey& key, std::string_view prefix) {
        if (key.fuzzy) out_ << "FUZZY";
        if (key.op == Op::seq) {
            out_.set(key.set);
            return;
        }
        out_ << std::string(prefix).append(key.op == Op::flag ? flag_key(key.number) : key_name(key.op));
        if (key.op == Op::uid) out_.set(key.set);
        if (key.op == Op::keyword || key.op == Op::email_id || key.op == Op::thread_id ||
            key.op == Op::filter)
            out_ << key.text;
        if (key.op >= Op::before && key.op <= Op::saved_since) {
            std::string date;
            write_date(date, key.date);
            out_ << date;
        }
        if (key.op >= Op::older && key.op <= Op::mod_seq) out_.number(key.number);
        if (key.op == Op::gm_message_id || key.op == Op::gm_thread_id) out_.number(key.number);
        if (key.op == Op::header) out_.astring(key.name);
        if (key.op >= Op::header && key.op <= Op::text) out_.astring(key.text);
    }

    Words& out_;
    const std::vector<SearchKey>& keys_;
};

void status_items(Words& out, std::uint16_t items) {
    constexpr std::array<std::string_view, 11> names{
        "MESSAGES", "UIDNEXT",       "UIDVALIDITY", "UNSEEN",    "DELETED",        "SIZE",
        "RECENT",   "HIGHESTMODSEQ", "APPENDLIMIT", "MAILBOXID", "DELETED-STORAGE"};
    out.open();
    for (std::size_t bit = 0; bit < names.size(); ++bit)
        if ((items >> bit & 1U) != 0) out << names[bit];
    out.close();
}

/// As a client asks for it: with ".PEEK" and the partial's length.
std::string section_text(FetchSection what) {
    const auto partial = std::exchange(what.partial, std::nullopt);
    std::string label;
    write_section_label(label, what);
    const bool can_peek = what.kind == FetchSection::Kind::body || what.kind == FetchSection::Kind::binary;
    if (can_peek && what.peek) label.insert(label.find('['), ".PEEK");
    if (partial) label += "<" + std::to_string(partial->offset) + "." + std::to_string(partial->length) + ">";
    return label;
}

std::string part_text(PartialRange part) {
    const std::string minus = part.from_end ? "-" : "";
    return minus + std::to_string(part.first) + ":" + minus + std::to_string(part.last);
}

template <class Fetch>
void fetch_attributes(Words& out, const Fetch& fetch) {
    constexpr std::array<std::string_view, 9> names{"UID",           "FLAGS",    "INTERNALDATE",
                                                    "RFC822.SIZE",   "ENVELOPE", "BODY",
                                                    "BODYSTRUCTURE", "MODSEQ",   "PREVIEW"};
    constexpr std::array<std::string_view, 5> more{"EMAILID", "THREADID", "SAVEDATE", "X-GM-MSGID",
                                                   "X-GM-THRID"};
    out.open();
    for (std::size_t bit = 0; bit < names.size(); ++bit)
        if ((fetch.items >> bit & 1U) != 0) out << names[bit];
    if ((fetch.items & fetch_preview_lazy) != 0) out << "(LAZY)";
    for (std::size_t bit = 0; bit < more.size(); ++bit)
        if ((fetch.items >> (bit + 10) & 1U) != 0) out << more[bit];
    for (const FetchSection& section : fetch.sections) out << section_text(section);
    out.close();
}

void fetch_items(Words& out, const cmd::Fetch& fetch) {
    fetch_attributes(out, fetch);
    if (!fetch.changed_since && !fetch.part) return;
    out.open();
    if (fetch.changed_since) (out << "CHANGEDSINCE").number(fetch.changed_since->value);
    if (fetch.vanished) out << "VANISHED";
    if (fetch.part) out << "PARTIAL" << part_text(*fetch.part);
    out.close();
}

void return_options(Words& out, const cmd::Search& search) {
    constexpr std::array<std::string_view, 9> names{"MIN",     "MAX",     "ALL",    "COUNT",    "SAVE",
                                                    "PARTIAL", "CONTEXT", "UPDATE", "RELEVANCY"};
    if (!search.extended) return;
    (out << "RETURN").open();
    for (std::size_t bit = 0; bit < names.size(); ++bit) {
        if ((search.returns >> bit & 1U) == 0) continue;
        out << names[bit];
        if (names[bit] == "PARTIAL") out << part_text(search.part);
        if (names[bit] == "UPDATE" && !search.update_fetch.empty())
            fetch_attributes(out, search.update_fetch);
    }
    out.close();
}

/// \param charset_first as SORT and THREAD have it
void search_program(Words& out, const SearchProgram& program, bool charset_first) {
    using Charset = SearchProgram::Charset;
    constexpr std::array<std::string_view, 4> names{"", "US-ASCII", "UTF-8", "X-UNKNOWN"};
    if (!charset_first && program.charset != Charset::none) out << "CHARSET";
    if (program.charset != Charset::none) out << names[static_cast<std::size_t>(program.charset)];
    SearchText(out, program).operands(0);
}

void sort_criteria(Words& out, const std::vector<SortCriterion>& criteria) {
    constexpr std::array<std::string_view, 10> names{
        "ARRIVAL", "CC", "DATE", "DISPLAYFROM", "DISPLAYTO", "FROM", "RELEVANCY", "SIZE", "SUBJECT", "TO"};
    out.open();
    for (const SortCriterion& criterion : criteria) {
        if (criterion.reverse) out << "REVERSE";
        out << names[static_cast<std::size_t>(criterion.key)];
    }
    out.close();
}

void mailbox_filter(Words& out, const MailboxFilter& filter) {
    constexpr std::array<std::string_view, 8> names{"SELECTED",   "INBOXES",         "PERSONAL",
                                                    "SUBSCRIBED", "SUBTREE",         "SUBTREE-ONE",
                                                    "MAILBOXES",  "SELECTED-DELAYED"};
    out << names[static_cast<std::size_t>(filter.kind)];
    if (filter.names.empty()) return;
    out.open();
    for (const std::string& name : filter.names) out.mailbox(name);
    out.close();
}

void mailbox_filters(Words& out, const std::vector<MailboxFilter>& filters) {
    (out << "IN").open();
    for (const MailboxFilter& filter : filters) mailbox_filter(out, filter);
    out.close();
}

void notify_group(Words& out, const NotifyGroup& group) {
    constexpr std::array<std::string_view, 8> names{
        "MessageNew",         "MessageExpunge",        "FlagChange",           "MailboxName",
        "SubscriptionChange", "MailboxMetadataChange", "ServerMetadataChange", "AnnotationChange"};
    mailbox_filter(out.open(), group.filter);
    if (group.events == 0) {
        (out << "NONE").close();
        return;
    }
    out.open();
    for (std::size_t bit = 0; bit < names.size(); ++bit) {
        if ((group.events >> bit & 1U) == 0) continue;
        out << names[bit];
        if (bit == 0 && !group.fetch.empty()) fetch_attributes(out, group.fetch);
    }
    out.close().close();
}

void append_pieces(Words& out, const std::vector<AppendPiece>& pieces) {
    using Kind = AppendPiece::Kind;
    bool inside = false;  // a CATENATE
    for (const AppendPiece& piece : pieces) {
        const bool part = piece.catenate || piece.kind == Kind::url;
        if (part && !inside) {
            out << "CATENATE" << "(";
            inside = true;
        }
        const std::string mark = (piece.binary ? "~{" : "{") + std::to_string(piece.size) + "}";
        switch (piece.kind) {
            case Kind::begin:
                out.flags(piece.flags);
                if (piece.internal_date) {
                    std::string date = "\"";
                    write_date_time(date, *piece.internal_date);
                    out << date + "\"";
                }
                break;
            case Kind::literal:
                if (piece.utf8) out << "UTF8" << "(";
                if (part) out << "TEXT";
                out << mark;
                break;
            case Kind::url: {
                std::string quoted = "\"";
                for (const char c : piece.url) {
                    if (c == '"' || c == '\\') quoted += '\\';
                    quoted += c;
                }
                out << "URL" << quoted + "\"";
                break;
            }
            case Kind::url_literal:
                out << "URL" << mark;
                break;
            case Kind::end:
                if (inside) out.close();
                inside = false;
                break;
        }
    }
}

struct Text {
    Words out;

    void operator()(const cmd::Capability&) { out << "CAPABILITY"; }
    void operator()(const cmd::Noop&) { out << "NOOP"; }
    void operator()(const cmd::Logout&) { out << "LOGOUT"; }
    void operator()(const cmd::StartTls&) { out << "STARTTLS"; }
    void operator()(const cmd::Namespace&) { out << "NAMESPACE"; }
    void operator()(const cmd::Check&) { out << "CHECK"; }
    void operator()(const cmd::Close&) { out << "CLOSE"; }
    void operator()(const cmd::Unselect&) { out << "UNSELECT"; }
    void operator()(const cmd::Idle&) { out << "IDLE"; }
    void operator()(const cmd::Compress&) { out << "COMPRESS" << "DEFLATE"; }
    void operator()(const cmd::Unauthenticate&) { out << "UNAUTHENTICATE"; }
    void operator()(const cmd::Authenticate& c) {
        out << "AUTHENTICATE" << c.mechanism;
        if (c.initial_response) out << (c.initial_response->empty() ? "=" : c.initial_response->reveal());
    }
    void operator()(const cmd::Login& c) { (out << "LOGIN").astring(c.user).astring(c.password.reveal()); }
    void operator()(const cmd::Id& c) {
        (out << "ID").open();
        for (const auto& [name, value] : c.fields) {
            out.string(name);
            value ? out.string(*value) : out << "NIL";
        }
        out.close();
    }
    void operator()(const cmd::Enable& c) {
        out << "ENABLE";
        for (const std::string& name : c.capabilities) out << name;
    }
    void operator()(const cmd::Select& c) {
        (out << (c.read_only ? "EXAMINE" : "SELECT")).mailbox(c.mailbox);
        if (!c.condstore && !c.qresync) return;
        out.open();
        if (c.condstore) out << "CONDSTORE";
        if (c.qresync) {
            (out << "QRESYNC").open().number(c.qresync->uid_validity).number(c.qresync->mod_seq.value);
            if (c.qresync->known_uids) out.set(*c.qresync->known_uids);
            if (!c.qresync->known_seqs.ranges.empty())
                out.open().set(c.qresync->known_seqs).set(c.qresync->known_seq_uids).close();
            out.close();
        }
        out.close();
    }
    void operator()(const cmd::Create& c) {
        (out << "CREATE").mailbox(c.mailbox);
        if (c.use.empty()) return;
        (out.open() << "USE").open();
        for (const std::string& use : c.use) out << use;
        out.close().close();
    }
    void operator()(const cmd::Delete& c) { (out << "DELETE").mailbox(c.mailbox); }
    void operator()(const cmd::Rename& c) { (out << "RENAME").mailbox(c.from).mailbox(c.to); }
    void operator()(const cmd::Subscribe& c) { (out << "SUBSCRIBE").mailbox(c.mailbox); }
    void operator()(const cmd::Unsubscribe& c) { (out << "UNSUBSCRIBE").mailbox(c.mailbox); }
    void operator()(const cmd::List& c) {
        using Kind = cmd::List::Kind;
        out << (c.kind == Kind::list ? "LIST" : c.kind == Kind::lsub ? "LSUB" : "XLIST");
        if (c.extended) {
            out.open();
            if (c.select_subscribed) out << "SUBSCRIBED";
            if (c.select_remote) out << "REMOTE";
            if (c.select_special_use) out << "SPECIAL-USE";
            if (c.select_recursive_match) out << "RECURSIVEMATCH";
            out.close();
        }
        out.mailbox(c.reference);
        if (c.patterns.size() > 1) out.open();
        if (c.patterns.empty()) out << "&AAA-";  // no name: matches nothing
        for (const std::string& pattern : c.patterns) out.mailbox(pattern);
        if (c.patterns.size() > 1) out.close();
        if (!c.extended) return;
        (out << "RETURN").open();
        if (c.return_subscribed) out << "SUBSCRIBED";
        if (c.return_children) out << "CHILDREN";
        if (c.return_special_use) out << "SPECIAL-USE";
        if (!c.return_metadata.empty()) {
            (out << "METADATA").open();
            for (const std::string& entry : c.return_metadata) out.astring(entry);
            out.close();
        }
        if (c.return_my_rights) out << "MYRIGHTS";
        if (c.return_status != 0) status_items(out << "STATUS", c.return_status);
        out.close();
    }
    void operator()(const cmd::Status& c) { status_items((out << "STATUS").mailbox(c.mailbox), c.items); }
    void operator()(const cmd::UidBatches& c) {
        (out << "UIDBATCHES").number(c.size);
        if (c.wanted) out << std::to_string(c.wanted->first) + ":" + std::to_string(c.wanted->last);
    }
    void operator()(const cmd::Append& c) { append_pieces((out << "APPEND").mailbox(c.mailbox), c.pieces); }
    void operator()(const cmd::Replace& c) {
        out << std::string(c.uid ? "UID REPLACE " : "REPLACE ")
                   .append(c.message == SequenceSet::star ? "*" : std::to_string(c.message));
        append_pieces(out.mailbox(c.by.mailbox), c.by.pieces);
    }
    void operator()(const cmd::Expunge& c) {
        if (c.uids) {
            (out << "UID" << "EXPUNGE").set(*c.uids);
        } else {
            out << "EXPUNGE";
        }
    }
    void operator()(const cmd::Search& c) {
        const bool sorts = !c.order.empty();
        if (c.uid) out << "UID";
        out << (sorts ? "SORT" : "SEARCH");
        return_options(out, c);
        if (sorts) sort_criteria(out, c.order);
        search_program(out, c.program, sorts);
    }
    void operator()(const cmd::Thread& c) {
        constexpr std::array<std::string_view, 3> names{"ORDEREDSUBJECT", "REFERENCES", "REFS"};
        if (c.uid) out << "UID";
        out << "THREAD" << names[static_cast<std::size_t>(c.algorithm)];
        search_program(out, c.program, true);
    }
    void operator()(const cmd::MultiSearch& c) {
        out << "ESEARCH";
        if (c.has_sources) mailbox_filters(out, c.sources);
        return_options(out, c.search);
        search_program(out, c.search.program, false);
    }
    void operator()(const cmd::CancelUpdate& c) {
        out << "CANCELUPDATE";
        for (const std::string& tag : c.tags) out.string(tag);
    }
    void operator()(const cmd::Comparator& c) {
        out << "COMPARATOR";
        for (const std::string& wanted : c.wanted) out.astring(wanted);
    }
    void operator()(const cmd::Language& c) {
        out << "LANGUAGE";
        for (const std::string& wanted : c.wanted) out.astring(wanted);
    }
    void operator()(const cmd::Notify& c) {
        out << "NOTIFY" << (c.groups.empty() ? "NONE" : "SET");
        if (c.status) out << "STATUS";
        for (const NotifyGroup& group : c.groups) notify_group(out, group);
    }
    void operator()(const cmd::Fetch& c) {
        fetch_items((out << (c.uid ? "UID FETCH" : "FETCH")).set(c.set), c);
    }
    void operator()(const cmd::Store& c) {
        (out << (c.uid ? "UID STORE" : "STORE")).set(c.set);
        if (c.unchanged_since) (out.open() << "UNCHANGEDSINCE").number(c.unchanged_since->value).close();
        using Change = cmd::Store::Change;
        std::string name = c.change == Change::add      ? "+FLAGS"
                           : c.change == Change::remove ? "-FLAGS"
                                                        : "FLAGS";
        if (c.silent) name += ".SILENT";
        (out << name).flags(c.flags);
    }
    void operator()(const cmd::Copy& c) {
        (out << (c.uid ? "UID COPY" : "COPY")).set(c.set).mailbox(c.mailbox);
    }
    void operator()(const cmd::Move& c) {
        (out << (c.uid ? "UID MOVE" : "MOVE")).set(c.set).mailbox(c.mailbox);
    }
    void operator()(const cmd::SetAcl& c) {
        using Change = cmd::SetAcl::Change;
        const bool erase = c.change == Change::erase;
        (out << (erase ? "DELETEACL" : "SETACL")).mailbox(c.mailbox).astring(c.identifier);
        if (erase) return;
        const char* sign = c.change == Change::add ? "+" : c.change == Change::remove ? "-" : "";
        out.astring(sign + c.rights);
    }
    void operator()(const cmd::GetAcl& c) { (out << "GETACL").mailbox(c.mailbox); }
    void operator()(const cmd::ListRights& c) {
        (out << "LISTRIGHTS").mailbox(c.mailbox).astring(c.identifier);
    }
    void operator()(const cmd::MyRights& c) { (out << "MYRIGHTS").mailbox(c.mailbox); }
    void operator()(const cmd::GetQuota& c) { (out << "GETQUOTA").astring(c.root); }
    void operator()(const cmd::GetQuotaRoot& c) { (out << "GETQUOTAROOT").mailbox(c.mailbox); }
    void operator()(const cmd::SetQuota& c) {
        (out << "SETQUOTA").astring(c.root).open();
        for (const auto& [name, limit] : c.limits) (out << name).number(limit);
        out.close();
    }
    void operator()(const cmd::GetMetadata& c) {
        using Depth = cmd::GetMetadata::Depth;
        out << "GETMETADATA";
        if (c.size_max || c.depth != Depth::self) {
            out.open();
            if (c.size_max) (out << "MAXSIZE").number(*c.size_max);
            if (c.depth != Depth::self) out << "DEPTH" << (c.depth == Depth::all ? "INFINITY" : "1");
            out.close();
        }
        out.mailbox(c.mailbox).open();
        for (const std::string& entry : c.entries) out.astring(entry);
        out.close();
    }
    void operator()(const cmd::SetMetadata& c) {
        (out << "SETMETADATA").mailbox(c.mailbox).open();
        for (const auto& [name, value] : c.entries) {
            out.astring(name);
            value ? out.string(*value) : out << "NIL";
        }
        out.close();
    }
};
}  // namespace

std::string command_text(const Command& command) {
    Text text;
    std::visit(text, command);
    return text.out.take();
}

}  // namespace imap::test

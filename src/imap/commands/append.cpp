// APPEND: RFC 9051 section 6.3.12, RFC 3502 (MULTIAPPEND), RFC 4469 (CATENATE), RFC 6855 section 4 (UTF8),
// RFC 7889. The parts that URLs name are in append_url.cpp.
#include "imap/commands/append_run.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {

namespace {

using Kind = AppendPiece::Kind;

/// RFC 4314 section 4: flags that the user may not set there are left out, and the message is taken.
store::NamedFlags named(const FlagList& flags, store::Rights rights) {
    store::NamedFlags named;
    named.system = store::FlagSet(flags.system, 0) & rights.flags();
    if (rights.has(store::Right::write)) named.keywords = flags.keywords;
    return named;
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Append append) {
    AppendRun run(*this, std::move(append.pieces));
    co_return co_await run.run(std::move(append.mailbox));
}

/// All messages, up to the end of the command; and where they go, with the rights there at that moment.
awaitable<AppendRun::End> AppendRun::receive(std::string mailbox, Place* place) {
    Destination destination = co_await session_.open_to_insert(std::move(mailbox), place);
    folder_ = std::move(destination.folder);
    rights_ = place->rights;
    if (destination.reply) fail(std::move(*destination.reply));
    End end = co_await take_pieces();
    if (end) co_return end;
    if (failed()) co_return answer();
    // The literals may have taken long: the right may have been taken back meanwhile (RFC 4314 section 4).
    place->rights = session_.rights_now(*place);
    if (!place->rights.has(store::Right::insert)) co_return insert_refusal(place->rights);
    co_return std::nullopt;
}

awaitable<Reply> AppendRun::run(std::string mailbox) {
    Place place;
    End end = co_await receive(std::move(mailbox), &place);
    if (end) co_return std::move(*end);
    const auto appended = co_await folder_->append(std::move(messages_));
    if (!appended) co_return reply_of(appended.error(), true);
    session_.note_own(place.info.id, &appended->uids);
    // RFC 4315 section 4: uids of a mailbox that one may not open are not said.
    if (!place.rights.has(store::Right::read)) co_return ok("Append completed");
    // No UIDNEXT is volunteered: mbsync took it for the appended one (imap.md quirk 21).
    co_return ok("Append completed", code::append_uid(appended->uid_validity, appended->uids));
}

/// Until the command ends. What is only known to be wrong in the middle is said when no octet is on its way.
awaitable<AppendRun::End> AppendRun::take_pieces() {
    for (std::size_t at = 0; at < pieces_.size(); ++at) {
        AppendPiece piece = std::move(pieces_[at]);
        // How many messages the command has, only its end tells.
        const bool more = co_await session_.tell_progress(&progress_, messages_.size(), 0);
        if (!more) co_return gone();
        End end;
        switch (piece.kind) {
            case Kind::begin:
                end = begin(piece);
                break;
            case Kind::url:
                end = co_await add_url(std::move(piece.url));
                break;
            case Kind::end:
                co_await finish_message();
                break;
            case Kind::literal:
            case Kind::url_literal:
                end = co_await take_literal(&piece);
                if (!end && piece.kind == Kind::url_literal) end = co_await add_url(std::move(literal_url_));
                if (!end) end = co_await read_tail(std::move(piece));
                at = static_cast<std::size_t>(-1);  // pieces_ are those of the next frame
                break;
        }
        if (end) co_return end;
    }
    co_return std::nullopt;
}

AppendRun::End AppendRun::begin(AppendPiece& piece) {
    if (auto refused = session_.refuse_many(messages_.size() + 1, true)) return refuse(std::move(*refused));
    if (messages_.size() >= session_.services_.limits.append_messages_max)
        return refuse(no(code::limit, "Too many messages in one APPEND"));
    writer_ = session_.services_.store.new_message();
    written_ = 0;
    incoming_ = store::Incoming();
    incoming_.flags = named(piece.flags, rights_);
    incoming_.internal_date = piece.internal_date;
    return std::nullopt;
}

awaitable<void> AppendRun::finish_message() {
    if (failed()) co_return;
    auto content = co_await writer_->finish();
    if (!content) {
        failed_ = content.error();
        co_return;
    }
    incoming_.content = std::move(*content);
    messages_.push_back(std::move(incoming_));
    octets_ += written_;
}

/// The first failure is the one that is told.
void AppendRun::fail(Reply reply) {
    if (failed()) return;
    refusal_ = std::move(reply);
    failed_ = store::Error(store::Errc::denied, "");
}

/// So many octets more of the message under way: whether they have a place is asked before they are taken.
awaitable<void> AppendRun::make_room(std::uint64_t octets) {
    const Limits& limits = session_.services_.limits;
    const std::uint64_t largest = session_.services_.store.limits().message_bytes_max;
    if (failed()) co_return;
    if (octets > largest || written_ + octets > largest) {
        fail(no(code::too_big, "Message is too large"));  // RFC 4469 section 4.2, RFC 7889 section 4
        co_return;
    }
    if (octets_ != 0 && octets_ + written_ + octets > limits.append_bytes_max) {
        fail(no(code::limit, "Too many messages in one APPEND"));
        co_return;
    }
    std::uint64_t bytes = octets_ + written_ + octets, messages = messages_.size() + 1;
    if (replaced_.uid && folder_->account() == session_.selected_->folder->account()) {
        // RFC 8508 section 3.4: what goes makes room for what comes.
        bytes -= std::min(bytes, replaced_.size);
        --messages;
        if (bytes == 0 && messages == 0) co_return;
    }
    const auto room = co_await folder_->room_for(bytes, messages);
    if (!room) failed_ = room.error();
}

/// The literal is not taken: skipped if it comes anyway and is small, else the connection ends.
Reply AppendRun::refuse(Reply reply) {
    if (!std::exchange(session_.literal_waits_, false)) return reply;
    if (session_.framer_.refuse_literal()) return reply;
    // The tagged answer first, then the reason for the close.
    write_condition(session_.out(), session_.tag_, reply.condition, reply.code, reply.text);
    session_.say_bye(code::too_big, "Literal is too large to be skipped");
    return gone();
}

/// One literal: of a message, of a part, or a URL.
awaitable<AppendRun::End> AppendRun::take_literal(const AppendPiece* piece) {
    const bool url = piece->kind == Kind::url_literal;
    if (url && piece->size > ParseLimits::url_bytes_max) co_return refuse(bad("URL is too long"));
    // Asked before "+": RFC 7889 section 4, RFC 9051 section 6.3.12.
    if (!url && piece->size > session_.services_.store.limits().message_bytes_max)
        co_return refuse(no(code::too_big, "Message is too large"));
    if (piece->utf8 && !session_.utf8_ && !session_.rev2_) co_return refuse(bad("UTF8 is not enabled"));
    if (!url) {
        const bool limited = !failed();
        co_await make_room(piece->size);
        if (limited && refusal_ && failed()) co_return refuse(answer());
    }
    // Octets that come unasked are read past, so that the session goes on; others are not asked for.
    if (failed() && !session_.literal_non_sync_) co_return refuse(answer());
    session_.framer_.take_literal();
    session_.literal_waits_ = false;
    if (!session_.literal_non_sync_) {
        write_continuation(session_.out(), "OK");
        const bool sent = co_await session_.connection_.flush();
        if (!sent) co_return gone();
    }
    literal_url_.clear();
    bool received = true;
    if (url) {
        std::uint64_t left = piece->size;
        while (left != 0 && received) {
            const std::string_view here =
                session_.connection_.input().substr(0, static_cast<std::size_t>(left));
            literal_url_.append(here);
            left -= here.size();
            session_.connection_.consume(here.size());
            if (left != 0)
                received = co_await session_.wait_for_octets(session_.services_.limits.literal_stall_max);
        }
    } else {
        received = co_await copy_literal(piece->size);
        written_ += piece->size;
    }
    if (!received) co_return gone();
    co_return std::nullopt;
}

/// Moves the literal's octets to the writer; after a failure of the store they are only read past, so that
/// the command ends where the client thinks it does. False: the session is over.
awaitable<bool> AppendRun::copy_literal(std::uint64_t octets) {
    net::Connection& connection = session_.connection_;
    const Limits& limits = session_.services_.limits;
    while (octets != 0) {
        std::string_view piece = connection.input();
        if (piece.empty()) {
            const bool more = co_await session_.wait_for_octets(limits.literal_stall_max);
            if (!more) co_return false;
            continue;
        }
        piece = piece.substr(0, std::min<std::uint64_t>({octets, piece.size(), limits.read_bytes}));
        if (!failed()) {
            const auto written = co_await writer_->write(piece);
            if (!written) failed_ = written.error();
        }
        octets -= piece.size();
        connection.consume(piece.size());
    }
    co_return true;
}

/// What stands behind a literal: the command's end, or what comes up to the next literal.
awaitable<AppendRun::End> AppendRun::read_tail(AppendPiece after) {
    Framer& framer = session_.framer_;
    for (;;) {
        const Framer::Found found = framer.poll(session_.connection_.input());
        if (found.status == Framer::Status::need_continuation) write_continuation(session_.out(), "OK");
        if (found.status == Framer::Status::need_more || found.status == Framer::Status::need_continuation) {
            const bool more = co_await session_.wait_for_octets(session_.services_.limits.literal_stall_max);
            if (!more) co_return gone();
            continue;
        }
        const bool literal = found.status == Framer::Status::literal;
        if (!literal && found.status != Framer::Status::frame) {
            Reply fault = bad(found.reason);
            if (found.status == Framer::Status::fatal) fault.then = Reply::Then::close;
            session_.connection_.consume(found.octets);
            framer.next();
            co_return fault;
        }
        auto tail = parse_append_tail(found.frame, after);
        session_.literal_non_sync_ = found.non_sync;
        session_.literal_waits_ = literal;
        session_.connection_.consume(found.octets);
        if (!literal) framer.next();
        if (!tail) co_return refuse(bad(tail.error().what));
        pieces_ = std::move(*tail);
        co_return std::nullopt;
    }
}

}  // namespace imap

// APPEND: RFC 9051 section 6.3.12, RFC 3502 (MULTIAPPEND), RFC 6855 section 4 (UTF8), RFC 7889. The message
// is never held in memory: octets go from the connection's input to the store as they come.
#include "imap/session.hpp"

namespace imap {

namespace {

/// RFC 4314 section 4: flags that the user may not set there are left out, and the message is taken.
store::NamedFlags named(const FlagList& flags, store::Rights rights) {
    store::NamedFlags named;
    named.system = store::FlagSet(flags.system, 0) & rights.flags();
    if (rights.has(store::Right::write)) named.keywords = flags.keywords;
    return named;
}

}  // namespace

/// What is known while messages come in. The framer stands before a literal until it is taken or refused.
struct Session::AppendState {
    store::FolderPtr folder;
    store::Rights rights;
    std::vector<store::Incoming> messages;
    std::uint64_t octets = 0;      // of the messages
    cmd::AppendMessage next;       // its literal comes now
    store::Error failed;           // the rest is only read past
    std::optional<Reply> refusal;  // instead of what `failed` says
    bool done = false;

    Reply answer() const { return refusal ? *refusal : reply_of(failed, true); }
};

awaitable<Reply> Session::handle(cmd::Append append) {
    AppendState state;
    state.next = std::move(append.message);
    Place place;
    Destination destination = co_await open_to_insert(std::move(append.mailbox), &place);
    state.folder = std::move(destination.folder);
    state.rights = place.rights;
    if (destination.reply) {
        state.refusal = std::move(destination.reply);
        state.failed = store::Error(store::Errc::denied, "");
    }
    while (!state.done) {
        // Asked before "+": RFC 7889 section 4, RFC 9051 section 6.3.12.
        if (state.next.size > services_.store.limits().message_bytes_max)
            co_return refuse_append(no(code::too_big, "Message is too large"));
        const Limits& limits = services_.limits;
        const bool too_much = state.octets != 0 && state.octets + state.next.size > limits.append_bytes_max;
        if (state.messages.size() >= limits.append_messages_max || too_much)
            co_return refuse_append(no(code::limit, "Too many messages in one APPEND"));
        if (state.next.utf8 && !utf8_ && !rev2_) co_return refuse_append(bad("UTF8 is not enabled"));
        if (state.failed.code() == store::Errc::none) {
            const std::uint64_t octets = state.octets + state.next.size;
            const auto room = co_await state.folder->room_for(octets, state.messages.size() + 1);
            if (!room) state.failed = room.error();
        }
        // Octets that come unasked are read past, so that the session goes on; others are not asked for.
        if (state.failed.code() != store::Errc::none && !literal_non_sync_)
            co_return refuse_append(state.answer());
        std::optional<Reply> fault = co_await receive_message(&state);
        if (fault) co_return std::move(*fault);
    }
    if (state.failed.code() != store::Errc::none) co_return state.answer();
    // The literals may have taken long: the right may have been taken back meanwhile (RFC 4314 section 4).
    const store::Rights now = rights_now(place);
    if (!now.has(store::Right::insert)) co_return insert_refusal(now);
    const auto appended = co_await state.folder->append(std::move(state.messages));
    if (!appended) co_return reply_of(appended.error(), true);
    // RFC 4315 section 4: uids of a mailbox that one may not open are not said.
    if (!now.has(store::Right::read)) co_return ok("Append completed");
    // No UIDNEXT is volunteered: mbsync took it for the appended one (imap.md quirk 21).
    co_return ok("Append completed", code::append_uid(appended->uid_validity, appended->uids));
}

/// The literal is not taken: skipped if it comes anyway and is small, else the connection ends.
Reply Session::refuse_append(Reply reply) {
    if (!framer_.refuse_literal()) reply.then = Reply::Then::close;
    if (reply.then == Reply::Then::close) {
        // The tagged answer first, then the reason for the close.
        write_condition(out(), tag_, reply.condition, reply.code, reply.text);
        say_bye(code::too_big, "Literal is too large to be skipped");
        return gone();
    }
    return reply;
}

/// One literal, and what follows it. A value: the command ends with that.
awaitable<std::optional<Reply>> Session::receive_message(AppendState* state) {
    framer_.take_literal();
    if (!literal_non_sync_) {
        write_continuation(out(), "OK");
        const bool sent = co_await connection_.flush();
        if (!sent) co_return gone();
    }
    const std::unique_ptr<store::MessageWriter> writer = services_.store.new_message();
    const bool received = co_await receive_literal(writer.get(), state->next.size, &state->failed);
    if (!received) co_return gone();
    if (state->failed.code() == store::Errc::none) {
        auto content = co_await writer->finish();
        if (content) {
            store::Incoming message(std::move(*content));
            message.flags = named(state->next.flags, state->rights);
            message.internal_date = state->next.internal_date;
            state->messages.push_back(std::move(message));
            state->octets += state->next.size;
        } else {
            state->failed = content.error();
        }
    }
    co_return co_await read_append_tail(state);
}

/// What stands behind a literal: the command's end, or the next message's flags, date and size.
awaitable<std::optional<Reply>> Session::read_append_tail(AppendState* state) {
    for (;;) {
        const Framer::Found found = framer_.poll(connection_.input());
        if (found.status == Framer::Status::need_continuation) write_continuation(out(), "OK");
        if (found.status == Framer::Status::need_more || found.status == Framer::Status::need_continuation) {
            const bool more = co_await wait_for_octets(services_.limits.literal_stall_max);
            if (!more) co_return gone();
            continue;
        }
        const bool literal = found.status == Framer::Status::literal;
        if (!literal && found.status != Framer::Status::frame) {
            Reply fault = bad(found.reason);
            if (found.status == Framer::Status::fatal) fault.then = Reply::Then::close;
            connection_.consume(found.octets);
            framer_.next();
            co_return fault;
        }
        auto tail = parse_append_tail(found.frame, state->next);
        literal_non_sync_ = found.non_sync;
        connection_.consume(found.octets);
        if (!tail) {
            Reply fault = bad(tail.error().what);
            if (literal) co_return refuse_append(std::move(fault));
            framer_.next();
            co_return fault;
        }
        if (!literal) framer_.next();
        state->done = !tail->has_value();
        if (!state->done) state->next = std::move(**tail);
        co_return std::nullopt;
    }
}

/// Moves the literal's octets to the writer; after a failure of the store they are only read past, so that
/// the command ends where the client thinks it does. False: the session is over.
awaitable<bool> Session::receive_literal(store::MessageWriter* writer, std::uint64_t octets,
                                         store::Error* failed) {
    while (octets != 0) {
        std::string_view piece = connection_.input();
        if (piece.empty()) {
            const bool more = co_await wait_for_octets(services_.limits.literal_stall_max);
            if (!more) co_return false;
            continue;
        }
        piece = piece.substr(0, std::min<std::uint64_t>({octets, piece.size(), services_.limits.read_bytes}));
        if (failed->code() == store::Errc::none) {
            const auto written = co_await writer->write(piece);
            if (!written) *failed = written.error();
        }
        octets -= piece.size();
        connection_.consume(piece.size());
    }
    co_return true;
}

}  // namespace imap

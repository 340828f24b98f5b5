// The story of a session: greeting, frames, commands, replies.
#include "imap/session.hpp"

#include "base/log.hpp"
#include "imap/capability.hpp"
#include "imap/notifier.hpp"
#include "net/rest.hpp"

namespace imap {

Session::Session(net::Connection& connection, const Services& services)
    : Wire(connection, services), Mailboxes(services), framer_(services.limits.before_login) {}

awaitable<void> Session::run() {
    greet();
    for (bool more = true; more;) more = co_await step();
    co_await connection_.flush();
}

Session::~Session() = default;

void Session::greet() {
    write_condition(out(), "*", Condition::ok, code::capability(capabilities()),
                    services_.hostname + " ready");
}

/// Does what the next frame asks for, or waits for more octets. False: the session is over.
awaitable<bool> Session::step() {
    const Framer::Found found = framer_.poll(connection_.input());
    switch (found.status) {
        case Framer::Status::need_continuation:
            // Its octets may be here already: look again before any waiting.
            write_continuation(out(), "OK");
            co_return true;
        case Framer::Status::need_more:
            co_return co_await wait_for_command();
        case Framer::Status::frame:
        case Framer::Status::literal:
            co_return co_await run_frame(found);
        case Framer::Status::skip:
            connection_.consume(found.octets);
            framer_.next();
            co_return true;
        case Framer::Status::refused: {
            const bool more = refuse(found.tag, found.reason);
            connection_.consume(found.octets);
            framer_.next();
            co_return more;
        }
        case Framer::Status::fatal:
            break;
    }
    refuse(found.tag, found.reason);
    if (!ending_) say_bye({}, "Cannot go on");
    co_return false;
}

/// Parses and runs one command. APPEND's first literal is still outside: its handler takes it.
awaitable<bool> Session::run_frame(Framer::Found found) {
    tag_ = "*";
    const ParseMode mode{utf8_ || rev2_, uid_only_};
    Parsed<ParsedCommand> parsed = parse_command(found.frame, tag_, mode);
    connection_.consume(found.octets);
    const bool has_literal = found.status == Framer::Status::literal;
    literal_non_sync_ = found.non_sync;
    literal_waits_ = has_literal;
    if (!parsed) {
        bool more = refuse(tag_, parsed.error().what, parsed.error().code);
        if (!has_literal) {
            framer_.next();
        } else if (!framer_.refuse_literal()) {
            if (!ending_) say_bye(code::too_big, "Literal is too large to be skipped");
            more = false;
        }
        co_return more;
    }
    if (!has_literal) framer_.next();
    spec_ = parsed->spec;
    ++commands_;
    registration_.set_state(spec_->name.data());  // a literal of the table: ends in NUL
    Reply reply = co_await call(std::move(*parsed));
    co_return co_await finish(std::move(reply));
}

/// Checks what the table says of the command and calls its handler.
awaitable<Reply> Session::call(ParsedCommand parsed) {
    const CommandSpec& spec = *parsed.spec;
    limit_.clear();
    Reply refused = check_state(spec);
    if (refused.condition != Condition::ok) {
        // A message that nobody wants must still be got out of the way (Stalwart issue 2768).
        if (std::exchange(literal_waits_, false) && !framer_.refuse_literal())
            refused.then = Reply::Then::close;
        co_return refused;
    }
    if (selected_) {
        if (selected_->folder->deleted()) {
            say_bye({}, "The selected mailbox was deleted");
            co_return gone();
        }
        if (!rights_hold()) co_return gone();
        // Sequence numbers of the command are those that the client knew when it sent it: nothing may move
        // them now. A command with uids sees what is there (imap.md quirk 23).
        const bool may_expunge = spec.breaks_seq && !spec.uses_seq;
        if (tells_first(parsed.command) && is_behind(may_expunge)) {
            const bool more = co_await synchronise(may_expunge, false);
            if (!more) co_return gone();
        }
    }
    const auto run = [this](auto&& command) { return handle(std::forward<decltype(command)>(command)); };
    co_return co_await std::visit(run, std::move(parsed.command));
}

/// Whether news is told before the command runs. STORE tells what others did together with what it does
/// itself: a FETCH of the flags before would be the last that a STORE.SILENT tells, and it would no longer be
/// true. Whoever leaves the mailbox hears nothing: a MODSEQ without the VANISHED that had to wait would hide
/// it (RFC 7162 section 6).
bool Session::tells_first(const Command& command) const {
    const auto* store = std::get_if<cmd::Store>(&command);
    if (store != nullptr) return !store->uid && selected_->view.out_of_range(store->set);
    return !std::holds_alternative<cmd::Logout>(command) && !std::holds_alternative<cmd::Close>(command) &&
           !std::holds_alternative<cmd::Unselect>(command) &&
           !std::holds_alternative<cmd::Unauthenticate>(command);
}

Reply Session::check_state(const CommandSpec& spec) const {
    if ((spec.states & state_) != 0) return ok("");
    switch (state_) {
        case state_not_authenticated:
            return bad("Log in first");
        case state_authenticated:
            return bad(spec.states == state_selected ? "Select a mailbox first" : "Already logged in");
        case state_selected:
            break;
    }
    return bad("Already logged in");
}

/// Tells what changed, then says how the command ended. False: the session is over.
awaitable<bool> Session::finish(Reply reply) {
    if (reply.then == Reply::Then::silent_close) co_return false;
    if (selected_ && !ending_ && is_behind(spec_->breaks_seq)) {
        const bool more = co_await synchronise(spec_->breaks_seq, spec_->name.starts_with("UID "));
        if (!more) co_return false;
    }
    if (contexts_wait() && !ending_) {
        const bool more = co_await update_contexts();
        if (!more) co_return false;
    }
    if (!ending_) {
        const bool more = co_await tell_elsewhere();
        if (!more) co_return false;
    }
    if (selected_ && qresync_ && !ending_) tell_modseq(reply);
    if (!limit_.empty() && !ending_) tell_limit(&reply);
    write_condition(out(), tag_, reply.condition, reply.code, reply.text);
    if (reply.condition == Condition::bad) {
        if (++bad_in_a_row_ >= (state_ == state_not_authenticated ? services_.limits.bad_before_login_max
                                                                  : services_.limits.bad_after_login_max)) {
            say_bye({}, "Too many bad commands");
            co_return false;
        }
    } else {
        bad_in_a_row_ = 0;
    }
    if (reply.then == Reply::Then::close) co_return false;
    if (reply.then != Reply::Then::go_on) {
        const bool changed = co_await change_layer(reply.then);
        if (!changed) co_return false;
    }
    if (!wants_breath()) co_return true;
    co_return co_await breathe();
}

/// What lies below the session changes behind the tagged OK. False: the session is over.
awaitable<bool> Session::change_layer(Reply::Then how) {
    const bool sent = co_await connection_.flush();
    if (!sent) co_return false;
    switch (how) {
        case Reply::Then::start_compression:
            connection_.start_compression();
            registration_.set_compressed(true);
            co_return true;
        case Reply::Then::stop_compression:
            connection_.stop_compression();
            registration_.set_compressed(false);
            co_return true;
        case Reply::Then::relay:
            co_await carry();
            co_return false;
        default:
            break;
    }
    const bool secured = co_await connection_.start_tls();
    if (!secured) co_return false;
    // RFC 9051 section 6.2.1: what was said in plain text is forgotten.
    framer_ = Framer(services_.limits.before_login);
    registration_.set_tls(connection_.peer().tls_version);
    co_return true;
}

/// BAD for what is no command. False: there were too many.
bool Session::refuse(std::string_view tag, std::string_view reason, std::string_view code) {
    write_condition(out(), tag.empty() ? "*" : tag, Condition::bad, code, reason);
    const Limits& limits = services_.limits;
    const unsigned max =
        state_ == state_not_authenticated ? limits.bad_before_login_max : limits.bad_after_login_max;
    if (++bad_in_a_row_ < max) return true;
    say_bye({}, "Too many bad commands");
    return false;
}

std::string Session::capabilities() {
    CapabilityFacts facts;
    facts.logged_in = state_ != state_not_authenticated;
    facts.shares = services_.directory != nullptr;
    facts.relayed = course_.relayed;
    facts.append_bytes_max = services_.store.limits().message_bytes_max;
    facts.command_messages_max = services_.limits.command_messages_max;
    facts.saved_messages_max = services_.limits.saved_messages_max;
    if (!facts.logged_in) {
        facts.can_start_tls = connection_.can_start_tls();
        facts.plain_text_refused = services_.authenticator.plain_text_refused(client());
        facts.mechanisms = services_.authenticator.mechanisms(client());
    }
    return capability_line(facts);
}

auth::Client Session::client() const {
    const net::PeerInfo& peer = connection_.peer();
    auth::Client client;
    client.protocol = "imap";
    client.address = peer.address;
    client.listener = peer.listener;
    client.loopback = peer.loopback;
    client.tls = peer.tls;
    client.front_end = peer.front_end;
    client.certificate_identity = peer.tls_client_subject;
    net::Connection* connection = &connection_;  // outlives every exchange: the session's own
    client.channel_binding = [connection](std::string_view type) {
        return connection->channel_binding(type);
    };
    client.pause = net::rest_of(connection);
    return client;
}

/// The rights of the selected mailbox, which somebody may have changed: RFC 4314 section 5.1.1. False: it may
/// not be read any more; BYE was said.
bool Session::rights_hold() {
    Selected& selected = *selected_;
    const store::FolderTreePtr tree = selected.account->folders();
    if (tree == selected.tree) return true;
    selected.tree = tree;
    const store::FolderInfo* info = tree->find(selected.folder->id());
    if (info == nullptr) return true;  // deleted: said elsewhere
    const store::Rights rights = store::rights_of(info->acl.get(), selected.account->id(), account_->id());
    if (rights == selected.rights) return true;
    selected.rights = rights;
    if (!rights.has(store::Right::read)) {
        say_bye({}, "The selected mailbox may not be read any more");
        return false;
    }
    write_flag_lists();
    return true;
}

void Session::deselect() {
    if (!selected_) return;
    selected_.reset();
    state_ = state_authenticated;
    registration_.set_folder({});
}

/// RFC 9585: how far the command that runs is, when it is time to say so. Asked between two responses, never
/// within one. False: the session is over.
awaitable<bool> Session::tell_progress(Progress* progress, std::uint64_t done, std::uint64_t goal) {
    if (!progress->due(services_.clock->now())) co_return true;
    write_condition(out(), "*", Condition::ok, in_progress_code(tag_, done, goal), "Still at it");
    co_return co_await connection_.flush();
}

awaitable<void> Session::end_after_bug(std::string what) {
    base::log::error("imap", "bug",
                     {{"command", spec_ != nullptr ? spec_->name : std::string_view("none")},
                      {"user", user_},
                      {"what", what}});
    say_bye(code::server_bug, "Internal error, it was logged");
    co_await connection_.flush();
}

void Session::log_end() const {
    base::log::info("imap", "end",
                    {{"user", user_},
                     {"ip", connection_.peer().address},
                     {"commands", commands_},
                     {"in", connection_.octets_in()},
                     {"out", connection_.octets_out()}});
}

}  // namespace imap

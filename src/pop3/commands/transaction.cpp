// STAT, LIST, UIDL, DELE, RSET, NOOP, QUIT: the maildrop. RFC 1939 sections 5 to 7.
#include <fmt/format.h>

#include "base/log.hpp"
#include "pop3/session.hpp"

namespace pop3 {
namespace {
constexpr std::string_view no_such_message = "no such message";
}

awaitable<Session::Next> Session::handle(cmd::Stat) {
    ok(fmt::format("{} {}", maildrop_->count(), maildrop_->octets()));
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::List command) {
    if (command.number) {
        const store::Entry* entry = maildrop_->find(*command.number);
        if (entry == nullptr) {
            error(no_such_message);
        } else {
            ok(fmt::format("{} {}", *command.number, entry->size));
        }
        co_return Next::go_on;
    }
    ok(fmt::format("{} messages ({} octets)", maildrop_->count(), maildrop_->octets()));
    for (std::uint32_t number = 1; number <= maildrop_->size(); ++number) {
        const store::Entry* entry = maildrop_->find(number);
        if (entry == nullptr) continue;
        fmt::format_to(std::back_inserter(connection_->output()), "{} {}\r\n", number, entry->size);
        const bool sent = co_await connection_->flush_if_large();
        if (!sent) co_return Next::close;
    }
    line(".");
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Uidl command) {
    if (command.number) {
        const store::Entry* entry = maildrop_->find(*command.number);
        if (entry == nullptr) {
            error(no_such_message);
        } else {
            ok(fmt::format("{} {}", *command.number, maildrop_->unique_id(*entry)));
        }
        co_return Next::go_on;
    }
    ok("unique ids follow");
    for (std::uint32_t number = 1; number <= maildrop_->size(); ++number) {
        const store::Entry* entry = maildrop_->find(number);
        if (entry == nullptr) continue;
        fmt::format_to(std::back_inserter(connection_->output()), "{} {}\r\n", number,
                       maildrop_->unique_id(*entry));
        const bool sent = co_await connection_->flush_if_large();
        if (!sent) co_return Next::close;
    }
    line(".");
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Dele command) {
    if (maildrop_->mark_deleted(command.number)) {
        ok("marked to be deleted");
    } else {
        error(no_such_message);
    }
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Rset) {
    maildrop_->unmark_all();
    ok(fmt::format("maildrop has {} messages ({} octets)", maildrop_->count(), maildrop_->octets()));
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Noop) {
    ok("nothing done");
    co_return Next::go_on;
}

/// The UPDATE state: +OK only when what was deleted is gone for good (RFC 1939 section 6).
awaitable<Session::Next> Session::handle(cmd::Quit) {
    store::UidRanges uids;
    if (maildrop_) uids = maildrop_->deleted();
    if (!uids.empty()) {
        const store::FolderPtr folder = maildrop_->folder();
        const std::uint64_t count = store::count_uids(uids);
        const auto removed = co_await folder->remove(std::move(uids));
        // What another session has removed meanwhile is as gone as we were asked for.
        if (!removed) {
            base::log::warn("pop3", "delete failed", {{"user", identity_}, {"why", removed.error().what()}});
            error("[SYS/TEMP] deleted messages could not be removed");
            co_return Next::close;
        }
        base::log::info("pop3", "deleted", {{"user", identity_}, {"messages", count}});
    }
    ok("goodbye");
    co_return Next::close;
}

}  // namespace pop3

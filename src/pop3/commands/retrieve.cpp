// RETR and TOP: messages, in pieces, whatever their size. RFC 1939 sections 5 and 7.
#include <algorithm>
#include <utility>

#include "pop3/session.hpp"
#include "pop3/syntax/dot_stuffer.hpp"

namespace pop3 {
namespace {
constexpr std::size_t piece_bytes = 64U << 10;  // a chunk of the blob store
}

awaitable<Session::Next> Session::handle(cmd::Retr command) {
    co_return co_await send_message(command.number, std::nullopt);
}

awaitable<Session::Next> Session::handle(cmd::Top command) {
    co_return co_await send_message(command.number, command.lines);
}

awaitable<Session::Next> Session::send_message(std::uint32_t number,
                                               std::optional<std::uint64_t> body_lines) {
    const store::Entry* entry = maildrop_->find(number);
    if (entry == nullptr) {
        error("no such message");
        co_return Next::go_on;
    }
    const store::FolderPtr folder = maildrop_->folder();
    std::vector<store::Entry> wanted{*entry};
    const auto details = co_await folder->details(std::move(wanted));
    if (!details) {
        error("[SYS/TEMP] message cannot be read now");
        co_return Next::go_on;
    }
    const store::DetailPtr detail = details->front();
    if (detail == nullptr) {
        error("message is gone: another client has removed it");
        co_return Next::go_on;
    }
    if (services_->limits.refuse_utf8_headers && !utf8_ && detail->has_eight_bit_header) {
        error("[UTF8] message needs UTF8 mode");
        co_return Next::go_on;
    }

    DotStuffer stuffer;
    LineCounter lines(body_lines.value_or(0));
    bool begun = false;
    for (std::uint64_t at = 0; at < detail->size;) {
        const bool in_header = at < detail->header_bytes;
        if (body_lines && !in_header && lines.done()) break;
        // A piece ends with the header, so that lines are counted from the body's start.
        const std::uint64_t end = body_lines && in_header ? detail->header_bytes : detail->size;
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - at));
        const auto octets = co_await folder->read(detail, at, length);
        if (!octets || octets->empty()) {
            // In the middle of a reply there is no way to say so: the client must not take this for the
            // whole.
            if (begun) co_return Next::close;
            error("[SYS/TEMP] message cannot be read now");
            co_return Next::go_on;
        }
        if (!std::exchange(begun, true))
            ok(body_lines ? "top follows" : std::to_string(detail->size) + " octets");
        std::string_view piece = *octets;
        at += piece.size();
        if (body_lines && !in_header) piece = piece.substr(0, lines.take(piece));
        stuffer.append(connection_->output(), piece);
        const bool sent = co_await connection_->flush_if_large();
        if (!sent) co_return Next::close;
    }
    if (!begun) ok("0 octets");
    stuffer.finish(connection_->output());
    if (!body_lines) maildrop_->mark_seen(number);
    co_return Next::go_on;
}

}  // namespace pop3

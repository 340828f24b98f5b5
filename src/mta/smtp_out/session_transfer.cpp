// A session's transactions: envelope, message, answer.
#include <algorithm>

#include "mta/smtp_out/session.hpp"
#include "mta/smtp_out/sign_again.hpp"
#include "mta/smtp_out/syntax/body_encoder.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Status bad_protocol{4, 5, 0}, unreadable{4, 3, 0};
/// Chunks on their way whose answers are due, where the server can pipeline.
constexpr std::size_t chunks_ahead = 3;

}  // namespace

asio::awaitable<Delivered> Session::transfer(Parcel parcel) {
    Delivered out;
    client_->take_events();
    const auto end = [waker = client_->waker()] { waker->wake(net::event_shutdown); };
    const std::stop_callback ended(parcel.stop, end);
    parcel.settings.mail.authenticated = authenticated_;
    Transfer transfer(extensions_, parcel.envelope, parcel.recipients, parcel.settings);
    heard_of_message_ = false;
    const bool reused = messages_++ > 0;
    usable_ = false;
    co_await run_transfer(&transfer, &parcel);
    usable_ = transfer.reusable() && client_->input().empty();
    out.outcomes = transfer.outcomes();
    for (std::optional<Outcome>& outcome : out.outcomes) {
        if (!outcome) continue;
        outcome->host = target_.host;
        outcome->address = target_.address.text();
        outcome->tls = tls_;
    }
    out.refusal = transfer.refusal();
    out.undecided = transfer.undecided();
    out.stale = reused && !heard_of_message_ && !usable_ && !parcel.stop.stop_requested();
    if (!usable_) client_->close();
    co_return out;
}

asio::awaitable<void> Session::run_transfer(Transfer* transfer, Parcel* parcel) {
    transfer->start(client_->output());
    for (;;) {
        switch (transfer->step()) {
            case Transfer::Step::read:
                co_await take_replies(transfer);
                break;
            case Transfer::Step::body:
                co_await send_body(transfer, parcel);
                break;
            case Transfer::Step::chunk:
                co_await send_chunks(transfer, parcel);
                break;
            case Transfer::Step::done:
                co_return;
        }
    }
}

/// One reply, and what it leads to.
asio::awaitable<void> Session::take_replies(Transfer* transfer) {
    Heard heard = look();
    if (heard == Heard::silence) {
        const bool sent = co_await client_->flush();
        if (!sent) {
            transfer->broken(unheard(Heard::gone, transfer->stage()));
            co_return;
        }
        const auto deadline = SteadyClock::now() + patience(transfer->stage());
        heard = co_await hear(deadline, true);
        if (heard == Heard::stopped && transfer->undecided()) {
            // Not to know whether the server has it would mean to send it twice.
            const auto soon = SteadyClock::now() + settings_->timeouts.last_answer;
            heard = co_await hear(std::min(deadline, soon), false);
        }
    }
    if (heard != Heard::reply) {
        transfer->broken(unheard(heard, transfer->stage()));
        co_return;
    }
    heard_of_message_ = true;
    transfer->take(parser_.reply(), client_->output());
}

std::unique_ptr<Source> Session::source_of(const Parcel& parcel) const {
    const std::size_t piece = settings_->limits.piece_bytes;
    if (!parcel.convert) return std::make_unique<PlainSource>(parcel.message, piece);
    auto converted = std::make_unique<SevenBitSource>(parcel.message, parcel.convert, piece);
    if (parcel.fields.empty()) return converted;
    return std::make_unique<PrefixedSource>(parcel.fields, std::move(converted));
}

/// What is said before the message has ended is no answer to it. False: go on sending.
asio::awaitable<bool> Session::early_reply(Transfer* transfer) {
    if (client_->input().empty()) {
        const net::Wake woken = co_await client_->wait(std::chrono::milliseconds(0));
        if (woken == net::Wake::deadline) co_return false;
        if (woken == net::Wake::event) {
            transfer->broken(unheard(Heard::stopped, "data"));
            co_return true;
        }
    }
    const auto deadline = SteadyClock::now() + std::chrono::seconds(1);
    const Heard heard = co_await hear(deadline, true);
    if (heard == Heard::reply && !parser_.reply().positive() && !parser_.reply().intermediate()) {
        transfer->broken(Failure::of("data", parser_.reply()));
    } else if (heard == Heard::reply) {
        transfer->broken(
            Failure::ours("data", bad_protocol, "the host answers before the message has ended"));
    } else {
        transfer->broken(unheard(heard, "data"));
    }
    co_return true;
}

asio::awaitable<void> Session::send_body(Transfer* transfer, Parcel* parcel) {
    std::string& out = client_->output();
    if (transfer->only_dot()) {
        out += ".\r\n";
        transfer->body_sent();
        co_return;
    }
    BodyEncoder encoder(true);
    const std::unique_ptr<Source> source = source_of(*parcel);
    for (bool flushed = false;;) {
        auto piece = co_await source->next();
        if (!piece) {
            // The connection ends without the last dot: the server keeps nothing.
            transfer->broken(Failure::ours("data", unreadable, "the message cannot be read here"));
            co_return;
        }
        if (flushed || !client_->input().empty()) {
            const bool over = co_await early_reply(transfer);
            if (over) co_return;
        }
        if (piece->empty()) break;
        encoder.append(client_->output(), *piece);
        if (client_->output().size() < net::Connection::output_large_bytes) continue;
        const bool sent = co_await client_->flush();
        if (!sent) {
            transfer->broken(unheard(Heard::gone, "data"));
            co_return;
        }
        flushed = true;
    }
    encoder.finish(client_->output());
    transfer->body_sent();
    // Now, so that nothing said before the last dot is taken for the answer to it.
    const bool sent = co_await client_->flush();
    if (!sent) transfer->broken(unheard(Heard::gone, "end of data"));
}

asio::awaitable<void> Session::send_chunks(Transfer* transfer, Parcel* parcel) {
    BodyEncoder encoder(false);
    const bool binary = parcel->settings.mail.body == Body::binary;
    const std::size_t ahead = extensions_.pipelining ? chunks_ahead : 0;
    const std::unique_ptr<Source> source = source_of(*parcel);
    std::string held;  // known to be the last only when there is no more
    for (bool more = true; more;) {
        auto piece = co_await source->next();
        if (!piece) {
            transfer->broken(Failure::ours("data", unreadable, "the message cannot be read here"));
            co_return;
        }
        more = !piece->empty();
        std::string octets;
        if (binary) {
            octets = std::move(*piece);
        } else if (more) {
            encoder.append(octets, *piece);
        } else {
            encoder.finish(octets);
        }
        if (!more) held += octets;
        if (more && held.empty()) {
            held = std::move(octets);
            continue;
        }
        transfer->chunk(client_->output(), held, !more);
        held = std::move(octets);
        const bool sent = co_await client_->flush();
        if (!sent) {
            transfer->broken(unheard(Heard::gone, transfer->stage()));
            co_return;
        }
        while (transfer->step() == Transfer::Step::chunk && transfer->expected() > ahead)
            co_await take_replies(transfer);
        if (transfer->step() != Transfer::Step::chunk) co_return;
    }
}

}  // namespace mta::smtp_out

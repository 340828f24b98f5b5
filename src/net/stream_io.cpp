// What a stream does between two sleeps: socket, TLS and compression, in both directions.
#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

#include "net/stream.hpp"

namespace net {
namespace {
constexpr std::uint32_t units_of(std::size_t octets) { return 4 + static_cast<std::uint32_t>(octets / 64); }
/// What is deflated at once, and so held for a peer that does not read.
constexpr std::size_t deflate_piece_bytes = 64U << 10;
/// What close() throws away of the peer's last words, so that they do not turn our own into a reset.
constexpr std::size_t discard_bytes_max = 1U << 20;
}  // namespace

Stream::Step Stream::receive() {
    const std::size_t held = input_.size();
    const Step step = zip_ ? receive_deflated() : receive_into(input_);
    octets_in_ += input_.size() - held;
    if (step != Step::done) more_likely_ = false;
    return step;
}

Stream::Step Stream::receive_into(InputBuffer& buffer) {
    return tls_ ? receive_tls(buffer) : receive_plain(buffer);
}

/// One block of plain text at most: a peer that sends little which becomes much is stopped by whoever reads
/// that, and lets others run as one that sends it in full.
Stream::Step Stream::receive_deflated() {
    Inflater& inflater = zip_->inflater;
    const std::size_t room = large_ ? InputBuffer::large_bytes : InputBuffer::block_bytes;
    while (since_sleep_ < turn_units) {  // blocks that are all empty have no end either
        if (!inflater.has_input()) {
            const Step step = receive_into(inflater.received());
            if (step != Step::done) return step;
        }
        const std::size_t held = input_.size();
        const Inflater::Status status = inflater.read(input_, room);
        const std::size_t count = input_.size() - held;
        since_sleep_ += units_of(count);
        large_ = count == room;
        if (zip_->ending && inflater.at_flush()) {
            leave_compression();
            if (input_.size() == held) return receive_into(input_);
            return Step::done;
        }
        if (status == Inflater::Status::done) return Step::done;
        if (status == Inflater::Status::failed) return Step::failed;
    }
    return Step::blocked;
}

void Stream::start_compression() {
    if (zip_ == nullptr) {
        zip_ = std::make_unique<Compression>();
        zip_->inflater.received().append(input_.view());
        input_.release();
    }
    // Else the peer has never flushed what it deflated before: that goes on.
    zip_->ending = false;
    zip_->deflater = Deflater();
}

void Stream::stop_compression() {
    if (zip_ == nullptr) return;
    zip_->ending = true;
    // An empty block that is the last: whoever reads it knows where the plain text begins.
    output().append("\x03\x00", 2);
    if (zip_->inflater.at_flush()) leave_compression();
}

void Stream::leave_compression() {
    input_.append(zip_->inflater.received().view());
    zip_.reset();
}

Stream::Step Stream::receive_plain(InputBuffer& buffer) {
    const auto room = buffer.prepare(large_ ? InputBuffer::large_bytes : InputBuffer::block_bytes);
    ssize_t n = 0;
    do {
        n = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        if (buffer.empty()) buffer.release();
        return n < 0 && errno == EAGAIN ? Step::blocked : Step::failed;
    }
    const auto count = static_cast<std::size_t>(n);
    buffer.commit(count);
    since_sleep_ += units_of(count);
    more_likely_ = large_ = count == room.size();
    return Step::done;
}

Stream::Step Stream::receive_tls(InputBuffer& buffer) {
    TlsStream::Status status = TlsStream::Status::want_input;
    if (tls_->has_input()) status = tls_->read({}, buffer);
    if (status == TlsStream::Status::want_input) {
        const auto room = receive_scratch();
        ssize_t n = 0;
        do {
            n = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
        if (n <= 0) return n < 0 && errno == EAGAIN ? Step::blocked : Step::failed;
        const auto count = static_cast<std::size_t>(n);
        more_likely_ = count == room.size();
        status = tls_->read({room.data(), count}, buffer);
        since_sleep_ += units_of(count);
    }
    // Answers of TLS itself (KeyUpdate, alerts) leave now if they can, else with the next flush.
    if (send_ciphertext() == Step::failed) return Step::failed;
    switch (status) {
        case TlsStream::Status::done:
            return Step::done;
        case TlsStream::Status::want_input:
            return Step::blocked;
        default:
            return Step::failed;
    }
}

Stream::Step Stream::send_octets(std::string_view& octets) {
    while (!octets.empty()) {
        const ssize_t n =
            ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN ? Step::blocked : Step::failed;
        octets.remove_prefix(static_cast<std::size_t>(n));
        since_sleep_ += units_of(static_cast<std::size_t>(n));
    }
    return Step::done;
}

Stream::Step Stream::send_output() {
    if (compressed()) return send_deflated();
    std::string_view rest = std::string_view(output_).substr(sent_);
    const Step step = send_through(rest);
    octets_out_ += output_.size() - sent_ - rest.size();
    sent_ = output_.size() - rest.size();
    if (step == Step::done) {
        output_.clear();
        sent_ = 0;
    }
    return step;
}

/// Each piece is flushed: so nothing of zlib's is held while the peer does not read.
Stream::Step Stream::send_deflated() {
    Compression& zip = *zip_;
    for (;;) {
        std::string_view rest = std::string_view(zip.unsent).substr(zip.unsent_at);
        const Step step = send_through(rest);
        zip.unsent_at = zip.unsent.size() - rest.size();
        if (step != Step::done) return step;
        zip.unsent.clear();
        zip.unsent_at = 0;
        if (sent_ == output_.size()) break;
        if (zip.unsent.capacity() < 1000) zip.unsent = borrow_output();
        const std::string_view piece = std::string_view(output_).substr(sent_, deflate_piece_bytes);
        zip.deflater.write(piece, zip.unsent);
        sent_ += piece.size();
        octets_out_ += piece.size();
        since_sleep_ += units_of(piece.size());
    }
    return_output(zip.unsent);
    output_.clear();
    sent_ = 0;
    return Step::done;
}

Stream::Step Stream::send_through(std::string_view& octets) {
    return tls_ ? send_tls(octets) : send_octets(octets);
}

Stream::Step Stream::send_ciphertext() {
    std::string_view rest = tls_->outgoing();
    const std::size_t all = rest.size();
    const Step step = send_octets(rest);
    tls_->sent(all - rest.size());
    tls_->park();
    return step;
}

Stream::Step Stream::send_tls(std::string_view& octets) {
    for (;;) {
        const Step step = send_ciphertext();
        if (step != Step::done || octets.empty()) return step;
        const TlsStream::Status status = tls_->write(octets);
        if (status != TlsStream::Status::done) {
            tls_->park();
            return Step::failed;
        }
    }
}

void Stream::close() noexcept {
    if (!socket_.is_open()) return;
    gone_ = broken_ = true;
    timer_.cancel();
    const int descriptor = socket_.native_handle();
    if (tls_) {
        const bool whole =
            tls_->outgoing().empty();  // a record cut in two cannot be followed by close_notify
        if (whole) {
            tls_->shutdown();
            send_ciphertext();
        }
    }
    // Closing a socket that holds unread octets sends a reset, and a reset may overtake our last answer at
    // the peer.
    ::shutdown(descriptor, SHUT_WR);
    const auto room = receive_scratch();
    for (std::size_t discarded = 0; discarded < discard_bytes_max;) {
        const ssize_t n = ::recv(descriptor, room.data(), room.size(), MSG_DONTWAIT);
        if (n <= 0) break;
        discarded += static_cast<std::size_t>(n);
    }
    boost::system::error_code ignored;  // a socket that cannot be closed cannot be helped
    socket_.close(ignored);
    input_.shrink();
}

}  // namespace net

// A milter that says what a test tells it to.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "filter/syntax/milter.hpp"
#include "stand.hpp"

namespace filter_test {

inline std::string packet(char command, const std::string& data = {}) {
    std::string out;
    milter::append_packet(out, command, data);
    return out;
}
inline std::string number(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 255U);
    return out;
}
inline std::string z(const std::string& text) { return text + '\0'; }
/// Version 6, all actions, and these steps left out or quiet.
inline std::string options(std::uint32_t steps = 0, std::uint32_t version = 6) {
    return packet('O', number(version) + number(0x1FF) + number(steps));
}

/// A well-behaved milter, but for what `answer` says to a command: it gets command and data, and returns
/// packets instead of "continue"; "hang" and "close" are said too.
class FakeMilter {
public:
    using Answer = std::function<std::string(char, const std::string&)>;
    explicit FakeMilter(Answer answer, std::string negotiation = options())
        : answer_(std::move(answer)),
          negotiation_(std::move(negotiation)),
          fake_([this](Peer& peer) { serve(peer); }) {}
    Endpoint endpoint() const { return fake_.endpoint(); }
    /// Once the connection is over: the last words may still be on their way when the client has gone.
    std::string heard() {
        std::unique_lock lock(mutex_);
        over_changed_.wait_for(lock, std::chrono::seconds(10), [this] { return over_; });
        return heard_;
    }

private:
    void serve(Peer& peer) {
        listen(peer);
        const std::lock_guard lock(mutex_);
        over_ = true;
        over_changed_.notify_all();
    }
    void listen(Peer& peer) {
        for (;;) {
            const std::string head = peer.octets(4);
            if (peer.gone()) return;
            std::uint32_t length = 0;
            for (const char c : head) length = (length << 8U) | static_cast<unsigned char>(c);
            const std::string body = peer.octets(length);
            if (peer.gone() || body.empty()) return;
            const char command = body[0];
            const std::string data = body.substr(1);
            {
                const std::lock_guard lock(mutex_);
                heard_ += command;
                if (command != 'B' && command != 'O') {
                    for (const char c : data) heard_ += c == '\0' ? ',' : c;
                }
                if (command == 'B') heard_ += std::to_string(data.size());
                heard_ += '\n';
            }
            std::string said = answer_ ? answer_(command, data) : std::string();
            if (said == "hang") return peer.wait_until_closed();
            if (said == "close") return;
            if (command == 'D' || command == 'Q') continue;
            if (said.empty()) said = command == 'O' ? negotiation_ : packet('c');
            peer.send(said);
        }
    }
    Answer answer_;
    std::string negotiation_;
    std::mutex mutex_;
    std::condition_variable over_changed_;
    bool over_ = false;
    std::string heard_;
    Fake fake_;
};

}  // namespace filter_test

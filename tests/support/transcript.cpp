// The player of transcripts: runs the stage's io_context by hand, so that a play repeats exactly.
#include "support/transcript.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "support/transcript_pattern.hpp"

namespace support {
namespace asio = boost::asio;

namespace {

// How long an answer may take that needs other threads (password hashing, a read pool).
constexpr std::chrono::seconds answer_max{10};

struct Link {
    MemoryPeer peer;
    bool ended = false;
    std::string fault;
};

class Player {
public:
    Player(const Transcript& transcript, std::size_t cut, Stage& stage)
        : transcript_(transcript), cut_(cut), stage_(stage) {}

    std::string run() {
        for (std::size_t at = 0; at < transcript_.steps.size();) {
            std::string fault = step(at);
            if (!fault.empty()) return fault;
        }
        return finish();
    }

private:
    std::string step(std::size_t& at) {
        const Step& now = transcript_.steps[at];
        line_ = now.line;
        if (now.kind == Step::Kind::client) return talk(at);
        ++at;
        if (now.kind == Step::Kind::event) return event(now);
        return expect(now);
    }

    std::string failed(std::string_view what) const {
        return fmt::format("{}.txt:{} (cut {}): {}", transcript_.name, line_, cut_, what);
    }

    Link& link(unsigned number) {
        const auto found = links_.find(number);
        if (found != links_.end()) return *found->second;
        MemoryPair pair = make_memory_pair(stage_.io, stage_.connection_options(number));
        auto made = std::make_unique<Link>(Link{pair.peer, false, ""});
        Link* link = made.get();
        links_.emplace(number, std::move(made));
        auto session = stage_.serve(std::move(pair.connection));
        asio::co_spawn(stage_.io, std::move(session), [link](const std::exception_ptr& broken) {
            link->ended = true;
            try {
                if (broken) std::rethrow_exception(broken);
            } catch (const std::exception& what) {
                link->fault = std::string("the session threw: ") + what.what();
            }
        });
        pump();
        return *link;
    }

    void pump() {
        stage_.io.restart();
        stage_.io.poll();
    }

    /// Sends all neighbouring lines of one client, in pieces.
    std::string talk(std::size_t& at) {
        const unsigned number = transcript_.steps[at].connection;
        Link& to = link(number);
        pump();
        if (!to.peer.received().empty())
            return failed("the server said before this line: " + shown(to.peer.received()));
        std::string octets;
        for (; at < transcript_.steps.size(); ++at) {
            const Step& step = transcript_.steps[at];
            if (step.kind != Step::Kind::client || step.connection != number) break;
            std::string fault;
            octets += expand(step.text, captures_, fault);
            if (!fault.empty()) return failed(fault);
        }
        octets = to.peer.packed(octets);
        const std::size_t piece = cut_ == 0 ? octets.size() : cut_;
        for (std::size_t from = 0; from < octets.size(); from += piece) {
            to.peer.send(std::string_view(octets).substr(from, piece));
            pump();
        }
        return {};
    }

    /// Waits until `ready`, running what is to run. False: it did not come.
    template <class Ready>
    bool wait_for(Ready ready) {
        const auto end = std::chrono::steady_clock::now() + answer_max;
        for (;;) {
            pump();
            if (ready()) return true;
            const auto left = end - std::chrono::steady_clock::now();
            if (left <= left.zero()) return false;
            stage_.io.restart();
            stage_.io.run_one_for(std::chrono::duration_cast<std::chrono::milliseconds>(left));
        }
    }

    std::string expect(const Step& step) {
        Link& from = link(step.connection);
        std::string& received = from.peer.received();
        if (step.text == "${closed}") {
            if (!wait_for([&] { return from.peer.server_closed(); }))
                return failed("the server did not close");
            if (!received.empty()) return failed("before it closed, the server said: " + shown(received));
            return {};
        }
        for (;;) {
            const bool came = wait_for(
                [&] { return received.find("\r\n") != std::string::npos || from.peer.server_closed(); });
            const std::size_t end = received.find("\r\n");
            if (!came || end == std::string::npos)
                return failed(fmt::format("expected  {}\n  but got nothing more{}: {}", step.text,
                                          from.peer.server_closed() ? " (closed)" : "", shown(received)));
            const std::string line = received.substr(0, end);
            const bool same = match(step.text, line, captures_);
            if (!same && step.kind == Step::Kind::server)
                return failed(fmt::format("expected  {}\n  but got   {}", step.text, shown(received)));
            received.erase(0, end + 2);
            if (same) return {};
        }
    }

    std::string event(const Step& step) {
        std::string_view text = step.text;
        unsigned number = 1;
        if (text.size() > 2 && text[0] >= '1' && text[0] <= '9' && text[1] == ' ') {
            number = static_cast<unsigned>(text[0] - '0');
            text.remove_prefix(2);
        }
        MemoryPeer& peer = link(number).peer;
        std::chrono::milliseconds span{0};
        if (parse_span(text, span)) {
            for (auto& [_, each] : links_) each->peer.advance(span);
        } else if (text == "close") {
            peer.close();
        } else if (text == "hold" || text == "release") {
            peer.hold(text == "hold");
        } else if (text == "shutdown") {
            peer.waker()->wake(net::event_shutdown);
        } else if (text == "kick") {
            peer.waker()->wake(net::event_kicked);
        } else {
            std::string fault = stage_.event(step.text);
            if (!fault.empty()) return failed(fault);
        }
        pump();
        return {};
    }

    /// Every client leaves; every session must end, and nothing may be left unsaid.
    std::string finish() {
        pump();
        for (auto& [number, each] : links_) {
            if (!each->peer.received().empty())
                return failed(
                    fmt::format("at the end client {} was told: {}", number, shown(each->peer.received())));
            each->peer.close();
        }
        for (auto& [number, each] : links_) {
            if (!wait_for([&] { return each->ended; }))
                return failed(fmt::format("session {} did not end after its client left", number));
            if (!each->fault.empty()) return failed(each->fault);
        }
        return {};
    }

    const Transcript& transcript_;
    std::size_t cut_;
    Stage& stage_;
    std::map<unsigned, std::unique_ptr<Link>> links_;
    Captures captures_;
    int line_ = 0;
};

}  // namespace

void Stage::run(asio::awaitable<void> work) {
    bool done = false;
    std::exception_ptr broken;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr fault) {
        broken = std::move(fault);
        done = true;
    });
    io.restart();
    while (!done) io.run_one();
    io.restart();
    if (broken) std::rethrow_exception(broken);
}

std::string play(const Transcript& transcript, std::size_t cut, const MakeStage& make) {
    if (!transcript.fault.empty()) return transcript.fault;
    const std::unique_ptr<Stage> stage = make(transcript.options);
    return Player(transcript, cut, *stage).run();
}

std::vector<std::size_t> cuts_of(const Transcript& transcript) {
    const auto option = transcript.options.find("cuts");
    if (option != transcript.options.end() && option->second == "whole") return {0};
    return {0, 1, 2, 3, 7};
}

}  // namespace support

// Any cut of the same octets gives the same frames; nothing is read that is not there; it always comes to an
// end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "imap/syntax/framer.hpp"

namespace {
using imap::Framer;
using Status = Framer::Status;

void must(bool holds) {
    if (!holds) std::abort();
}

imap::FramerLimits limits_of(std::uint8_t choice) {
    imap::FramerLimits limits;
    if ((choice & 1U) != 0) {  // small ones, so that they are reached
        limits.line_bytes_max = 48;
        limits.literal_bytes_max = 40;
        limits.frame_bytes_max = 96;
        limits.swallow_bytes_max = 128;
    }
    if ((choice & 2U) != 0) limits.non_sync_bytes_max = 20;
    if ((choice & 4U) != 0) limits.streams_append = false;
    if ((choice & 8U) != 0) limits.swallow_bytes_max = 0;
    return limits;
}

class Player {
public:
    explicit Player(std::uint8_t choice) : framer_(limits_of(choice)), refuse_((choice & 16U) != 0) {}

    std::vector<std::string> play(std::string_view octets, std::size_t cut) {
        while (!octets.empty() && !ended_) {
            input_.append(octets.substr(0, cut));
            octets.remove_prefix(std::min(cut, octets.size()));
            drain();
        }
        return events_;
    }

private:
    void drain() {
        while (!ended_) {
            const std::size_t take =
                static_cast<std::size_t>(std::min<std::uint64_t>(message_left_, input_.size()));
            input_.erase(0, take);
            message_left_ -= take;
            if (message_left_ > 0) return;
            const std::size_t had = input_.size();
            const Framer::Found found = framer_.poll(input_);
            must(found.octets <= input_.size() && found.frame.size() <= input_.size());
            if (found.status == Status::need_more) return;
            // Progress: octets are consumed, or a continuation is asked for, which happens once for each
            // literal.
            must(found.octets > 0 || found.status == Status::need_continuation ||
                 found.status == Status::fatal);
            step(found);
            must(ended_ || input_.size() < had || found.status == Status::need_continuation);
        }
    }

    void step(const Framer::Found& found) {
        if (found.status == Status::need_continuation) return events_.emplace_back("+"), void();
        if (found.status == Status::fatal) return end(found);
        if (found.status == Status::frame) events_.push_back("frame " + std::string(found.frame));
        if (found.status == Status::refused) events_.emplace_back("refused");
        if (found.status == Status::literal) events_.push_back("literal " + std::string(found.frame));
        input_.erase(0, found.octets);
        if (found.status != Status::literal) return framer_.next();
        if (refuse_) return ended_ = !framer_.refuse_literal(), void();
        framer_.take_literal();
        message_left_ = found.literal_bytes;
    }

    /// That a command has no end within reach may be seen at once, or only after it was refused: both are one
    /// refusal.
    void end(const Framer::Found& found) {
        ended_ = true;
        const bool answered =
            found.tag.empty() && (events_.empty() || !events_.back().starts_with("literal"));
        if (!answered) events_.emplace_back("refused");
    }

    Framer framer_;
    bool refuse_;
    bool ended_ = false;
    std::string input_;
    std::uint64_t message_left_ = 0;
    std::vector<std::string> events_;
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto whole = Player(data[0]).play(octets, octets.size() + 1);
    must(Player(data[0]).play(octets, 1) == whole);
    must(Player(data[0]).play(octets, 1U + data[1] % 64U) == whole);
    return 0;
}

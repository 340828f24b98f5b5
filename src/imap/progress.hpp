// Progress: when a client is told how far its long command is (RFC 9585). Pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace imap {

class Progress {
public:
    Progress(base::SystemTime start, std::chrono::milliseconds first, std::chrono::milliseconds every)
        : last_(start), next_(start + first), every_(every) {}

    /// True when it is time to tell, which is taken as told. A clock that was set back begins anew.
    bool due(base::SystemTime now);

private:
    base::SystemTime last_, next_;
    std::chrono::milliseconds every_;
};

/// "INPROGRESS ("A1" 175 1000)". RFC 9585 section 4. A tag with "]" in it, which would end the code, is not
/// named. Nothing is 100 % done before the tagged reply: `done` is shown below `goal`; 0: that is not known.
std::string in_progress_code(std::string_view tag, std::uint64_t done, std::uint64_t goal);

}  // namespace imap

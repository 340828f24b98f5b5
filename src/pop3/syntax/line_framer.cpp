#include "pop3/syntax/line_framer.hpp"

#include <algorithm>

namespace pop3 {

LineFramer::Frame LineFramer::next(std::string_view input, std::size_t line_bytes_max) {
    Frame frame;
    const auto end = input.find('\n', std::min(searched_, input.size()));
    if (end == std::string_view::npos) {
        searched_ = input.size();
        if (dropped_ == 0 && input.size() <= line_bytes_max) return frame;
        dropped_ += input.size();
        searched_ = 0;
        frame.octets = input.size();
        if (dropped_ > flood_bytes) frame.status = Status::flood;
        return frame;
    }
    searched_ = 0;
    frame.octets = end + 1;
    const bool long_line = dropped_ != 0 || end > line_bytes_max;
    dropped_ = 0;
    frame.status = long_line ? Status::too_long : Status::line;
    if (long_line) return frame;
    frame.line = input.substr(0, end);
    if (frame.line.ends_with('\r')) frame.line.remove_suffix(1);
    return frame;
}

}  // namespace pop3

#include "base/line_framer.hpp"

namespace base {

LineFramer::Frame LineFramer::next(std::string_view input, std::size_t line_max) {
    Frame frame;
    const std::size_t lf = input.find('\n', scanned_ < input.size() ? scanned_ : input.size());
    if (lf == std::string_view::npos) {
        scanned_ = input.size();
        if (dropped_ == 0 && input.size() <= line_max) return frame;
        dropped_ += input.size();
        frame.consumed = input.size();
        scanned_ = 0;
        if (dropped_ > junk_max_) frame.status = Status::flood;
        return frame;
    }
    scanned_ = 0;
    frame.consumed = lf + 1;
    if (dropped_ + lf + 1 > line_max) {
        frame.status = dropped_ + lf > junk_max_ ? Status::flood : Status::too_long;
        dropped_ = 0;
        return frame;
    }
    frame.line = input.substr(0, lf);
    if (!frame.line.ends_with('\r')) {
        frame.status = Status::bare_lf;
        return frame;
    }
    frame.line.remove_suffix(1);
    frame.status = frame.line.find_first_of(std::string_view("\r\0", 2)) == std::string_view::npos
                       ? Status::line
                       : Status::bad_octets;
    return frame;
}

}  // namespace base

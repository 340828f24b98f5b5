#include "imap/progress.hpp"

#include <algorithm>

#include "imap/syntax/response.hpp"

namespace imap {

bool Progress::due(base::SystemTime now) {
    if (now < last_) next_ = now + every_;
    last_ = now;
    if (now < next_) return false;
    next_ = now + every_;
    return true;
}

std::string in_progress_code(std::string_view tag, std::uint64_t done, std::uint64_t goal) {
    std::string code = "INPROGRESS (";
    if (tag.find(']') == std::string_view::npos) {
        code.append("\"").append(tag).append("\" ");
    } else {
        code.append("NIL ");
    }
    if (goal == 0 && done == 0) return code.append("NIL NIL)");
    if (goal == 0) {
        write_number(code, done);
        return code.append(" NIL)");
    }
    write_number(code, std::min(done, goal - 1));
    code.push_back(' ');
    write_number(code, goal);
    code.push_back(')');
    return code;
}

}  // namespace imap

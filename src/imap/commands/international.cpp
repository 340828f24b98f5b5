// COMPARATOR: RFC 5255 section 4.7.
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Comparator command) {
    std::vector<imap::Comparator> matching;
    for (const std::string& pattern : command.wanted) {
        for (const imap::Comparator comparator : match_comparators(pattern))
            if (std::ranges::find(matching, comparator) == matching.end()) matching.push_back(comparator);
    }
    if (!command.wanted.empty() && matching.empty())
        co_return no(code::bad_comparator, "No such comparator");  // RFC 5255 section 4.9
    if (!matching.empty()) comparator_ = matching.front();
    std::vector<std::string_view> names;
    for (const imap::Comparator comparator : matching) names.push_back(imap::name_of(comparator));
    write_comparator(out(), imap::name_of(comparator_), names);
    co_return ok("Comparator completed");
}

}  // namespace imap

// COMPARATOR: RFC 5255 section 4.7. LANGUAGE: RFC 5255 section 3.2.
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

/// There are texts in one language only, so that this is not offered: RFC 5255 section 3.1, SHOULD NOT.
/// Clients that ask all the same are answered as section 3.2 says.
awaitable<Reply> Session::handle(cmd::Language command) {
    co_return no({}, command.wanted.empty() ? "There is i-default only" : "Unsupported language");
}

}  // namespace imap

// COMPARATOR and LANGUAGE: RFC 5255 sections 4.10 and 3.5.
#include <utility>

#include "imap/syntax/grammar.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {

/// *(SP astring)
template <class Struct>
Parsed<Command> wanted(Cursor& in) {
    Struct made;
    while (in.peek() == ' ') {
        if (made.wanted.size() == ParseLimits::list_items_max) {
            in.fail("too many arguments");
            return in.error();
        }
        in.skip(' ');
        if (in.at_end()) break;
        if (!in.astring(made.wanted.emplace_back())) return in.error();
    }
    if (!in.end()) return in.error();
    return Command(std::move(made));
}

}  // namespace

Parsed<Command> parse_comparator(Cursor& in) { return wanted<cmd::Comparator>(in); }
Parsed<Command> parse_language(Cursor& in) { return wanted<cmd::Language>(in); }

}  // namespace imap

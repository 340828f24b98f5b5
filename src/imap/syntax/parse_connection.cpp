// COMPRESS.
#include "imap/syntax/grammar.hpp"

namespace imap {
/// compress = "COMPRESS" SP algorithm; algorithm = "DEFLATE"                   RFC 4978 section 5
Parsed<Command> parse_compress(Cursor& in) {
    std::string algorithm;
    if (!in.space()) return in.error();
    const std::size_t start = in.offset();
    if (!in.upper_atom(algorithm)) return in.error();
    if (algorithm != "DEFLATE") {
        in.fail_at("unknown algorithm", start);
        return in.error();
    }
    if (!in.end()) return in.error();
    return Command(cmd::Compress{});
}

}  // namespace imap

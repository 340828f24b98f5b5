// Transcript: a conversation between a server and its clients as a text file that a newcomer can read, and
// its player.
//
//   # What is shown. RFC 0000 section 0             the first line
//   O: starttls yes                                 an option for the stage (before the first step)
//   S: * OK ready                                   the server says this line
//   C: a1 LOGIN user pass                           the client says this line (CRLF is added)
//   2C: b1 NOOP                                     so does the second client; its connection opens when
//   first named 2S: b1 OK ${any} S~: * 3 EXISTS                                  lines of the server are
//   passed over up to this one E: wait 30m                                     an event: wait N(ms|s|m),
//   close, 2 close, hold, release, shutdown,
//                                                   kick, or one of the stage's own
//   S: ${closed}                                    the server has closed the connection
//
// Lines of one client with nothing between leave in one piece: a pipeline. In a line of the server `$name`
// (lower case) takes the octets up to the next delimiter, or must be what it took before; in a line of a
// client it is replaced. Special: ${any} any text, ${number} digits, ${cr} ${lf} ${nul} ${dollar},
// ${hex:C3A9}, ${repeat:1000:text},
// ${base64:text}, and ${more} at the end of a client's line for no CRLF. "$$" is one dollar.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "support/memory_connection.hpp"

namespace support {

using StageOptions = std::map<std::string, std::string>;

/// What a protocol gives the player: a server with its store, made anew for each play.
class Stage {
public:
    virtual ~Stage() = default;
    /// Serves one connection to its end.
    virtual boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection) = 0;
    /// What the n-th client (from 1) is, as the server sees it.
    virtual MemoryOptions connection_options(unsigned number) = 0;
    /// An event that the player does not know. Runs on the io_context's thread; may run the io_context
    /// itself. Returns an empty text, or why it could not be done.
    virtual std::string event(std::string_view text) { return "unknown event: " + std::string(text); }

    /// Runs `work` to its end, and no longer: sessions that wait would keep the io_context busy for ever.
    void run(boost::asio::awaitable<void> work);

    boost::asio::io_context io{1};
};

struct Step {
    enum class Kind : std::uint8_t { client, server, server_skip, event };
    Kind kind = Kind::client;
    unsigned connection = 1;
    std::string text;
    int line = 0;
};

struct Transcript {
    std::string name;   ///< the file's, without ".txt"
    std::string title;  ///< the first line
    StageOptions options;
    std::vector<Step> steps;
    std::string fault;  ///< why the file is no transcript; empty: it is one
};

Transcript load_transcript(const std::filesystem::path& file);
/// All *.txt of a folder in order of name; a folder without any is a fault of the test, told by an entry with
/// `fault`.
std::vector<Transcript> load_transcripts(const std::filesystem::path& folder);

using MakeStage = std::function<std::unique_ptr<Stage>(const StageOptions& options)>;

/// Plays it with each client's octets cut into pieces of `cut` (0: whole). Returns an empty text when the
/// server did as written, kept silence otherwise, and every session ended after its client left.
std::string play(const Transcript& transcript, std::size_t cut, const MakeStage& make);

/// The cuts that every transcript is played with, unless it has "O: cuts whole".
std::vector<std::size_t> cuts_of(const Transcript& transcript);

}  // namespace support

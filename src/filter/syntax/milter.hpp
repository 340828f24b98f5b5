// The milter protocol, version 6, from the mail server's side: what is said of one message to one filter, and
// what the filter wants of it. Sans I/O: octets in, octets out (libmilter's mfdef.h is the only standard).
//
//   MilterDialogue dialogue(facts); dialogue.start(out);           // send `out`, then as step() says:
//   reading  – dialogue.take(input, out) with what came; consumed() octets go
//   body     – dialogue.body(piece, out) with the next piece, empty at its end
//   done     – result(), and out is the goodbye
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/syntax/edit.hpp"

namespace filter::milter {

struct Limits {
    std::size_t packet_bytes_max = (1U << 20) + 64;  ///< MDS_1M is the largest that libmilter knows
    std::size_t edits_max = 10'000;                  ///< of one message
    std::size_t edit_bytes_max = 10U << 20;          ///< names and values of them all
    std::size_t recipients_max = 1'000;              ///< that a filter may add
    std::uint64_t body_bytes_max = 50ULL << 20;      ///< of a new body
    std::uint32_t progress_max = 10'000;             ///< "still busy" packets; time is limited besides
    static constexpr std::size_t body_piece_bytes = 65'535;  ///< MILTER_CHUNK_SIZE
};

/// What a filter is told. Header fields: name, value as in the message behind the colon.
struct Facts {
    std::string host_name;                       ///< macro j
    std::string daemon = "Barid";                ///< {daemon_name}, v
    std::string client_name;                     ///< empty: unknown, "[address]" is said
    std::string client_address;                  ///< numeric; "unix:…" or empty: no address
    std::uint16_t client_port = 0;               ///< 0: unknown
    std::string helo, sender;                    ///< addresses without angles
    std::vector<std::string> sender_parameters;  ///< "SIZE=100"
    std::vector<std::string> recipients;
    std::string queue_id, account, auth_method, tls_version, tls_cipher;
    std::vector<std::pair<std::string, std::string>> fields;
};

struct Result {
    enum class Decision : std::uint8_t { accept, discard, reject, tempfail, failed };
    Decision decision = Decision::failed;
    Reply reply;      ///< of reject and tempfail; 0: the server's own words
    std::string why;  ///< of failed
    bool quarantine = false;
    std::string reason;  ///< of quarantine
    std::vector<HeaderEdit> edits;
    bool sender_changed = false;
    std::string sender;
    std::vector<std::string> recipients_added, recipients_removed;
    std::vector<std::pair<std::string, Reply>> recipients_refused;
    bool body_replaced = false;  ///< the new body came out of take_new_body()
};

class MilterDialogue {
public:
    enum class Step : std::uint8_t { reading, body, done };

    explicit MilterDialogue(Facts facts, Limits limits = {});

    void start(std::string& out);
    /// Reads whole packets of `input` while it waits for any. consumed() says how many octets it took; what
    /// is left is the beginning of a packet, or behind the last answer.
    void take(std::string_view input, std::string& out);
    std::size_t consumed() const { return consumed_; }
    /// The next piece, at most Limits::body_piece_bytes; an empty one ends the body.
    void body(std::string_view piece, std::string& out);
    /// What came of a new body since the last call.
    std::string take_new_body() { return std::exchange(new_body_, {}); }

    Step step() const { return step_; }
    /// The filter said that it is alive: its time begins anew.
    bool progressed() { return std::exchange(progressed_, false); }
    Result& result() { return result_; }
    /// Told by the caller when the connection ends or time is up.
    void fail(std::string why);

private:
    enum class Stage : std::uint8_t {
        options,
        connect,
        helo,
        sender,
        recipient,
        data,
        field,
        end_of_header,
        body,
        end
    };
    void packet(char command, std::string_view data, std::string& out);
    void options(std::string_view data, std::string& out);
    void answer(char command, std::string_view data, std::string& out);
    void modify(char command, std::string_view data);
    void edit(HeaderEdit::Kind kind, std::string_view name, std::string_view value, std::uint32_t index);
    void refuse_recipient(Reply reply, std::string& out);
    void finish(Result::Decision decision, std::string& out, Reply reply = {});
    /// Says what comes next, on and on, until an answer is due.
    void advance(std::string& out);
    /// True: something was said and an answer is due.
    bool say(std::string& out);
    bool say_field(std::string& out);
    void macros(std::string& out, char command, std::size_t list,
                const std::vector<std::pair<std::string_view, std::string>>& all) const;
    std::string connection() const;
    bool leaves_out(std::uint32_t flag) const { return (protocol_ & flag) != 0; }

    const Facts facts_;
    const Limits limits_;
    Step step_ = Step::reading;
    Stage stage_ = Stage::options;
    std::size_t place_ = 0;  ///< of recipient and field
    std::uint32_t protocol_ = 0;
    std::map<std::uint32_t, std::vector<std::string>> wanted_macros_;  ///< by list, where the filter chose
    std::size_t consumed_ = 0;
    std::size_t edit_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::uint32_t progress_ = 0;
    bool progressed_ = false;
    std::string new_body_;
    Result result_;
};

/// One packet: length, command, data.
void append_packet(std::string& out, char command, std::string_view data);

}  // namespace filter::milter

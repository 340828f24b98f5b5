// Dialogue: how we log in at a back end on behalf of a client: IMAP (RFC 9051), POP3 (RFC 1939, RFC 5034),
// submission (RFC 4954). Pure: lines of the server in, what to do next out. Once it is done the server talks
// with the client itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace relay {

enum class Protocol : std::uint8_t { imap, pop3, submission };

/// What the server is told, of us and of the client.
struct Facts {
    std::string hostname;       ///< ours
    std::string user;           ///< who is logged in there
    std::string authenticated;  ///< whose password it is (a master user's); empty: the user's own
    base::Secret password;
    bool start_tls = false;  ///< TLS by command, without which nothing is said
    /// Tell whose connection it is, where the server takes that: IMAP's ID as Dovecot reads it
    /// ("x-originating-ip"), XCLIENT.
    bool announce = false;
    std::string address, local_address;  ///< of the client, and of ours that it came to; numeric
    std::uint16_t port = 0, local_port = 0;
    std::string session;      ///< its number here, for both logs
    std::string client_name;  ///< of the client's EHLO
    unsigned hops = 1;        ///< servers that may still relay it
};

struct Limits {
    static constexpr std::size_t line_bytes_max = 8'192;      ///< a list of capabilities has 1 to 2 KiB
    static constexpr std::size_t literal_bytes_max = 65'536;  ///< in answers to ID
    static constexpr unsigned lines_max = 200;                ///< of a whole dialogue
};

/// What is to be done: first `send`, then what `kind` says.
struct Next {
    enum class Kind : std::uint8_t {
        read,       ///< give line() the next line
        skip,       ///< read `octets`, throw them away, then as `read`
        start_tls,  ///< then call secured()
        done,       ///< logged in: what comes next is the client's
        failed,     ///< see failure()
    };
    Kind kind = Kind::read;
    std::string send;
    std::size_t octets = 0;
};

struct Failure {
    enum class Kind : std::uint8_t {
        unavailable,  ///< not reached, or it cannot now, or it does not know what we need of it
        refused,      ///< it does not take the user or the password
    };
    Kind kind = Kind::unavailable;
    std::string why;   ///< for the log
    std::string code;  ///< a response code that the client should hear: "LIMIT", "IN-USE"; empty: none
};

class Dialogue {
public:
    virtual ~Dialogue() = default;
    Next line(std::string_view line);
    virtual Next secured() = 0;

    const Failure& failure() const { return failure_; }
    /// done: IMAP: the capabilities after login. POP3: the text behind "+OK". Submission: the extensions of
    /// the last EHLO, parted by line feeds.
    const std::string& answer() const { return answer_; }

protected:
    virtual Next take(std::string_view line) = 0;
    Next fail(Failure::Kind kind, std::string why, std::string code = {});
    Next unavailable(std::string why) { return fail(Failure::Kind::unavailable, std::move(why)); }

    Failure failure_;
    std::string answer_;

private:
    unsigned lines_ = 0;
};

std::unique_ptr<Dialogue> make_imap_dialogue(Facts facts);
std::unique_ptr<Dialogue> make_pop3_dialogue(Facts facts);
std::unique_ptr<Dialogue> make_submission_dialogue(Facts facts);

// Shared by them.
/// The message of SASL PLAIN (RFC 4616) in base64.
std::string plain_message(const Facts& facts);
/// One of the words of `list`, parted by blanks, in any case.
bool has_word(std::string_view list, std::string_view word);
/// The attributes among `offered` that we know, as XCLIENT has them: " ADDR=192.0.2.1 PORT=1234".
std::string xclient_attributes(const Facts& facts, std::string_view offered);
/// What a server said, safe for the log: printable, and short.
std::string quoted_for_log(std::string_view text);

}  // namespace relay

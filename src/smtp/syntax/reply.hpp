// Replies: code, enhanced status code (RFC 3463, RFC 5248) and text, as values and as octets.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace smtp {

/// One single-line reply with static text.
class Reply {
public:
    constexpr Reply() = default;
    /// `status` is empty where RFC 2034 section 4 wants none (greeting, EHLO, 3yz).
    constexpr Reply(std::uint16_t code, const char* status, const char* text)
        : code_(code), status_(status), text_(text) {}
    constexpr std::uint16_t code() const { return code_; }
    constexpr std::string_view status() const { return status_; }
    constexpr std::string_view text() const { return text_; }
    constexpr bool positive() const { return code_ < 400; }

private:
    std::uint16_t code_ = 0;
    const char* status_ = "";
    const char* text_ = "";
};

/// What a parser returns: the value, or the reply that says what is wrong.
template <class T>
using Parsed = base::Result<T, Reply>;

/// Appends "code status text CRLF". Controls in `text` become '?', since it may quote the peer.
void write_reply(std::string& out, std::uint16_t code, std::string_view status, std::string_view text);
inline void write_reply(std::string& out, const Reply& reply) {
    write_reply(out, reply.code(), reply.status(), reply.text());
}
/// One line of a multi-line reply: "code-text" or, for the `last`, "code text".
void write_line(std::string& out, std::uint16_t code, bool last, std::string_view text);

/// Every reply that is always the same.
namespace replies {
inline constexpr Reply ok{250, "2.0.0", "Ok"};
inline constexpr Reply sender_ok{250, "2.1.0", "Sender ok"};
inline constexpr Reply recipient_ok{250, "2.1.5", "Recipient ok"};
inline constexpr Reply chunk_ok{250, "2.0.0", "Chunk ok"};
inline constexpr Reply start_data{354, "", "End data with <CR><LF>.<CR><LF>"};
inline constexpr Reply bye{221, "2.0.0", "Bye"};
inline constexpr Reply start_tls{220, "2.0.0", "Ready to start TLS"};
inline constexpr Reply authenticated{235, "2.7.0", "Authentication successful"};
inline constexpr Reply vrfy{252, "2.0.0", "Cannot verify here; send it and see"};

inline constexpr Reply unknown_command{500, "5.5.1", "Command not recognised"};
inline constexpr Reply line_too_long{500, "5.5.2", "Line too long"};
inline constexpr Reply bare_lf_line{500, "5.5.2", "Lines end with <CR><LF>"};
inline constexpr Reply bad_octets_line{500, "5.5.2", "NUL or bare CR in a command"};
inline constexpr Reply not_offered{502, "5.5.1", "Command not offered"};
inline constexpr Reply hello_first{503, "5.5.1", "Say hello first"};
inline constexpr Reply mail_first{503, "5.5.1", "MAIL first"};
inline constexpr Reply mail_given{503, "5.5.1", "MAIL was given already"};
inline constexpr Reply rcpt_first{503, "5.5.1", "No valid recipients"};
inline constexpr Reply in_chunks{503, "5.5.1", "The message is being sent with BDAT"};
inline constexpr Reply chunk_refused{503, "5.5.1", "An earlier chunk was refused; send RSET"};
inline constexpr Reply binary_needs_bdat{503, "5.5.1", "BODY=BINARYMIME needs BDAT"};
inline constexpr Reply in_transaction{503, "5.5.1", "Not within a mail transaction"};

inline constexpr Reply no_arguments{501, "5.5.4", "No arguments allowed"};
inline constexpr Reply hello_argument{501, "5.5.4", "Host name or address literal expected"};
inline constexpr Reply mail_syntax{501, "5.5.2", "Syntax: MAIL FROM:<address> [parameters]"};
inline constexpr Reply rcpt_syntax{501, "5.5.2", "Syntax: RCPT TO:<address> [parameters]"};
inline constexpr Reply bdat_syntax{501, "5.5.4", "Syntax: BDAT size [LAST]"};
inline constexpr Reply auth_syntax{501, "5.5.4", "Syntax: AUTH mechanism [initial-response]"};
inline constexpr Reply argument_needed{501, "5.5.4", "Argument needed"};
inline constexpr Reply bad_sender{501, "5.1.7", "Bad sender address syntax"};
inline constexpr Reply bad_recipient{501, "5.1.3", "Bad recipient address syntax"};
inline constexpr Reply utf8_address{553, "5.6.7", "SMTPUTF8 is needed for this address"};
inline constexpr Reply bad_parameter{501, "5.5.4", "Bad parameter"};
inline constexpr Reply twice_parameter{501, "5.5.4", "Parameter given twice"};
inline constexpr Reply unknown_parameter{555, "5.5.4", "Parameter not recognised"};
inline constexpr Reply bad_size{501, "5.5.4", "Bad SIZE"};
inline constexpr Reply bad_body{501, "5.5.4", "Bad BODY"};
inline constexpr Reply bad_ret{501, "5.5.4", "Bad RET"};
inline constexpr Reply bad_envid{501, "5.5.4", "Bad ENVID"};
inline constexpr Reply bad_hold{501, "5.5.4", "Bad HOLDFOR or HOLDUNTIL, or too far away"};
inline constexpr Reply bad_by{501, "5.5.4", "Bad BY"};
inline constexpr Reply require_tls_needs_tls{530, "5.7.4", "REQUIRETLS needs TLS"};
inline constexpr Reply bad_notify{501, "5.5.4", "Bad NOTIFY"};
inline constexpr Reply bad_orcpt{501, "5.5.4", "Bad ORCPT"};
inline constexpr Reply bad_auth_parameter{501, "5.5.4", "Bad AUTH parameter"};

inline constexpr Reply too_big{552, "5.3.4", "Message is too big"};
inline constexpr Reply header_too_big{552, "5.3.4", "Header section is too big"};
inline constexpr Reply bare_lf{554, "5.6.0", "Bare LF in the message"};
inline constexpr Reply bare_cr{554, "5.6.0", "Bare CR in the message"};
inline constexpr Reply nul{554, "5.6.0", "NUL in the message"};
inline constexpr Reply mail_loop{554, "5.4.6", "Mail loop: too many hops"};
inline constexpr Reply mail_loop_here{554, "5.4.6", "Mail loop: it was delivered to this address before"};
inline constexpr Reply bad_from_field{550, "5.7.1", "One From field with an address is needed"};
inline constexpr Reply refused_content{550, "5.7.1", "Message refused"};
inline constexpr Reply from_not_owned{553, "5.7.1", "From: names an address that is not yours"};
inline constexpr Reply disk_full{452, "4.3.1", "Insufficient system storage; try again later"};
inline constexpr Reply unavailable{451, "4.3.0", "Mail store is not available; try again later"};
inline constexpr Reply partly_full{452, "4.2.2",
                                   "A recipient's mailbox is full, the others have it; send again"};
inline constexpr Reply mailbox_elsewhere{451, "4.4.4", "The mailbox is on another server, try that one"};
inline constexpr Reply over_quota{552, "5.2.2", "Mailbox is full"};
inline constexpr Reply unknown_mailbox{550, "5.1.1", "No such mailbox here"};
inline constexpr Reply disabled_mailbox{550, "5.2.1", "Mailbox is disabled"};
inline constexpr Reply relaying_denied{550, "5.7.1", "Relaying denied"};
inline constexpr Reply no_such_domain{550, "5.1.2", "There is no domain in this address"};
inline constexpr Reply leads_to_too_many{550, "5.4.6", "This address leads to too many others"};
inline constexpr Reply sending_limit{450, "4.7.1", "You have sent to too many recipients; try again later"};
inline constexpr Reply directory_unavailable{451, "4.3.0", "Cannot look up the recipient; try again later"};
inline constexpr Reply relaying_later{550, "5.7.1", "This server delivers to its own domains only"};
inline constexpr Reply too_many_recipients{452, "4.5.3", "Too many recipients"};
inline constexpr Reply too_many_transactions{421, "4.5.3", "Too many transactions; connect again"};
inline constexpr Reply sender_not_owned{553, "5.7.1", "Sender address is not one of yours"};

inline constexpr Reply tls_needed{530, "5.7.0", "Must issue a STARTTLS command first"};
inline constexpr Reply tls_active{503, "5.5.1", "TLS is active already"};
inline constexpr Reply tls_not_offered{502, "5.5.1", "STARTTLS is not offered"};
inline constexpr Reply auth_needed{530, "5.7.0", "Authentication required"};
inline constexpr Reply auth_tls_needed{538, "5.7.11", "Encryption required for this mechanism"};
inline constexpr Reply auth_done{503, "5.5.1", "Authenticated already"};
inline constexpr Reply auth_unknown{504, "5.5.4", "Mechanism not offered"};
inline constexpr Reply auth_base64{501, "5.5.2", "Not base64"};
inline constexpr Reply auth_too_long{500, "5.5.6", "Authentication exchange line is too long"};
inline constexpr Reply auth_malformed{501, "5.5.2", "Malformed authentication message"};
inline constexpr Reply auth_cancelled{501, "5.7.0", "Authentication cancelled"};
inline constexpr Reply auth_failed{535, "5.7.8", "Authentication credentials invalid"};
inline constexpr Reply auth_temporary{454, "4.7.0", "Temporary authentication failure"};
inline constexpr Reply auth_sessions_max{454, "4.7.0", "Too many connections of this user"};
inline constexpr Reply auth_too_many{421, "4.7.0", "Too many failed attempts; try again later"};

inline constexpr Reply http_here{554, "5.5.1", "This is a mail server"};
inline constexpr Reply talked_early{554, "5.5.1", "Spoke before the greeting"};
inline constexpr Reply local_only{554, "5.7.1", "Not open to your address"};
inline constexpr Reply too_many_errors{421, "4.7.0", "Too many errors"};
inline constexpr Reply timed_out{421, "4.4.2", "Idle for too long"};
inline constexpr Reply shutting_down{421, "4.3.2", "Server is shutting down"};
inline constexpr Reply kicked{421, "4.3.2", "Session ended by the operator"};
inline constexpr Reply internal_error{421, "4.3.0", "Internal error"};
}  // namespace replies

}  // namespace smtp

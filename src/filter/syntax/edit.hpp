// What a filter may want of a message: values that codecs make and filter::Draft carries out.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace filter {

/// What the client hears. Made safe for one line of a reply by make_reply().
struct Reply {
    std::uint16_t code = 0;  ///< 4yz or 5yz; 0: none
    std::string status;      ///< "5.7.1"
    std::string text;        ///< printable ASCII, at most reply_text_max octets

    explicit operator bool() const { return code != 0; }
    bool temporary() const { return code >= 400 && code < 500; }
};
/// Of a line of 512 octets (RFC 5321 section 4.5.3.1.5) with room for code, status and what a session adds.
inline constexpr std::size_t reply_text_max = 400;
/// A stranger's words go through here: what is not printable ASCII becomes '?', what is too long is cut.
Reply make_reply(std::uint16_t code, std::string_view status, std::string_view text);
/// "550 5.7.1 No" as an operator or a filter writes it; a status that is missing or of another class is made.
/// Code 0: it is no refusal.
Reply parse_reply(std::string_view line);

struct HeaderEdit {
    enum class Kind : std::uint8_t {
        append,      ///< behind the last field
        insert,      ///< in front of field number `index`, counted from 0
        change,      ///< the `index`th of that name, counted from 1; appended where there is none
        remove,      ///< the `index`th of that name, counted from 1
        remove_all,  ///< of that name
    };
    Kind kind = Kind::append;
    std::string name;
    std::string value;  ///< without name and colon, with the blank behind that; line ends are CRLF
    std::uint32_t index = 0;
};

/// RFC 5322 section 3.6.8: printable ASCII but the colon; at most 200 octets.
bool is_field_name(std::string_view name);
/// A value of any octets as it may stand in a header: NUL goes, line ends become CRLF, and a line that does
/// not begin with a blank, or has nothing else, gets one or goes; so it ends no header and begins no field.
/// A value that does not begin with a blank gets one.
std::string field_value(std::string_view value);

}  // namespace filter

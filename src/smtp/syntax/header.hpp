// The header section of a message on its way in: found in the stream, checked for loops, freed of fields that
// only a delivering server may write. It never changes a field that it keeps.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace smtp {

/// Gathers octets until the header section is whole: up to and with the empty line.
class HeaderBuffer {
public:
    explicit HeaderBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    enum class Status : std::uint8_t { more, whole, too_big };
    /// Takes the header's octets off the front of `text`; with `whole`, what is left of it is body.
    Status take(std::string_view& text);
    const std::string& octets() const { return octets_; }
    void clear() { octets_ = std::string(); }

private:
    std::size_t bytes_max_;
    std::string octets_;
    std::uint8_t matched_ = 2;  ///< octets of CRLF CRLF seen last; a message starts as if behind a line end
};

/// What a header section says of itself.
struct HeaderFacts {
    std::uint32_t received_fields = 0;
    std::uint32_t from_fields = 0;
    std::string_view from;  ///< value of the first From field, folded as it came
    bool has_date = false;
    bool has_message_id = false;
    std::string_view message_id;                 ///< trimmed
    bool tls_not_required = false;               ///< "TLS-Required: No", RFC 8689 section 5
    std::vector<std::string_view> delivered_to;  ///< values, trimmed; at most 100 (more is a loop by itself)
    std::vector<std::string_view> kept;          ///< the section without what was removed, in runs
};

struct HeaderRules {
    bool remove_return_path = true;  ///< RFC 5321 section 4.4: only the delivering server writes it
    bool remove_bcc = false;  ///< RFC 6409 section 8: the submission server may; recipients must not see it
};

/// `section` is HeaderBuffer::octets(), or all of a message that has no empty line. Views point into it.
HeaderFacts read_header(std::string_view section, HeaderRules rules);

/// The addresses of a From or Sender value, loosely read: the addr-specs of an address-list (RFC 5322
/// section 3.4) without comments, quoted strings kept. For ownership checks; never fails, may return nothing.
std::vector<std::string> addresses_in(std::string_view value);

}  // namespace smtp

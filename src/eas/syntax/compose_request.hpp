// SendMail, SmartReply and SmartForward: MS-ASCMD sections 2.2.2.15, 2.2.2.18, 2.2.2.19.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eas/syntax/command.hpp"
#include "eas/syntax/options.hpp"
#include "wbxml/document.hpp"

namespace eas {

constexpr std::size_t forwardees_max =
    200;  ///< of one request; more is a list, and each is looked for in each event

/// Whom a meeting is passed on to.
struct Forwardee {
    std::string address, name;
    bool operator==(const Forwardee&) const = default;
};
/// An address that a mail and an invitation can have.
bool is_forwardee(std::string_view address);
/// One line of a length that people's names have.
std::string forwardee_name(std::string_view utf8);

struct ComposeRequest {
    std::string_view client_id;
    std::string_view message;                      ///< octets
    std::string_view folder_id, item_id, long_id;  ///< what it answers or forwards
    std::optional<std::string_view> instance_id;   ///< of it, which occurrence
    bool save_in_sent = false;
    bool replace = false;  ///< the message is whole as it is
    /// From 16.0 on, SmartForward of a meeting: who gets it, and what is said to them, in place of a message.
    bool passes_on = false;
    std::vector<Forwardee> forwardees;
    std::string_view text;
    BodyType text_type = BodyType::plain;
    int status = 1;  ///< else a common status: what is wrong
};
ComposeRequest parse_compose(wbxml::Element root, Command command, std::uint16_t version);

}  // namespace eas

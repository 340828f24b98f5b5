// The text of a message in the form that a device asked for, from the octets of its parts. Pure.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "eas/mail/layout.hpp"
#include "eas/syntax/mail_item.hpp"

namespace eas {

/// The octets of a part's body, as they stand in the message.
using PartOctets = std::function<std::string_view(std::uint32_t part)>;

/// All text as plain text or as HTML, in UTF-8.
std::string text_as(BodyType type, const mime::Tree& tree, const Layout& layout, const PartOctets& octets);

/// The body that goes out: cut to what was asked for.
ItemBody make_body(BodyType type, std::string text, const BodyPreference& wanted);

/// Which of the device's preferences is served: MIME where it takes it, else what the message is written in,
/// else the first. null: none was sent.
const BodyPreference* choose_body(const ItemOptions& options, const Layout& layout);

/// HTML that shows a plain text as it is.
std::string html_of(std::string_view plain);

}  // namespace eas

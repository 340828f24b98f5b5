// The body of a message as a device asked for it: its text in one form, its octets, or what is new in it.
// Reads piece by piece, and no more than there is room for.
#pragma once
#include "eas/mail/mail_reader.hpp"
#include "eas/mail/message_text.hpp"

namespace eas {

/// Its text in one form. \errors as Folder::read
awaitable<store::Result<GatheredText>> read_text_as(MessageOctets* message, BodyType type, TextRoom room);

/// What the device's preferences choose. \errors as Folder::read
awaitable<store::Result<ItemBody>> read_body(MessageOctets* message, const ItemOptions* options);

/// What is new in the message, as HTML: MS-ASCON section 3.2.5.7. \errors as Folder::read
awaitable<store::Result<ItemBody>> read_part(MessageOctets* message, BodyPreference wanted);

}  // namespace eas

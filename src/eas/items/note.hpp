// Notes: VJOURNAL to and from MS-ASNOTE. Pure.
#pragma once
#include "eas/items/item.hpp"

namespace eas {

bool apply_note(wbxml::Element data, pim::Component& calendar, const ItemContext& context);
void write_note(wbxml::Encoder& to, const pim::Component& calendar, const ItemOptions& options);
ItemFacts note_facts(const pim::Component& calendar);

}  // namespace eas

// Contacts: vCard 4 (RFC 6350) to and from MS-ASCNTC. Pure.
#pragma once
#include "eas/items/item.hpp"

namespace eas {

pim::Component empty_card();
/// What an Add or Change says goes into the card. False: it cannot be kept.
bool apply_contact(wbxml::Element data, pim::Component& card, const ItemContext& context);
/// The children of ApplicationData.
void write_contact(wbxml::Encoder& to, const pim::Component& card, const ItemOptions& options);
ItemFacts contact_facts(const pim::Component& card);

}  // namespace eas

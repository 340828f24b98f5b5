// Tasks: VTODO to and from MS-ASTASK. Pure.
#pragma once
#include "eas/items/item.hpp"

namespace eas {

bool apply_task(wbxml::Element data, pim::Component& calendar, const ItemContext& context);
void write_task(wbxml::Encoder& to, const pim::Component& calendar, const ItemOptions& options,
                std::uint16_t version);
/// The date: when it was done; without an end while it is not.
ItemFacts task_facts(const pim::Component& calendar);

}  // namespace eas

// Arguments that say where a domain's mail goes.
#pragma once
#include <string>

#include "admin/operations.hpp"

namespace admin {

/// "local", "split", "backup"
const char* delivery_name(directory::Domain::Delivery delivery);
/// Empty, or what is wrong. Changes what the arguments name.
std::string take_smart_host(const Json& arguments, std::string* smart_host, bool* trusted_only);
std::string take_arc_seal(const Json& arguments, directory::Domain::Seal* seal);
/// "default", "yes", "no"
const char* seal_name(directory::Domain::Seal seal);
std::string take_delivery(const Json& arguments, directory::Domain::Delivery* delivery);

}  // namespace admin

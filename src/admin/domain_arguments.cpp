#include "admin/domain_arguments.hpp"

#include "mta/route.hpp"

namespace admin {

const char* delivery_name(directory::Domain::Delivery delivery) {
    return delivery == directory::Domain::Delivery::split    ? "split"
           : delivery == directory::Domain::Delivery::backup ? "backup"
                                                             : "local";
}

std::string take_smart_host(const Json& arguments, std::string* smart_host, bool* trusted_only) {
    *trusted_only = flag(arguments, "smart_host_trusted_only", *trusted_only);
    if (!arguments.contains("smart_host")) return {};
    const std::string wanted = text(arguments, "smart_host");
    std::string why;
    if (!wanted.empty() && !mta::parse_smart_host(wanted, &why)) return "smart host: " + why;
    *smart_host = wanted;
    return {};
}

const char* seal_name(directory::Domain::Seal seal) {
    return seal == directory::Domain::Seal::yes  ? "yes"
           : seal == directory::Domain::Seal::no ? "no"
                                                 : "default";
}

std::string take_arc_seal(const Json& arguments, directory::Domain::Seal* seal) {
    const std::string wanted = text(arguments, "arc_seal", seal_name(*seal));
    for (const auto one :
         {directory::Domain::Seal::by_setting, directory::Domain::Seal::yes, directory::Domain::Seal::no}) {
        if (wanted != seal_name(one)) continue;
        *seal = one;
        return {};
    }
    return "arc_seal must be default, yes or no";
}

std::string take_delivery(const Json& arguments, directory::Domain::Delivery* delivery) {
    const std::string wanted = text(arguments, "delivery", delivery_name(*delivery));
    for (const auto one : {directory::Domain::Delivery::local, directory::Domain::Delivery::split,
                           directory::Domain::Delivery::backup}) {
        if (wanted != delivery_name(one)) continue;
        *delivery = one;
        return {};
    }
    return "delivery must be local, split or backup";
}

}  // namespace admin

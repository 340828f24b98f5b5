#include "filter/verdict.hpp"

#include "base/ascii.hpp"
#include "filter/facts.hpp"

namespace filter {

std::string_view name_of(Decision decision) {
    switch (decision) {
        case Decision::accept:
            return "accept";
        case Decision::quarantine:
            return "quarantine";
        case Decision::discard:
            return "delete";
        case Decision::tempfail:
            return "tempfail";
        case Decision::reject:
            break;
    }
    return "reject";
}

std::string domain_of(std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at == std::string_view::npos ? std::string() : base::lowered(address.substr(at + 1));
}

}  // namespace filter

#include "filter/verdict.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"
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

std::string domain_of(std::string_view address) { return base::lowered(base::domain_of(address)); }

}  // namespace filter

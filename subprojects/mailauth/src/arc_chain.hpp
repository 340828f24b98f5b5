// The ARC fields of a header, by instance, and the text that a seal signs.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "crypto.hpp"
#include "mailauth/arc.hpp"
#include "signature.hpp"

namespace mailauth {

struct ArcLink {
    std::string_view results;  // the whole ARC-Authentication-Results field
    Signature message;
    Signature seal;
};

struct ArcChain {
    std::vector<ArcLink> links;  // [0] is instance 1
    std::string fault;           // not empty: section 5.2's steps 1 to 3 say fail
    bool closed = false;
};

ArcChain read_arc_chain(const std::vector<HeaderField>& fields, const DkimVerifyOptions& options,
                        const ArcLimits& limits);

/// i= of an ARC-Authentication-Results value and where the rest begins; 0: none.
unsigned read_arc_instance(std::string_view value, std::size_t& rest);

/// Section 5.1.1: a set's fields in the order that is signed. All but the last seal, which goes in unsigned.
void hash_arc_fields(Sha256& hash, std::string_view results, std::string_view message);

}  // namespace mailauth

// One uid more or less in a set of uids: no more than a search in it. Pure.
#pragma once
#include "store/uid_ranges.hpp"

namespace eas {

void insert(store::UidRanges& ranges, base::Uid uid);
void erase(store::UidRanges& ranges, base::Uid uid);

}  // namespace eas

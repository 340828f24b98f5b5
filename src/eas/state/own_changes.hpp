// Own changes of a cursor, for its two parts: cursor.cpp and cursor_plan.cpp.
#pragma once
#include "eas/state/cursor.hpp"

namespace eas {

/// In the place of one of the same item and kind. Where there are too many, an old one goes.
void add_own(Cursor& cursor, const OwnChange& own);
/// The device must be told of it anew.
bool is_owed(const OwnChange& own);

}  // namespace eas

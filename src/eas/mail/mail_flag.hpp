// The Flag of a message: what a device says of it, and how it is shown. MS-ASEMAIL section 2.2.2.34. Pure.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "store/follow_up.hpp"
#include "wbxml/document.hpp"

namespace eas {

/// What becomes of a flag.
struct FlagWish {
    bool flagged = false;       ///< \Flagged: it is active
    store::FollowUp follow_up;  ///< of one that is complete too; empty: it is gone, or a flag and no more
};

/// MS-ASEMAIL section 3.2.5.3.2. `flag` is sound (is_sound_change). One that names its type is a new one;
/// else it says what has changed of `known`. Nothing: its texts are too long.
std::optional<FlagWish> wish_of(wbxml::Element flag, const store::FollowUp& known);

/// What Folder::follow_ups() knows of one; null: nothing.
const store::FollowUp* find_follow_up(const std::map<base::Uid, store::FollowUp>& all, base::Uid uid);

/// A fragment of WBXML: the Flag of a message that has one; empty: it has none.
std::string show_flag(bool flagged, const store::FollowUp* says);

}  // namespace eas

// Cursor: what a device knows of a folder, as places in the folder's uids and changes instead of a list of
// items; and what it must be told next. Pure: snapshots in, steps out.
//
// A device knows every message with low <= uid < high that was inside its window and not withheld, or joined,
// as it was at modseq `done`. Older mail (uid < low) comes newest first, new mail (uid >= high) in order.
// Changes come in passes over [low, high) in order of uid; a pass that does not fit one answer goes on at
// `pass`.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "store/snapshot.hpp"
#include "store/uid_ranges.hpp"

namespace eas {

/// A state of an item that the device knows otherwise than by a pass that has ended: most often since it has
/// made it. It is not told of it.
struct OwnChange {
    /// `dropped`: the device has deleted it, and here it is still; `refused`: it has changed it, and here it
    /// is as before. It must be told of it anew.
    enum class Kind : std::uint8_t { flags, removed, added, dropped, refused };
    base::Uid uid;
    base::ModSeq modseq;  ///< of the change's transaction; of what was dropped or refused none
    Kind kind = Kind::flags;
    bool operator==(const OwnChange&) const = default;
};

struct Cursor {
    static constexpr std::int64_t no_window = INT64_MIN;

    bool begun = false;  ///< false: nothing was told yet
    base::ModSeq done;   ///< all changes up to it were told
    base::Uid low, high;
    base::Uid oldest;                 ///< nothing below was ever told; what leaves there is not told
    std::int64_t window = no_window;  ///< internal dates from here on are inside
    // Of a pass that is under way; pass is 0 when none is.
    base::Uid pass;
    base::ModSeq target;
    std::int64_t window_next = no_window;
    /// Inside the interval and the window, but not told: with \Deleted, or what could not be converted. Of
    /// folders whose items' dates change, also what is outside the window.
    store::UidRanges withheld;
    std::vector<OwnChange> own;
    /// Whether of a conversation with a message inside the window all are told; after the pass, too.
    bool conversations = false, conversations_next = false;
    /// Outside the window, but told: for their conversation's sake.
    store::UidRanges joined;

    bool operator==(const Cursor&) const = default;
};

/// Where more are withheld, the rest is told as if it were not \Deleted.
constexpr std::size_t withheld_ranges_max = 2'048;
constexpr std::size_t own_changes_max = 1'024;
/// Where more would be joined, they stay outside.
constexpr std::size_t joined_ranges_max = 2'048;

struct Step {
    enum class Kind : std::uint8_t { add, change, remove, soft_delete };
    Kind kind = Kind::add;
    store::Entry entry;  ///< of remove: the uid alone
};

struct PlanRequest {
    const store::Snapshot* now = nullptr;
    const store::UidRanges* vanished = nullptr;  ///< since Cursor::done; null: none
    std::int64_t window = Cursor::no_window;     ///< that the device asks for
    std::size_t steps_max = 100;
    std::uint64_t bytes_max = UINT64_MAX;  ///< of the messages added: once it is reached, no more
    /// Items whose dates change: what is outside the window is among the withheld, so that it is known what
    /// the device has.
    bool dated = false;
    bool conversations = false;  ///< whole ones are asked for, of mail: MS-ASCMD section 2.2.3.36.2
    bool count_only = false;     ///< steps are counted, not kept
};

struct Plan {
    std::vector<Step> steps;
    std::size_t count = 0;
    bool more = false;  ///< one of the two bounds was reached, and there are others
    Cursor next;        ///< once the device has these
};
Plan plan_changes(Cursor from, const PlanRequest& request);

/// Whether vanished uids must be asked for.
bool needs_vanished(const Cursor& cursor, const store::Snapshot& now);

/// Whether the device must be told something though nothing has changed: of what note_dropped() and
/// note_refused() were called for.
bool owes(const Cursor& cursor);

/// Takes a uid out of what the device knows: it could not be converted.
void withhold(Cursor& cursor, base::Uid uid);
/// The device is not told of what it did itself. `former`: the message before it; what others had done to it
/// and the device has not heard of must be told all the same.
void note_own(Cursor& cursor, const OwnChange& own, const store::Entry* former);
/// The device has deleted it, and that was not done: it comes again.
void note_dropped(Cursor& cursor, base::Uid uid);
/// The device has changed it, and that was not done: it is told how it is.
void note_refused(Cursor& cursor, base::Uid uid);
/// Whether the device has heard of the item as it is now, or made it so.
bool knows(const Cursor& cursor, const store::Entry& entry);
/// Whether the device has added the item, and the interval has not come to it yet.
bool has_added(const Cursor& cursor, base::Uid uid);

}  // namespace eas

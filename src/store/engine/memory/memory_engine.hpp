// The in-memory engine: the contract of engine.hpp in maps, for tests. It can be told to fail at any step,
// and to lose its power: power_cut() is what would be on the disk now, and a new engine starts from it.
//
// Calls complete on the caller's thread without suspending, unless a fault delays them. Safe from any thread.
#pragma once
#include <memory>

#include "base/id_source.hpp"
#include "store/engine/engine.hpp"
#include "store/engine/memory/faults.hpp"

namespace store::engine {

/// What survives a power cut. Immutable; several engines may start from the same one.
struct MemoryImage;
using MemoryImagePtr = std::shared_ptr<const MemoryImage>;

enum class Unsynced : std::uint8_t {
    lost,  ///< untag() and blob_remove() are undone, unfinished blobs vanish: the worst that the contract
           ///< allows
    kept,  ///< the disk had it all, also the chunks of unfinished blobs: as after kill -9
};

class MemoryEngine : public Engine {
public:
    /// Replaces the script; an empty one ends all faults.
    virtual void inject(FaultScript script) = 0;
    /// Steps so far. A test that fails each step in turn runs until a run ends with fewer steps than its
    /// number.
    virtual std::uint64_t steps() const = 0;
    /// Also after close().
    virtual MemoryImagePtr power_cut(Unsynced unsynced = Unsynced::lost) const = 0;
};

/// `ids` gives blobs their ids and must outlive the engine. `image`: of an earlier one, or null for an empty
/// engine.
std::unique_ptr<MemoryEngine> make_memory_engine(base::IdSource& ids, MemoryImagePtr image = nullptr,
                                                 Limits limits = {});

}  // namespace store::engine

// Faults: what the in-memory engine may be told to do wrong, call by call. A step is one call of the engine
// or of BlobWriter::write(), counted from 1.
#pragma once
#include <cstdint>
#include <functional>

namespace store::engine {

enum class Op : std::uint8_t {
    commit,
    apply,
    get,
    scan,
    version,
    drop,
    list,
    blob_write,
    blob_size,
    blob_read,
    untag,
    blob_tags,
    blob_list,
    blob_remove,
};

enum class Fault : std::uint8_t {
    none,
    delay,     ///< is done, but not at once: other coroutines of the executor run before it and after it
    conflict,  ///< of commit() and of scan() with `expect`; elsewhere nothing goes wrong
    unknown_but_done,  ///< was done, and the answer was lost; of calls that only read: unavailable
    unknown_not_done,  ///< the request was lost; of calls that only read: unavailable
    unavailable,
    no_space,  ///< of calls that write; elsewhere nothing goes wrong
    corrupt,   ///< of calls that read: what they need is damaged; elsewhere nothing goes wrong
};

struct Step {
    std::uint64_t number = 0;
    Op op = Op::commit;
    bool blobs =
        false;  ///< of commit and apply: new blobs go along, which a disk that is nearly full refuses
};

/// Asked at each step, one thread at a time.
using FaultScript = std::function<Fault(const Step&)>;

/// `fault` at step `number`, nothing before and after.
FaultScript fault_at(std::uint64_t number, Fault fault);

/// Of a thousand steps so many go wrong in each way, by chance that repeats with `seed`.
struct FaultRates {
    unsigned delay = 0, conflict = 0, unknown_but_done = 0, unknown_not_done = 0, unavailable = 0,
             no_space = 0;
};
FaultScript random_faults(std::uint64_t seed, FaultRates per_mille);

bool only_reads(Op op);
/// What `fault` means for `op`, by the remarks above. `has_expect`: of a scan.
Fault effective(Fault fault, Op op, bool has_expect);

}  // namespace store::engine

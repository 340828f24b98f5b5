#include "store/engine/memory/faults.hpp"

#include <array>
#include <memory>
#include <random>
#include <utility>

namespace store::engine {

FaultScript fault_at(std::uint64_t number, Fault fault) {
    return [number, fault](const Step& step) { return step.number == number ? fault : Fault::none; };
}

FaultScript random_faults(std::uint64_t seed, FaultRates per_mille) {
    // std::function copies; the generator must not be copied with it, or two copies would repeat each other.
    auto chance = std::make_shared<std::mt19937_64>(seed);
    return [chance, per_mille](const Step&) {
        const std::array<std::pair<Fault, unsigned>, 6> shares{
            {{Fault::delay, per_mille.delay},
             {Fault::conflict, per_mille.conflict},
             {Fault::unknown_but_done, per_mille.unknown_but_done},
             {Fault::unknown_not_done, per_mille.unknown_not_done},
             {Fault::unavailable, per_mille.unavailable},
             {Fault::no_space, per_mille.no_space}}};
        auto drawn = static_cast<unsigned>((*chance)() % 1000);
        for (const auto& [fault, share] : shares) {
            if (drawn < share) return fault;
            drawn -= share;
        }
        return Fault::none;
    };
}

bool only_reads(Op op) {
    switch (op) {
        case Op::get:
        case Op::scan:
        case Op::version:
        case Op::list:
        case Op::blob_size:
        case Op::blob_read:
        case Op::blob_tags:
        case Op::blob_list:
            return true;
        case Op::commit:
        case Op::apply:
        case Op::drop:
        case Op::blob_write:
        case Op::untag:
        case Op::blob_remove:
            return false;
    }
    return false;
}

Fault effective(Fault fault, Op op, bool has_expect) {
    switch (fault) {
        case Fault::conflict:
            return op == Op::commit || (op == Op::scan && has_expect) ? fault : Fault::none;
        case Fault::unknown_but_done:
        case Fault::unknown_not_done:
            // A lost chunk makes the whole writer useless, which is what `unavailable` says.
            return only_reads(op) || op == Op::blob_write ? Fault::unavailable : fault;
        case Fault::no_space:
            return only_reads(op) ? Fault::none : fault;
        case Fault::corrupt:
            return only_reads(op) ? fault : Fault::none;
        case Fault::none:
        case Fault::delay:
        case Fault::unavailable:
            return fault;
    }
    return fault;
}

}  // namespace store::engine

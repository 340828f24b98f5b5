// What the codecs of several rows need: their formats' numbers, keys, texts.
#pragma once
#include <cstdint>
#include <string>

#include "eas/syntax/ids.hpp"
#include "store/wire.hpp"

namespace eas {

inline constexpr std::uint8_t format_device = 0x71, format_hierarchy = 0x72, format_collection = 0x73,
                              format_oof = 0x74, format_answered = 0x75, format_moved = 0x76;

inline void write_key(store::WireWriter& out, SyncKey key) {
    out.u32(key.epoch);
    out.u32(key.counter);
}
inline SyncKey read_key(store::WireReader& in) {
    SyncKey key;
    key.epoch = in.u32();
    key.counter = in.u32();
    return key;
}

inline std::string read_text(store::WireReader& in) { return std::string(in.text()); }

}  // namespace eas

// RocksDB's CRC32C, by the processor's instruction. Debian builds RocksDB for any x86-64, where it computes
// the checksum of all that it writes to its log from tables: a tenth of the time of storing a message. It
// calls this function through the dynamic linker, which takes a program's own before a library's.
#include "base/crc32c.hpp"

#include <cstddef>
#include <cstdint>
#include <dlfcn.h>

#include "store/engine/rocksdb/crc32c.hpp"

namespace rocksdb::crc32c {

// Declared by no header that RocksDB installs. Name, arguments and result are those of its util/crc32c.h.
// NOLINTNEXTLINE(misc-use-internal-linkage)
__attribute__((visibility("default"))) std::uint32_t Extend(std::uint32_t before, const char* octets,
                                                            std::size_t size);
std::uint32_t Extend(std::uint32_t before, const char* octets, std::size_t size) {
    return base::crc32c({octets, size}, before);
}

}  // namespace rocksdb::crc32c

namespace store::engine::rocks {

bool own_crc32c_in_use() {
    return dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm") ==
           reinterpret_cast<const void*>(&rocksdb::crc32c::Extend);
}

}  // namespace store::engine::rocks

// The process that rocksdb_crash_test.cpp kills: commits for ever and prints "<worker> <number>" after each
// acknowledgement. usage: engine_crash_child FOLDER
#include <cstdio>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "unit/engine/ledger.hpp"
#include "unit/engine/rocksdb_fixture.hpp"

int main(int argc, char** argv) {
    using namespace store::engine;
    if (argc != 2) return 2;
    base::IdSource ids{base::Clock::system()};
    RocksOptions options = small_options();
    options.memtable_bytes = 512 << 10;  // so that the kill also meets flushes and compactions
    const auto engine = open_rocks(argv[1], ids, options);
    Ledger ledger;
    boost::asio::io_context io;
    const auto say = [](int worker, int number) {
        char line[64];
        const int length = std::snprintf(line, sizeof line, "%d %d\n", worker, number);
        if (::write(1, line, static_cast<std::size_t>(length)) != length) _exit(3);
    };
    for (int worker = 0; worker < 8; ++worker) {
        boost::asio::co_spawn(io, ledger.work(*engine, worker, 1'000'000, say),
                              [](std::exception_ptr, store::Errc) { _exit(4); });
    }
    io.run();
    return 0;
}

// Spool: the octets of one message while filters look at it: a small one in memory, a larger one in a file
// without a name, so that memory is bounded and a crash leaves nothing. Written once, then read.
//
// A shared buffer of the operating system's cache: nothing here is synced, since what is acknowledged is kept
// by the store. File calls run on the pool that it was made with.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/thread_pool.hpp>

#include "filter/message.hpp"

namespace filter {

class Spool final : public Message, public std::enable_shared_from_this<Spool> {
public:
    /// Held in memory, so many octets of a message.
    static constexpr std::size_t memory_bytes_max = 256U << 10;

    /// `folder` is where the file goes. `pool` outlives all calls.
    Spool(boost::asio::thread_pool& pool, std::string folder) : pool_(pool), folder_(std::move(folder)) {}
    ~Spool() override;
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// One caller at a time; before the first read(). \errors no_space, unavailable
    awaitable<store::Result<void>> write(std::string_view octets);

    std::uint64_t size() const override { return size_; }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override;

private:
    store::Result<void> to_file(std::string_view octets);

    boost::asio::thread_pool& pool_;
    const std::string folder_;
    std::string memory_;
    int file_ = -1;
    std::uint64_t size_ = 0;
};

/// A descriptor of a file with these octets, at its beginning, for a program's standard input; -1: errno says
/// why not. The caller closes it. Blocks: for the pool.
int open_unnamed_file(const std::string& folder);
bool write_all(int descriptor, std::string_view octets);

}  // namespace filter

#include "filter/spool.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.hpp"
#include "store/offload.hpp"

namespace filter {
namespace {

store::Error error_of(int number) {
    if (number == ENOSPC || number == EDQUOT) return {store::Errc::no_space, "no room for a message"};
    return {store::Errc::unavailable, "a message cannot be kept while it is filtered"};
}

}  // namespace

int open_unnamed_file(const std::string& folder) {
    return ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

bool write_all(int descriptor, std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t n = ::write(descriptor, octets.data(), octets.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

Spool::~Spool() {
    if (file_ >= 0) ::close(file_);
}

store::Result<void> Spool::to_file(std::string_view octets) {
    if (file_ < 0) file_ = open_unnamed_file(folder_);
    const bool written = file_ >= 0 && write_all(file_, memory_) && write_all(file_, octets);
    if (!written) {
        const int number = errno;
        base::log::error("filter", "a message cannot be spooled",
                         {{"folder", folder_}, {"error", std::strerror(number)}});
        return error_of(number);
    }
    std::string().swap(memory_);
    return {};
}

awaitable<store::Result<void>> Spool::write(std::string_view octets) {
    if (file_ < 0 && memory_.size() + octets.size() <= memory_bytes_max) {
        memory_ += octets;
        size_ += octets.size();
        co_return store::Result<void>();
    }
    // The caller awaits this at once, so that the view stays.
    auto work = [this, octets] { return to_file(octets); };
    auto written = co_await store::offload(pool_, std::move(work));
    if (written) size_ += octets.size();
    co_return written;
}

awaitable<store::Result<std::string>> Spool::read(std::uint64_t offset, std::size_t length) {
    if (offset >= size_) co_return std::string();
    length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - offset));
    if (file_ < 0) co_return memory_.substr(static_cast<std::size_t>(offset), length);
    auto work = [self = shared_from_this(), offset, length]() -> store::Result<std::string> {
        std::string out(length, '\0');
        std::size_t have = 0;
        while (have < length) {
            const ssize_t n =
                ::pread(self->file_, out.data() + have, length - have, static_cast<off_t>(offset + have));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return error_of(errno);
            have += static_cast<std::size_t>(n);
        }
        return out;
    };
    auto read = co_await store::offload(pool_, std::move(work));
    co_return read;
}

}  // namespace filter

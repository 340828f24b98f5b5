// KeptIoContext: an io_context for a short run, given back to a pool when its holder goes. The completion of
// a store call comes from another thread, which may still be inside post() when run() has returned here: an
// io_context that ended with the run would be pulled from under it.
#pragma once
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace test {

class KeptIoContext {
public:
    KeptIoContext() : context_(take()) { context_->restart(); }
    KeptIoContext(const KeptIoContext&) = delete;
    KeptIoContext& operator=(const KeptIoContext&) = delete;
    ~KeptIoContext() {
        const std::lock_guard lock(pool().mutex);
        pool().free.push_back(std::move(context_));
    }

    boost::asio::io_context& operator*() { return *context_; }

private:
    using Context = std::unique_ptr<boost::asio::io_context>;
    struct Pool {
        std::mutex mutex;
        std::vector<Context> free;
    };
    static Pool& pool() {
        static Pool& kept = *new Pool;  // never destroyed: threads may outlive main()'s statics
        return kept;
    }
    static Context take() {
        const std::lock_guard lock(pool().mutex);
        if (pool().free.empty()) return std::make_unique<boost::asio::io_context>();
        Context context = std::move(pool().free.back());
        pool().free.pop_back();
        return context;
    }

    Context context_;
};

}  // namespace test

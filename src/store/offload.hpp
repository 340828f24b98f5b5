// offload: runs a function that blocks or computes on a pool of its own and resumes the caller on its own
// executor.
#pragma once
#include <type_traits>
#include <utility>

#include <boost/asio/thread_pool.hpp>

#include "store/engine/completion.hpp"

namespace store {

/// `work` is called once on a thread of `pool`. It must not throw: an expected failure is a Result. `pool`
/// must be joined before what `work` refers to ends. Name the lambda and move it in (STYLE section 6).
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> offload(boost::asio::thread_pool& pool, Work work) {
    using T = std::invoke_result_t<Work&>;
    auto start = [&pool, work = std::move(work)](Completion<T> done) mutable {
        boost::asio::post(pool, [work = std::move(work), done = std::move(done)]() mutable { done(work()); });
    };
    return await_completion<T>(std::move(start));
}

}  // namespace store

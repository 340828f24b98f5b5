// clang-format off: the marks stand at the ends of the lines that they are for
// Lines marked BAD must be found by tools/coro_lint.q, and no others. Never compiled into anything.
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace {
using boost::asio::awaitable;
struct Order {
    std::string what;
    int count = 0;
};
awaitable<std::size_t> place(Order order) { co_return order.what.size(); }
awaitable<std::size_t> place_owned(std::unique_ptr<Order> order) { co_return order->what.size(); }
awaitable<std::string> name() { co_return "x"; }
template <class Work>
awaitable<std::size_t> run(Work work) {
    co_return work();
}

awaitable<void> wrong(std::string text, bool yes) {
    co_await run([text] { return text.size(); });                        // BAD
    co_await place(Order{"a", 1});                                       // BAD
    co_await place({.what = text, .count = 2});                          // BAD
    co_await place_owned(std::unique_ptr<Order>(new Order{text, 3}));    // BAD
    Order order{co_await name(), 4};                                     // BAD
    std::string either = yes ? co_await name() : text;                   // BAD
}

awaitable<void> right(std::string text) {
    auto work = [text] { return text.size(); };
    co_await run(std::move(work));
    co_await run([&text] { return text.size(); });
    Order order{text, 1};
    co_await place(std::move(order));
    auto owned = std::make_unique<Order>(Order{text, 3});
    co_await place_owned(std::move(owned));
    const std::string got = co_await name();
}
}  // namespace

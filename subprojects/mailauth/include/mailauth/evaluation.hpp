// A computation that stops when it needs DNS. It does no I/O: whoever owns it brings the answers, from a
// coroutine, a blocking loop or a fuzzer. One thread at a time; it may be dropped at any point.
//
//     Evaluation<SpfResult> check = check_spf(std::move(request));
//     while (const Query* query = check.pending()) check.answer(resolver.resolve(*query));
//     SpfResult result = check.take();
#pragma once
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "mailauth/dns.hpp"

namespace mailauth {

namespace detail {

/// What the outermost evaluation and its inner ones share.
struct Exchange {
    std::optional<Query> query;
    Answer answer;
    std::coroutine_handle<> waiting;
};

struct PromiseBase {
    Exchange* exchange = nullptr;  // of the outermost evaluation, which outlives its inner ones
    std::coroutine_handle<> parent;
    std::exception_ptr failure;

    struct Return {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            const std::coroutine_handle<> to = self.promise().parent;
            return to ? to : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Return final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Evaluation {
public:
    struct promise_type : detail::PromiseBase {
        std::optional<T> value;
        Evaluation get_return_object() {
            return Evaluation(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        void return_value(T result) { value.emplace(std::move(result)); }
    };

    Evaluation(Evaluation&& other) noexcept
        : self_(std::exchange(other.self_, {})), exchange_(std::move(other.exchange_)) {}
    Evaluation& operator=(Evaluation other) noexcept {
        std::swap(self_, other.self_);
        std::swap(exchange_, other.exchange_);
        return *this;
    }
    ~Evaluation() {
        if (self_) self_.destroy();
    }

    /// The question that must be answered next; null when there is a result.
    const Query* pending() {
        if (!exchange_) {
            exchange_ = std::make_unique<detail::Exchange>();
            self_.promise().exchange = exchange_.get();
            self_.resume();
        }
        if (self_.done() && self_.promise().failure) std::rethrow_exception(self_.promise().failure);
        return self_.done() ? nullptr : &*exchange_->query;
    }
    /// Goes on with the answer to pending(), which must not be null.
    void answer(Answer answer) {
        exchange_->answer = std::move(answer);
        exchange_->query.reset();
        std::exchange(exchange_->waiting, {}).resume();
    }
    /// The result, once, when pending() is null.
    T take() { return std::move(*self_.promise().value); }

    // As an inner evaluation: `auto result = co_await check_host(...)`.
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> parent) noexcept {
        self_.promise().exchange = parent.promise().exchange;
        self_.promise().parent = parent;
        return self_;
    }
    T await_resume() {
        if (self_.promise().failure) std::rethrow_exception(self_.promise().failure);
        return take();
    }

private:
    explicit Evaluation(std::coroutine_handle<promise_type> self) : self_(self) {}

    std::coroutine_handle<promise_type> self_;
    std::unique_ptr<detail::Exchange> exchange_;  // of the outermost only
};

/// Within an evaluation: `Answer answer = co_await ask(type, name)`.
class [[nodiscard]] ask {
public:
    ask(DnsType type, std::string name) : query_{type, std::move(name)} {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) {
        exchange_ = self.promise().exchange;
        exchange_->query = std::move(query_);
        exchange_->waiting = self;
    }
    Answer await_resume() { return std::move(exchange_->answer); }

private:
    Query query_;
    detail::Exchange* exchange_ = nullptr;
};

/// For callers that may block.
template <class T>
T run(Evaluation<T> evaluation, Resolver& resolver) {
    while (const Query* query = evaluation.pending()) evaluation.answer(resolver.resolve(*query));
    return evaluation.take();
}

}  // namespace mailauth

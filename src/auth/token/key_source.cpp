#include "auth/token/key_source.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace auth::token {
namespace {

/// A fetch has its own limits, which are shorter; this is for one that was cut off.
constexpr std::chrono::seconds fetch_max{30};
constexpr std::chrono::seconds wait_max{10};
/// A file costs little to read, and its owner expects to see the change.
constexpr std::chrono::seconds file_kept{10}, file_again_after{1};
/// Anybody may send tokens that name keys which do not exist: an issuer is not asked more often for them.
constexpr std::chrono::seconds url_again_after{60};

}  // namespace

void Backoff::failed(base::SystemTime began, base::SystemTime now) {
    if (began <= failed_) return;
    failed_ = now;
    until_ = now + next_;
    next_ = std::min(next_ * 2, max);
}

KeySource::KeySource(const Settings& settings, Fetcher& fetcher, const base::Clock& clock)
    : settings_(settings),
      fetcher_(fetcher),
      clock_(clock),
      kept_(settings.key_file.empty() ? settings.keys_kept : std::min(settings.keys_kept, file_kept)),
      again_after_(settings.key_file.empty() ? url_again_after : file_again_after) {}

Keys KeySource::usable() const {
    const std::lock_guard lock(mutex_);
    if (keys_ && clock_.now() > fetched_ + std::max(settings_.keys_stale_max, kept_)) return nullptr;
    return keys_;
}

awaitable<Keys> KeySource::current() {
    bool fresh = false, any = false;
    {
        const std::lock_guard lock(mutex_);
        any = keys_ != nullptr;
        fresh = any && clock_.now() < fetched_ + kept_;
    }
    if (!fresh) co_await refresh(!any);
    co_return usable();
}

awaitable<Keys> KeySource::newer(Keys seen) {
    bool ask = false;
    {
        const std::lock_guard lock(mutex_);
        ask = keys_ == seen && clock_.now() >= asked_ + again_after_;
    }
    if (ask) co_await refresh(true);
    co_return usable();
}

KeySource::Turn KeySource::take_turn(base::SystemTime now) {
    const std::lock_guard lock(mutex_);
    if (now < fetching_until_) return Turn::others;
    if (backoff_.waits(now)) return Turn::none;
    fetching_until_ = now + fetch_max;
    return Turn::mine;
}

awaitable<void> KeySource::refresh(bool wait_for_answer) {
    const Turn turn = take_turn(clock_.now());
    if (turn == Turn::others && wait_for_answer) co_await wait_for_others();
    if (turn != Turn::mine) co_return;
    Response response;
    if (settings_.key_file.empty()) {
        Request request;
        request.url = settings_.key_url;
        request.octets_max = Limits::key_set_bytes_max;
        response = co_await fetcher_.fetch(std::move(request));
    } else {
        response = co_await fetcher_.read(settings_.key_file, Limits::key_set_bytes_max);
    }
    keep(response);
}

void KeySource::keep(const Response& response) {
    std::string wrong = response.error;
    std::optional<KeySet> made;
    if (response.status == 200) made = parse_key_set(response.body);
    if (response.status != 0 && response.status != 200) wrong = "status " + std::to_string(response.status);
    if (response.status == 200 && !made) wrong = "no key set";
    if (made && made->empty()) wrong = "no key for RS256, ES256 or EdDSA";
    const base::SystemTime now = clock_.now();
    const std::lock_guard lock(mutex_);
    fetching_until_ = base::SystemTime();
    asked_ = now;
    if (made && !made->empty()) {
        keys_ = std::make_shared<const KeySet>(std::move(*made));
        fetched_ = now;
        backoff_.succeeded();
    } else {
        backoff_.failed(now, now);  // one asks at a time
        base::log::warn("auth", "cannot get the keys of tokens",
                        {{"from", settings_.key_file.empty() ? settings_.key_url : settings_.key_file},
                         {"error", wrong}});
    }
    for (const auto& timer : waiting_) {
        boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
    }
}

awaitable<void> KeySource::wait_for_others() {
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto timer = std::make_shared<boost::asio::steady_timer>(executor, wait_max);
    std::list<std::shared_ptr<boost::asio::steady_timer>>::iterator place;
    {
        const std::lock_guard lock(mutex_);
        if (clock_.now() >= fetching_until_) co_return;  // they are done
        place = waiting_.insert(waiting_.end(), timer);
    }
    boost::system::error_code ignored;  // cancelled or not: it is over
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    const std::lock_guard lock(mutex_);
    waiting_.erase(place);
}

}  // namespace auth::token

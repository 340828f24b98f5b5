#include "mta/smtp_out/pool.hpp"

#include <algorithm>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include "base/log_broken.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

/// Owns the connection, so that it ends on its strand.
asio::awaitable<void> farewell(std::shared_ptr<Line> line) {
    co_await line->session->quit();
    line->session.reset();
}

}  // namespace

Pool::Pool(asio::any_io_executor executor, std::chrono::milliseconds idle_max, std::size_t lines_max)
    : executor_(asio::make_strand(executor)),
      idle_max_(idle_max),
      lines_max_(lines_max),
      timer_(std::make_unique<asio::steady_timer>(executor_)) {}

void Pool::dismiss(Line line) {
    if (!line.session) return;
    const asio::any_io_executor strand = line.session->strand();
    auto owned = std::make_shared<Line>(std::move(line));
    asio::co_spawn(strand, farewell(std::move(owned)),
                   [](const std::exception_ptr& bug) { base::log::broken("mta", "connection", bug); });
}

Line Pool::take(const std::string& key, bool proven) {
    const std::lock_guard lock(mutex_);
    const auto found = idle_.find(key);
    if (found == idle_.end()) return {};
    std::deque<Idle>& lines = found->second;
    const auto fits = [proven](const Idle& idle) {
        const Session& session = *idle.line.session;
        return !proven || (session.tls().trust != TlsFacts::Trust::none && session.extensions().require_tls);
    };
    const auto last = std::ranges::find_if(lines.rbegin(), lines.rend(), fits);
    if (last == lines.rend()) return {};
    Line out = std::move(last->line);
    lines.erase(std::next(last).base());
    --size_;
    if (lines.empty()) idle_.erase(found);
    return out;
}

void Pool::put(const std::string& key, Line line) {
    if (!line.session) return;
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_ && line.session->reusable() && size_ < lines_max_) {
            idle_[key].push_back({std::move(line), std::chrono::steady_clock::now()});
            ++size_;
            arm();
            return;
        }
    }
    dismiss(std::move(line));
}

bool Pool::evict(const std::string& address) {
    Line out;
    {
        const std::lock_guard lock(mutex_);
        for (auto lines = idle_.begin(); lines != idle_.end() && !out.session; ++lines) {
            const auto found = std::ranges::find_if(lines->second, [&](const Idle& idle) {
                return idle.line.session->target().address.text() == address;
            });
            if (found == lines->second.end()) continue;
            out = std::move(found->line);
            lines->second.erase(found);
            --size_;
            if (lines->second.empty()) {
                idle_.erase(lines);
                break;
            }
        }
    }
    const bool any = out.session != nullptr;
    dismiss(std::move(out));
    return any;
}

/// Under the mutex. Nothing keeps an io_context running when no connection idles.
void Pool::arm() {
    if (armed_ || size_ == 0 || stopped_) return;
    armed_ = true;
    timer_->expires_after(idle_max_);
    timer_->async_wait([self = shared_from_this()](boost::system::error_code) { self->sweep(); });
}

void Pool::sweep() {
    std::vector<Line> over;
    {
        const std::lock_guard lock(mutex_);
        armed_ = false;
        const auto limit = std::chrono::steady_clock::now() - idle_max_;
        for (auto lines = idle_.begin(); lines != idle_.end();) {
            std::deque<Idle>& queue = lines->second;
            while (!queue.empty() && queue.front().since <= limit) {
                over.push_back(std::move(queue.front().line));
                queue.pop_front();
                --size_;
            }
            lines = queue.empty() ? idle_.erase(lines) : std::next(lines);
        }
        arm();
    }
    for (Line& line : over) dismiss(std::move(line));
}

void Pool::stop() {
    std::vector<Line> over;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        for (auto& [key, queue] : idle_)
            for (Idle& idle : queue) over.push_back(std::move(idle.line));
        idle_.clear();
        size_ = 0;
        timer_->cancel();
    }
    for (Line& line : over) dismiss(std::move(line));
}

std::size_t Pool::size() const {
    const std::lock_guard lock(mutex_);
    return size_;
}

}  // namespace mta::smtp_out

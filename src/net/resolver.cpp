#include "net/resolver.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <unbound.h>
#include <unordered_map>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/log.hpp"

namespace net {
namespace asio = boost::asio;
namespace {

constexpr int class_in = 1;
constexpr std::size_t name_bytes_max = 253;

struct ContextDeleter {
    void operator()(ub_ctx* context) const noexcept { ub_ctx_delete(context); }
};
using Context = std::unique_ptr<ub_ctx, ContextDeleter>;

Context make_context(const ResolverSettings& settings) {
    Context context(ub_ctx_create());
    if (!context) return nullptr;
    ub_ctx_async(context.get(), 1);  // a thread, not a process
    // Clients of a private network have names too; libunbound would else answer for them that they have none.
    ub_ctx_set_option(context.get(), "unblock-lan-zones:", "yes");
    ub_ctx_set_option(context.get(), "do-not-query-localhost:", "no");
    ub_ctx_set_option(context.get(), "qname-minimisation:", "no");
    if (!settings.trust_anchor_file.empty() &&
        ub_ctx_add_ta_file(context.get(), settings.trust_anchor_file.c_str()) != 0)
        base::log::error("net", "no trust anchor for DNSSEC", {{"file", settings.trust_anchor_file}});
    for (const std::string& anchor : settings.trust_anchors) {
        if (ub_ctx_add_ta(context.get(), anchor.c_str()) != 0)
            base::log::error("net", "not a trust anchor", {{"record", anchor}});
    }
    if (settings.recursive) {
        // Nobody to forward to: from the root downwards.
    } else if (settings.servers.empty()) {
        ub_ctx_resolvconf(context.get(), nullptr);
    } else {
        for (const std::string& server : settings.servers) {
            if (ub_ctx_set_fwd(context.get(), server.c_str()) != 0)
                base::log::error("net", "not a DNS server's address", {{"server", server}});
        }
    }
    ub_ctx_hosts(context.get(), nullptr);
    // RFC 6761 section 6.2 leaves it to the servers that are asked. Last: no setting is taken after it.
    ub_ctx_zone_remove(context.get(), "test.");
    return context;
}

/// A domain name's octets as text; nothing for what is no host name: it ends in logs and is compared.
std::optional<std::string> host_name(std::string_view wire) {
    std::string out;
    while (!wire.empty() && wire.front() != '\0') {
        const auto length = static_cast<unsigned char>(wire.front());
        if (length > 63 || wire.size() <= length) return std::nullopt;
        for (const char c : wire.substr(1, length)) {
            const char low = base::to_lower(c);
            const bool fine =
                (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '-' || low == '_';
            if (!fine) return std::nullopt;
            out += low;
        }
        out += '.';
        wire.remove_prefix(1U + length);
    }
    if (out.empty() || out.size() > name_bytes_max + 1) return std::nullopt;
    out.pop_back();
    return out;
}

/// What libunbound says of one question.
DnsAnswer read_answer(int error, const ub_result* result, std::size_t records_max) {
    using State = DnsAnswer::State;
    DnsAnswer out;
    if (error != 0 || result == nullptr) return out;
    if (result->bogus != 0) {
        out.state = State::bogus;
        return out;
    }
    // Of name errors nothing is there, which is an answer; SERVFAIL is none.
    if (result->rcode != 0 && result->rcode != 3) return out;
    out.secure = result->secure != 0;
    out.ttl = std::chrono::seconds(std::max(0, result->ttl));
    if (result->canonname != nullptr) {
        out.canonical_name = base::lowered(result->canonname);
        if (out.canonical_name.ends_with('.')) out.canonical_name.pop_back();
    }
    for (std::size_t i = 0; i < records_max; ++i) {
        if (result->data == nullptr || result->data[i] == nullptr) break;
        out.data.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
    }
    if (result->rcode == 3) {
        out.state = State::no_name;
    } else {
        out.state = out.data.empty() ? State::no_records : State::records;
    }
    return out;
}

std::string reverse_name(const IpAddress& address) {
    std::string out;
    if (!address.v6) {
        for (std::size_t i = 4; i-- > 0;) out += fmt::format("{}.", address.octets[i]);
        return out + "in-addr.arpa";
    }
    for (std::size_t i = address.octets.size(); i-- > 0;)
        out += fmt::format("{:x}.{:x}.", address.octets[i] & 15U, address.octets[i] >> 4U);
    return out + "ip6.arpa";
}

}  // namespace

/// Owned by the Resolver and by the handler that waits for answers. The mutex guards the questions.
class Resolver::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(const asio::any_io_executor& executor, ResolverSettings settings)
        : settings_(std::move(settings)), strand_(asio::make_strand(executor)) {}
    ~Impl() { stop(); }

    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        questions_.clear();
        if (answers_) answers_->release();  // the descriptor is libunbound's
        answers_.reset();
        strand_ = asio::any_io_executor();
    }

    std::chrono::milliseconds answer_max() const { return settings_.answer_max; }

    asio::awaitable<DnsAnswer> ask(std::string name, RecordType type) {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        auto question = std::make_shared<Question>(*this, executor);
        question->timer.expires_after(settings_.answer_max);
        if (!begin(question, name, type)) co_return DnsAnswer();
        boost::system::error_code ignored;  // cancelled: the answer is there
        co_await question->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        const std::lock_guard lock(mutex_);
        if (questions_.erase(question.get()) != 0) {
            ub_cancel(context_.get(), question->id);
            if (questions_.empty() && !stopped_)
                asio::post(strand_, [self = shared_from_this()] { self->look_again(); });
        }
        co_return std::move(question->answer);
    }

private:
    struct Question {
        Question(Impl& impl, const asio::any_io_executor& executor) : owner(impl), timer(executor) {}
        Impl& owner;
        asio::steady_timer timer;
        int id = 0;
        DnsAnswer answer;
    };

    bool begin(const std::shared_ptr<Question>& question, const std::string& name, RecordType type) {
        const std::lock_guard lock(mutex_);
        if (stopped_ || (!context_ && !open())) return false;
        if (questions_.size() >= settings_.questions_max) return false;
        questions_.emplace(question.get(), question);
        if (ub_resolve_async(context_.get(), name.c_str(), static_cast<int>(type), class_in, question.get(),
                             answered, &question->id) != 0) {
            questions_.erase(question.get());
            return false;
        }
        if (!std::exchange(waiting_, true))
            asio::post(strand_, [self = shared_from_this()] { self->wait(); });
        return true;
    }

    /// At the first question: servers that resolve nothing have no thread for it.
    bool open() {
        context_ = make_context(settings_);
        if (!context_) return false;
        boost::system::error_code ec;
        answers_.emplace(strand_);
        answers_->assign(ub_fd(context_.get()), ec);
        return !ec;
    }

    /// On the strand. Ends when no question is open, so that nothing keeps an io_context running.
    void wait() {
        {
            const std::lock_guard lock(mutex_);
            if (stopped_ || questions_.empty()) {
                waiting_ = false;
                return;
            }
        }
        answers_->async_wait(asio::posix::descriptor_base::wait_read,
                             [self = shared_from_this()](boost::system::error_code ec) {
                                 // Cancelled by look_again(): another question may have come since.
                                 if (ec && ec != asio::error::operation_aborted) return self->give_up();
                                 if (!ec) self->take_answers();
                                 self->wait();
                             });
    }

    /// On the strand. Under the mutex: libunbound picks an answer and calls answered() with it later, and a
    /// question that is given up between the two would be gone.
    void take_answers() {
        const std::lock_guard lock(mutex_);
        ub_process(context_.get());
    }

    /// On the strand: nobody tells any more when answers are there. Who asks hears nothing, which is a
    /// failure for now, and the next question begins with a new context.
    void give_up() {
        const std::lock_guard lock(mutex_);
        waiting_ = false;
        if (stopped_) return;
        for (auto& [key, question] : questions_) {
            ub_cancel(context_.get(), question->id);
            const asio::any_io_executor home = question->timer.get_executor();
            asio::post(home, [owner = question] { owner->timer.cancel(); });
        }
        questions_.clear();
        if (answers_) answers_->release();  // the descriptor is libunbound's
        answers_.reset();
        context_.reset();
    }

    /// On the strand: the last question was given up, so no answer may come that would end the wait.
    void look_again() {
        const std::lock_guard lock(mutex_);
        boost::system::error_code ignored;
        if (answers_ && questions_.empty()) answers_->cancel(ignored);
    }

    /// By libunbound, in take_answers(), once for each question that was not cancelled before.
    static void answered(void* data, int error, ub_result* result) {
        auto* const question = static_cast<Question*>(data);
        Impl& self = question->owner;
        const auto known = self.questions_.find(question);
        if (known != self.questions_.end()) {
            known->second->answer = read_answer(error, result, ResolverSettings::query_records_max);
            auto timer_owner = std::move(known->second);
            self.questions_.erase(known);
            const asio::any_io_executor home = timer_owner->timer.get_executor();
            asio::post(home, [owner = std::move(timer_owner)] { owner->timer.cancel(); });
        }
        ub_resolve_free(result);
    }

    const ResolverSettings settings_;
    std::mutex mutex_;
    Context context_;
    std::unordered_map<Question*, std::shared_ptr<Question>> questions_;  // with the coroutine that asks
    bool waiting_ = false, stopped_ = false;
    asio::any_io_executor strand_;
    std::optional<asio::posix::basic_stream_descriptor<asio::any_io_executor>> answers_;
};

Resolver::Resolver(const asio::any_io_executor& executor, ResolverSettings settings)
    : impl_(std::make_shared<Impl>(executor, std::move(settings))) {}
Resolver::~Resolver() { impl_->stop(); }
void Resolver::stop() { impl_->stop(); }

asio::awaitable<DnsAnswer> Resolver::query(std::string name, RecordType type) {
    if (name.ends_with('.')) name.pop_back();
    if (name.empty() || name.size() > name_bytes_max) co_return DnsAnswer();
    co_return co_await impl_->ask(std::move(name), type);
}

std::optional<MxRecord> read_mx(std::string_view data) {
    if (data.size() < 3) return std::nullopt;
    MxRecord out;
    out.preference = static_cast<std::uint16_t>(static_cast<unsigned char>(data[0]) << 8U |
                                                static_cast<unsigned char>(data[1]));
    data.remove_prefix(2);
    if (data == std::string_view("\0", 1)) return out;
    auto host = host_name(data);
    if (!host) return std::nullopt;
    out.host = std::move(*host);
    return out;
}

std::string read_txt(std::string_view data) {
    std::string out;
    while (!data.empty()) {
        const auto length = static_cast<unsigned char>(data.front());
        out += data.substr(1, length);
        data.remove_prefix(std::min<std::size_t>(data.size(), 1U + length));
    }
    return out;
}

asio::awaitable<Resolved<IpAddress>> Resolver::addresses(std::string name) {
    std::vector<IpAddress> out;
    if (const auto numeric = IpAddress::parse(name)) {
        out.push_back(*numeric);
        co_return out;
    }
    if (base::equals_nocase(name, "localhost")) {
        out.push_back(*IpAddress::parse("127.0.0.1"));
        out.push_back(*IpAddress::parse("::1"));
        co_return out;
    }
    if (name.empty() || name.size() > name_bytes_max) co_return ResolveError(ResolveErrc::not_found);
    bool failed = false;
    for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
        const DnsAnswer records = co_await impl_->ask(name, type);
        failed = failed || !records.known();
        const std::size_t count = std::min(records.data.size(), ResolverSettings::records_max);
        for (std::size_t i = 0; i < count; ++i) {
            const std::string& octets = records.data[i];
            IpAddress address;
            address.v6 = type == RecordType::aaaa;
            if (octets.size() != (address.v6 ? 16U : 4U)) continue;
            std::ranges::transform(octets, address.octets.begin(),
                                   [](char c) { return static_cast<unsigned char>(c); });
            out.push_back(address);
        }
    }
    if (out.empty()) co_return ResolveError(failed ? ResolveErrc::failed : ResolveErrc::not_found);
    co_return out;
}

asio::awaitable<Resolved<std::string>> Resolver::claimed_names(IpAddress address) {
    std::string name = reverse_name(address);
    const DnsAnswer records = co_await impl_->ask(std::move(name), RecordType::ptr);
    if (!records.known()) co_return ResolveError(ResolveErrc::failed);
    std::vector<std::string> out;
    for (const std::string& wire : records.data) {
        if (out.size() == ResolverSettings::records_max) break;
        if (auto host = host_name(wire)) out.push_back(std::move(*host));
    }
    if (out.empty()) co_return ResolveError(ResolveErrc::not_found);
    co_return out;
}

asio::awaitable<Resolved<std::string>> Resolver::names(IpAddress address) {
    const auto give_up = std::chrono::steady_clock::now() + 2 * impl_->answer_max();
    auto claimed = co_await claimed_names(address);
    if (!claimed) co_return claimed.error();
    std::vector<std::string> out;
    bool failed = false;
    for (const std::string& name : *claimed) {
        if (std::chrono::steady_clock::now() >= give_up) {
            failed = true;
            break;
        }
        const auto found = co_await addresses(name);
        if (found && std::ranges::find(*found, address) != found->end()) out.push_back(name);
        failed = failed || (!found && found.error().is(ResolveErrc::failed));
    }
    if (out.empty()) co_return ResolveError(failed ? ResolveErrc::failed : ResolveErrc::not_found);
    co_return out;
}

}  // namespace net

// Delivery: one Connector::deliver(): which connection, which host next, and whose outcome is whose.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "mta/connector.hpp"
#include "mta/smtp_out/core.hpp"

namespace mta::smtp_out {

class Delivery {
public:
    Delivery(Core& core, Job job);
    boost::asio::awaitable<Attempt> run();

private:
    boost::asio::awaitable<void> try_idle_lines();
    boost::asio::awaitable<void> try_hosts(HostPlan plan);
    boost::asio::awaitable<bool> try_host(Host host);
    /// A connection to one address, ready for MAIL; without a session: it came to nothing, last_ says why.
    boost::asio::awaitable<Line> open_line(const Host* host, net::IpAddress address, TlsDemand tls);
    boost::asio::awaitable<bool> wait_for_places(Line* line, std::string address);
    boost::asio::awaitable<void> use(Line line);
    /// What this host cannot have, also when the message is converted for it; nothing: it can have it.
    boost::asio::awaitable<std::optional<Failure>> prepare(Session* session);
    boost::asio::awaitable<std::optional<Failure>> sign_converted();
    boost::asio::awaitable<Delivered> transact(Session* session);
    Target make_target(const Host& host, net::IpAddress address, TlsDemand tls) const;
    MailOptions mail_options(const Extensions& extensions) const;
    bool must_convert(const Extensions& extensions) const;
    bool may_be_plain(const Extensions& extensions) const;
    void take(const Delivered& delivered, const Target& target);
    bool give_another_family_a_chance(const Delivered& delivered, const Target& target);
    void note_host(const Target& target, const Failure& why, const TlsFacts& tls);
    void note_success(const Session& session, const Delivered& delivered);
    void report_unusable(const Host& host);
    void report_tls(const Host& host, const Session& session, const std::optional<Failure>& failed);
    bool untried() const;
    bool tls_failed() const {
        return last_ && (last_->stage == "tls" || last_->stage == "starttls") && !stopped();
    }
    bool stopped() const { return job_.stop.stop_requested(); }
    bool over() const { return todo_.empty() || stopped(); }
    Attempt finish();

    Core& core_;
    const Job job_;
    const std::string key_;
    std::vector<std::optional<Outcome>> outcomes_;
    std::vector<std::size_t> todo_;  // recipients that another host may still help
    std::optional<bool> only_ipv6_;  // of the remaining ones: what the other family was refused
    std::vector<HostTried> hosts_;
    std::optional<Failure> last_;
    std::string last_host_, last_address_;
    TlsFacts last_tls_;
    std::uint32_t addresses_ = 0, sessions_ = 0;
    std::shared_ptr<const SevenBitPlan> plan_;           // null: the message was not looked at
    std::shared_ptr<const SevenBitPlan> unsigned_plan_;  // of Job::unsigned_message; null: not needed
    std::string new_signature_;
    bool spoken_ = false;  // a host was there and ready for MAIL
};

}  // namespace mta::smtp_out

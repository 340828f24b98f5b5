#include "mta/smtp_out/delivery.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mta/smtp_out/sign_again.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

constexpr Status stopping{4, 3, 2}, congested{4, 4, 5}, no_route{4, 4, 4};

asio::awaitable<std::optional<Failure>> open_session(Session* session, std::stop_token stop) {
    return session->open(stop);
}
asio::awaitable<Delivered> transfer_on(Session* session, Parcel parcel) {
    return session->transfer(std::move(parcel));
}
asio::awaitable<bool> check_on(Session* session) { return session->still_good(); }

/// RFC 3463 x.7.x, or a refusal without any reason: what a policy about the client's address looks like
/// (5.7.25: no reverse name, which IPv6 hosts lack more often than IPv4 ones).
bool looks_like_policy(const Failure& why) {
    if (why.fate != Fate::failed || !why.from_remote) return false;
    return why.status.subject == 7 || (why.status.subject == 0 && why.status.detail == 0);
}

}  // namespace

Delivery::Delivery(Core& core, Job job)
    : core_(core), job_(std::move(job)), key_(job_.next_hop->key()), outcomes_(job_.recipients.size()) {
    for (std::size_t i = 0; i < job_.recipients.size(); ++i) todo_.push_back(i);
}

asio::awaitable<Attempt> Delivery::run() {
    const std::uint32_t window = core_.windows.of(*job_.next_hop);
    std::string name = key_;
    auto turn =
        co_await core_.destinations->enter(std::move(name), window, core_.settings->timeouts.turn, job_.stop);
    if (!turn) {
        last_ = stopped() ? Failure::ours("turn", stopping, "this server is shutting down")
                          : Failure::ours("turn", congested, "too many connections to the destination");
        co_return finish();
    }
    co_await try_idle_lines();
    if (!over() && sessions_ < core_.settings->limits.sessions) {
        TlsWish wish = TlsWish::none;
        if (job_.envelope->require_tls && !job_.envelope->sender.empty()) {
            wish = TlsWish::required;
        } else if (job_.envelope->tls_optional) {
            wish = TlsWish::optional;
        }
        auto plan = co_await core_.finder.find(job_.next_hop, wish);
        co_await try_hosts(std::move(plan));
    }
    if (spoken_) {
        core_.windows.went_well(*job_.next_hop);
    } else {
        core_.windows.went_badly(*job_.next_hop);
    }
    co_return finish();
}

asio::awaitable<void> Delivery::try_idle_lines() {
    const bool proven = job_.envelope->require_tls && !job_.envelope->sender.empty();
    while (!over()) {
        Line line = core_.pool->take(key_, proven);
        if (!line.session) co_return;
        Session* const session = line.session.get();
        const asio::any_io_executor strand = session->strand();
        const bool good = co_await asio::co_spawn(strand, check_on(session), asio::use_awaitable);
        std::optional<Failure> unmet;
        if (good) unmet = co_await prepare(session);
        if (good && !unmet) {
            co_await use(std::move(line));
            if (sessions_ != 0) co_return;  // else it was gone before it said a word
        } else if (good) {
            core_.pool->put(key_, std::move(line));
            co_return;
        } else {
            Pool::dismiss(std::move(line));
        }
    }
}

asio::awaitable<void> Delivery::try_hosts(HostPlan plan) {
    if (plan.failure) {
        last_ = std::move(plan.failure);
        co_return;
    }
    if (plan.hosts.empty()) last_ = Failure::ours("dns", no_route, "no host to deliver to");
    const std::size_t most = std::min<std::size_t>(plan.hosts.size(), core_.settings->limits.hosts);
    for (std::size_t i = 0; i < most; ++i) {
        const bool go_on = co_await try_host(std::move(plan.hosts[i]));
        if (!go_on) co_return;
    }
}

/// False: that was enough for one attempt.
asio::awaitable<bool> Delivery::try_host(Host host) {
    const Limits& limits = core_.settings->limits;
    if (host.unusable) {
        last_ = host.unusable;
        note_host(make_target(host, {}, host.tls), *last_, {});
        report_unusable(host);
        co_return true;
    }
    for (const net::IpAddress address : host.addresses) {
        if (over() || sessions_ >= limits.sessions || addresses_ >= limits.addresses) co_return false;
        if (only_ipv6_ && address.v6 != *only_ipv6_) continue;
        ++addresses_;
        TlsDemand tls = host.tls;
        if (tls == TlsDemand::if_offered && core_.broken_tls.broken(host.name)) tls = TlsDemand::never;
        Line line = co_await open_line(&host, address, tls);
        if (!line.session && host.testing && tls_failed()) {
            // RFC 8461 section 5: a policy under test is reported on, and not obeyed.
            tls = TlsDemand::if_offered;
            host.sts = nullptr;  // reported already
            line = co_await open_line(&host, address, tls);
        }
        if (!line.session && tls == TlsDemand::if_offered && tls_failed()) {
            // RFC 7435: no TLS is better than no mail, where nobody asked for it.
            core_.broken_tls.remember(host.name);
            line = co_await open_line(&host, address, TlsDemand::never);
        }
        if (!line.session) {
            if (last_->fate == Fate::failed) co_return false;  // ourselves: no other host will be better
            continue;
        }
        const Session& session = *line.session;
        auto unmet = co_await prepare(line.session.get());
        if (unmet) {
            spoken_ = true;
            last_ = std::move(unmet);
            note_host(session.target(), *last_, session.tls());
            core_.pool->put(key_, std::move(line));
            break;  // its other addresses are the same host
        }
        co_await use(std::move(line));
        // The server takes so much over one connection (LIMITS MAILMAX): the rest over another.
        while (untried() && !stopped()) {
            const std::size_t before = todo_.size();
            line = co_await open_line(&host, address, tls);
            if (line.session) co_await use(std::move(line));
            if (todo_.size() >= before) break;
        }
    }
    co_return !over();
}

bool Delivery::untried() const {
    return std::ranges::any_of(todo_, [this](std::size_t i) { return !outcomes_[i]; });
}

asio::awaitable<bool> Delivery::wait_for_places(Line* line, std::string address) {
    const Settings& settings = *core_.settings;
    std::string everywhere = "*";
    auto all = co_await core_.all->enter(std::move(everywhere), settings.limits.connections,
                                         settings.timeouts.turn, job_.stop);
    if (!all) co_return false;
    auto host = core_.hosts->try_enter(address, settings.limits.host_connections);
    if (!host) {
        core_.pool->evict(address);
        host = co_await core_.hosts->enter(std::move(address), settings.limits.host_connections,
                                           settings.timeouts.turn, job_.stop);
    }
    if (!host) co_return false;
    line->all = std::move(*all);
    line->host = std::move(*host);
    co_return true;
}

asio::awaitable<Line> Delivery::open_line(const Host* host, net::IpAddress address, TlsDemand tls) {
    Line line;
    Target target = make_target(*host, address, tls);
    const bool there = co_await wait_for_places(&line, address.text());
    if (!there) {
        last_ = stopped() ? Failure::ours("turn", stopping, "this server is shutting down")
                          : Failure::ours("turn", congested, "too many connections to the host");
        note_host(target, *last_, {});
        co_return Line();
    }
    const asio::any_io_executor strand = asio::make_strand(core_.executor);
    line.session =
        std::make_unique<Session>(std::move(target), core_.settings, core_.contexts, strand, core_.random);
    Session* const session = line.session.get();
    auto failed = co_await asio::co_spawn(strand, open_session(session, job_.stop), asio::use_awaitable);
    report_tls(*host, *session, failed);
    if (!failed) {
        spoken_ = true;
        co_return line;
    }
    last_ = std::move(failed);
    note_host(session->target(), *last_, session->tls());
    Pool::dismiss(std::move(line));
    co_return Line();
}

asio::awaitable<std::optional<Failure>> Delivery::prepare(Session* session) {
    const Extensions& extensions = session->extensions();
    if (!plan_ && (must_convert(extensions) || may_be_plain(extensions))) {
        auto plan = co_await plan_seven_bit(job_.message, core_.settings->limits.piece_bytes);
        if (!plan) co_return Failure::ours("mail", {4, 3, 0}, "the message cannot be read here");
        plan_ = std::move(*plan);
    }
    // RFC 6152 section 3, RFC 3030 section 3: what cannot be converted comes back.
    if (must_convert(extensions) && !plan_->possible)
        co_return Failure::ours("mail", {5, 6, 3},
                                "the host takes 7-bit mail alone, and this cannot be converted");
    if (must_convert(extensions) && plan_->changes() && job_.unsigned_message && !unsigned_plan_) {
        auto failed = co_await sign_converted();
        if (failed) co_return failed;
    }
    const bool proven = session->tls().trust != TlsFacts::Trust::none;
    co_return unmet_demand(*job_.envelope, mail_options(extensions), proven, extensions);
}

/// RFC 6376 section 5.3: a signature over octets that are not sent says that somebody changed them.
asio::awaitable<std::optional<Failure>> Delivery::sign_converted() {
    const std::size_t piece = core_.settings->limits.piece_bytes;
    const auto unreadable = Failure::ours("mail", {4, 3, 0}, "the message cannot be read here");
    auto plan = co_await plan_seven_bit(job_.unsigned_message, piece);
    if (!plan || !(*plan)->possible) co_return unreadable;
    if (job_.signer) {
        auto source = std::make_unique<SevenBitSource>(job_.unsigned_message, *plan, piece);
        auto fields = co_await sign_source(std::move(source), job_.signer);
        if (!fields && fields.error().is(store::Errc::unavailable))
            co_return Failure::ours("mail", {4, 3, 5}, fields.error().what());
        if (!fields) co_return unreadable;
        new_signature_ = std::move(*fields);
    }
    unsigned_plan_ = std::move(*plan);
    co_return std::nullopt;
}

asio::awaitable<Delivered> Delivery::transact(Session* session) {
    Parcel parcel;
    parcel.envelope = job_.envelope;
    for (const std::size_t i : todo_) parcel.recipients.push_back(&job_.recipients[i]);
    parcel.message = job_.message;
    parcel.settings.mail = mail_options(session->extensions());
    parcel.settings.recipients_max = core_.settings->limits.recipients;
    const Extensions& offered = session->extensions();
    const bool binary = parcel.settings.mail.body == Body::binary;
    parcel.settings.chunks = offered.chunking && (binary || core_.settings->chunking);
    if (must_convert(offered)) {
        parcel.convert = unsigned_plan_ ? unsigned_plan_ : plan_;
        if (unsigned_plan_) parcel.message = job_.unsigned_message;
        if (unsigned_plan_) parcel.fields = new_signature_;
    }
    parcel.stop = job_.stop;
    const asio::any_io_executor strand = session->strand();
    auto delivered =
        co_await asio::co_spawn(strand, transfer_on(session, std::move(parcel)), asio::use_awaitable);
    co_return delivered;
}

/// As many transactions as the recipients need; the connection goes back to the pool.
asio::awaitable<void> Delivery::use(Line line) {
    std::vector<std::size_t> retry;  // deferred here
    for (bool first = true; !todo_.empty(); first = false) {
        const std::vector<std::size_t> asked = todo_;
        const Delivered delivered = co_await transact(line.session.get());
        if (delivered.stale && first) {
            Pool::dismiss(std::move(line));
            co_return;
        }
        if (first) ++sessions_;
        spoken_ = true;
        take(delivered, line.session->target());
        note_success(*line.session, delivered);
        const std::vector<std::size_t> open = std::move(todo_);
        todo_.clear();
        for (const std::size_t i : open) (outcomes_[i] ? retry : todo_).push_back(i);
        if (!line.session->reusable() || todo_.size() == asked.size() || stopped()) break;
    }
    todo_.insert(todo_.end(), retry.begin(), retry.end());
    std::ranges::sort(todo_);
    core_.pool->put(key_, std::move(line));
}

/// Outcomes of this transaction; leaves in todo_ whom another host may help, or who was not tried yet.
void Delivery::take(const Delivered& delivered, const Target& target) {
    const bool other_family = give_another_family_a_chance(delivered, target);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < todo_.size(); ++i) {
        const std::size_t recipient = todo_[i];
        const std::optional<Outcome>& outcome = delivered.outcomes[i];
        if (!outcome) {
            open.push_back(recipient);
            continue;
        }
        outcomes_[recipient] = outcome;
        const bool again = outcome->fate == Fate::deferred && !delivered.undecided;
        const bool refused_here =
            other_family && outcome->fate == Fate::failed && outcome->words == delivered.refusal->words;
        if (again || refused_here) open.push_back(recipient);
    }
    todo_ = std::move(open);
}

/// A policy that refuses our IPv6 address may have nothing against the IPv4 one, and the other way round.
bool Delivery::give_another_family_a_chance(const Delivered& delivered, const Target& target) {
    if (only_ipv6_ || !delivered.refusal || !looks_like_policy(*delivered.refusal)) return false;
    if (job_.next_hop->families != IpFamilies::both) return false;
    only_ipv6_ = !target.address.v6;
    return true;
}

}  // namespace mta::smtp_out

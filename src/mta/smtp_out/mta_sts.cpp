#include "mta/smtp_out/mta_sts.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

constexpr bool alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_pattern(std::string_view text) {
    if (text.starts_with("*.")) text.remove_prefix(2);
    return !text.empty() && text.size() <= 253 && text.find("..") == std::string_view::npos &&
           text.front() != '.' && text.back() != '.' && std::ranges::all_of(text, [](char c) {
               return alphanumeric(c) || c == '-' || c == '.' || c == '_';
           });
}

std::optional<StsPolicy::Mode> mode_of(std::string_view text) {
    if (text == "enforce") return StsPolicy::Mode::enforce;
    if (text == "testing") return StsPolicy::Mode::testing;
    if (text == "none") return StsPolicy::Mode::none;
    return std::nullopt;
}

}  // namespace

std::string read_sts_record(std::string_view text) {
    std::string id;
    bool version = false;
    for (bool first = true; !text.empty(); first = false) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const std::string_view field = base::trimmed(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
        if (first) {
            version = field == "v=STSv1";
            if (!version) return {};
        } else if (field.starts_with("id=") && id.empty()) {
            id = field.substr(3);
        }
    }
    const bool fine =
        !id.empty() && id.size() <= StsLimits::id_bytes && std::ranges::all_of(id, alphanumeric);
    return fine ? id : std::string();
}

std::optional<StsPolicy> read_sts_policy(std::string_view text) {
    if (text.size() > StsLimits::policy_bytes) return std::nullopt;
    StsPolicy out;
    out.text = text;
    bool version = false, age = false;
    std::optional<StsPolicy::Mode> mode;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = base::trimmed(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view key = base::trimmed(line.substr(0, colon)),
                               value = base::trimmed(line.substr(colon + 1));
        // Section 3.2: of keys that stand twice the first counts, but for mx; unknown ones are ignored.
        if (key == "version" && !version) {
            if (value != "STSv1") return std::nullopt;
            version = true;
        } else if (key == "mode" && !mode) {
            mode = mode_of(value);
            if (!mode) return std::nullopt;
        } else if (key == "max_age" && !age) {
            std::uint64_t seconds = 0;
            const auto [stop, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
            if (ec != std::errc() || stop != value.data() + value.size()) return std::nullopt;
            const auto most = static_cast<std::uint64_t>(StsLimits::age_max.count());
            out.max_age = std::chrono::seconds(std::min(seconds, most));
            age = true;
        } else if (key == "mx" && out.mx.size() < StsLimits::mx_max && is_host_pattern(value)) {
            out.mx.push_back(base::lowered(value));
        }
    }
    if (!version || !mode || !age) return std::nullopt;
    out.mode = *mode;
    if (out.mode != StsPolicy::Mode::none && out.mx.empty()) return std::nullopt;
    return out;
}

/// Section 4.1: a wildcard stands for one whole label.
bool StsPolicy::allows(std::string_view host) const {
    const std::string name = base::lowered(host);
    const std::size_t dot = name.find('.');
    return std::ranges::any_of(mx, [&](const std::string& pattern) {
        if (!pattern.starts_with("*.")) return pattern == name;
        return dot != std::string::npos && dot != 0 &&
               std::string_view(name).substr(dot + 1) == std::string_view(pattern).substr(2);
    });
}

/// Exactly one record of the kind (section 3.1); empty: none, or nothing is known.
asio::awaitable<std::string> StsCache::published_id(std::string domain) {
    std::string name = "_mta-sts." + domain;
    const net::DnsAnswer answer = co_await resolver_.query(std::move(name), net::RecordType::txt);
    std::string id;
    std::size_t count = 0;
    for (const std::string& data : answer.data) {
        const std::string text = net::read_txt(data);
        if (!text.starts_with("v=STSv1")) continue;
        ++count;
        id = read_sts_record(text);
    }
    co_return count == 1 ? id : std::string();
}

/// A new one lies among the failed, until it has a policy.
StsCache::Entry& StsCache::entry(const std::string& domain) {
    const auto [at, fresh] = entries_.try_emplace(domain);
    Entry& found = at->second;
    if (fresh) found.place = failed_.used.insert(failed_.used.begin(), domain);
    if (fresh) found.shelf = &failed_;
    found.shelf->used.splice(found.shelf->used.begin(), found.shelf->used, found.place);
    return found;
}

void StsCache::lay(Entry& entry, Shelf& shelf) {
    shelf.used.splice(shelf.used.begin(), entry.shelf->used, entry.place);
    entry.shelf = &shelf;
}

/// The one used last stays.
void StsCache::shrink(Shelf& shelf) {
    while (shelf.used.size() > 1 &&
           (shelf.used.size() > shelf.domains_max || shelf.octets > shelf.octets_max)) {
        const auto last = entries_.find(shelf.used.back());
        if (last->second.policy) {
            shelf.octets -= last->second.policy->text.size();
            unwritten_[last->first] = std::nullopt;
        }
        entries_.erase(last);
        shelf.used.pop_back();
    }
}

void StsCache::put(const StsKept& kept, std::shared_ptr<const StsPolicy> policy) {
    Entry& slot = entry(kept.domain);
    if (slot.policy) slot.shelf->octets -= slot.policy->text.size();
    Shelf& shelf = policy->text.size() <= StsLimits::small_bytes ? small_ : large_;
    lay(slot, shelf);
    shelf.octets += policy->text.size();
    slot.id = kept.id;
    slot.policy = std::move(policy);
    slot.fetched = kept.fetched;
    slot.until = kept.until;
    slot.quiet_id.clear();
    shrink(shelf);
}

/// What is remembered and still holds. `fetch_now`: it is old, or another one was published; then nobody else
/// is told so for a while who has a policy to go by.
std::shared_ptr<const StsPolicy> StsCache::held(const std::string& domain, const std::string& id,
                                                bool* fetch_now) {
    const std::lock_guard lock(mutex_);
    const base::SystemTime now = clock_.now();
    if (!entries_.contains(domain)) {
        *fetch_now = !id.empty();
        return nullptr;
    }
    Entry& slot = entry(domain);
    const bool holds = slot.policy && now < slot.until;
    const bool fresh = holds && slot.id == id && now < slot.fetched + StsLimits::refreshed;
    const bool quiet = slot.quiet_id == id && now < slot.quiet_until;
    // Section 3.1: without a record nothing is new; a policy that was seen holds until its time is over.
    *fetch_now = !id.empty() && !fresh && !quiet;
    if (*fetch_now && holds) {
        slot.quiet_id = id;
        slot.quiet_until = now + StsLimits::failure_kept;
    }
    return holds ? slot.policy : nullptr;
}

/// The policy host failed. One whose policy holds and was only to be refreshed is asked less often.
void StsCache::leave_alone(const std::string& domain, const std::string& id) {
    const std::lock_guard lock(mutex_);
    const base::SystemTime now = clock_.now();
    Entry& slot = entry(domain);
    const bool refresh = slot.policy && slot.id == id && now < slot.until;
    slot.quiet_id = id;
    slot.quiet_until = now + (refresh ? StsLimits::refresh_kept : StsLimits::failure_kept);
    shrink(*slot.shelf);
}

asio::awaitable<std::shared_ptr<const StsPolicy>> StsCache::find(std::string domain) {
    const std::string id = co_await published_id(domain);
    bool fetch_now = false;
    auto policy = held(domain, id, &fetch_now);
    if (!fetch_now) co_return policy;
    auto fresh = co_await fetch(domain);
    if (!fresh) {
        leave_alone(domain, id);
        co_return policy;
    }
    keep(domain, id, fresh);
    co_await write();
    co_return fresh;
}

void StsCache::keep(const std::string& domain, const std::string& id,
                    std::shared_ptr<const StsPolicy> policy) {
    const auto age = std::max(policy->max_age, StsLimits::age_min);
    StsKept kept;
    kept.domain = domain;
    kept.id = id;
    kept.text = policy->text;
    kept.fetched = clock_.now();
    kept.until = kept.fetched + age;
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(domain);
    const bool had_row = known != entries_.end() && known->second.policy;
    put(kept, std::move(policy));
    if (age >= StsLimits::age_written) {
        unwritten_[domain] = std::move(kept);
    } else if (had_row) {
        unwritten_[domain] = std::nullopt;
    }
}

/// Whoever writes writes for all, so that rows change in the order in which policies did.
class StsCache::Writing {
public:
    explicit Writing(StsCache& cache) : cache_(cache) {
        const std::lock_guard lock(cache_.mutex_);
        mine_ = !std::exchange(cache_.writing_, true);
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() {
        const std::lock_guard lock(cache_.mutex_);
        if (mine_) cache_.writing_ = false;
    }
    bool mine() const { return mine_; }
    /// Somebody else may be next already.
    void over() { mine_ = false; }

private:
    StsCache& cache_;
    bool mine_ = false;
};

/// As much as one write takes; false: nothing is left, and nobody writes any more.
bool StsCache::next_write(std::vector<StsKept>* kept, std::vector<std::string>* gone) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < StsLimits::rows_a_write && !unwritten_.empty(); ++i) {
        auto first = unwritten_.extract(unwritten_.begin());
        if (first.mapped()) {
            kept->push_back(std::move(*first.mapped()));
        } else {
            gone->push_back(std::move(first.key()));
        }
    }
    writing_ = !kept->empty() || !gone->empty();
    return writing_;
}

asio::awaitable<void> StsCache::write() {
    Writing writing(*this);
    if (!writing.mine()) co_return;
    for (;;) {
        std::vector<StsKept> kept;
        std::vector<std::string> gone;
        if (!next_write(&kept, &gone)) {
            writing.over();
            co_return;
        }
        const auto written = co_await rows_.write(std::move(kept), std::move(gone));
        if (!written)
            base::log::warn("mta", "MTA-STS policies would not outlive a restart",
                            {{"why", written.error().what()}});
    }
}

asio::awaitable<bool> StsCache::open() {
    auto all = co_await rows_.load();
    if (!all) {
        base::log::error("mta", "MTA-STS policies cannot be read", {{"why", all.error().what()}});
        co_return false;
    }
    const base::SystemTime now = clock_.now();
    std::ranges::sort(*all, {}, &StsKept::fetched);  // the freshest are those that stay
    for (StsKept& kept : *all) {
        auto policy = read_sts_policy(kept.text);
        // The clock may have been wrong when it was written.
        kept.fetched = std::min(kept.fetched, now);
        if (policy) kept.until = std::min<base::SystemTime>(kept.until, now + policy->max_age);
        const std::lock_guard lock(mutex_);
        if (!policy || kept.until <= now) {
            unwritten_[kept.domain] = std::nullopt;
        } else {
            put(kept, std::make_shared<const StsPolicy>(std::move(*policy)));
        }
    }
    co_await write();
    co_return true;
}

/// Section 3.3: HTTPS with a certificate that verifies, status 200, plain text, no redirects.
asio::awaitable<std::shared_ptr<const StsPolicy>> StsCache::fetch(std::string domain) {
    http::Request request;
    request.url.tls = true;
    request.url.host = "mta-sts." + domain;
    request.url.port = settings_.port;
    request.url.target = "/.well-known/mta-sts.txt";
    request.accept = "text/plain";
    request.octets_max = StsLimits::policy_bytes;
    auto answer = co_await client_.request(std::move(request));
    std::string why;
    if (!answer) {
        why = answer.error().what();
    } else if (answer->status != 200) {
        why = "status " + std::to_string(answer->status);
    } else if (answer->content_type != "text/plain") {
        why = "not text/plain";
    } else if (auto policy = read_sts_policy(answer->body)) {
        co_return std::make_shared<const StsPolicy>(std::move(*policy));
    } else {
        why = "not a policy";
    }
    base::log::warn("mta", "MTA-STS policy not fetched", {{"domain", domain}, {"why", why}});
    co_return nullptr;
}

}  // namespace mta::smtp_out

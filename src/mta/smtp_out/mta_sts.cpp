#include "mta/smtp_out/mta_sts.hpp"

#include <algorithm>
#include <charconv>

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
    const bool fine = !id.empty() && id.size() <= 32 && std::ranges::all_of(id, alphanumeric);
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

StsCache::Entry& StsCache::entry(const std::string& domain) {
    const auto known = entries_.find(domain);
    if (known != entries_.end()) {
        used_.splice(used_.begin(), used_, known->second.place);
        return known->second;
    }
    if (entries_.size() >= StsLimits::domains) {
        entries_.erase(used_.back());
        used_.pop_back();
    }
    used_.push_front(domain);
    Entry& fresh = entries_[domain];
    fresh.place = used_.begin();
    return fresh;
}

/// What is remembered and still holds. `fetch_now`: it is old, or another one was published.
std::shared_ptr<const StsPolicy> StsCache::held(const std::string& domain, const std::string& id,
                                                bool* fetch_now) {
    const std::lock_guard lock(mutex_);
    const base::SystemTime now = clock_.now();
    const auto known = entries_.find(domain);
    if (known == entries_.end()) {
        *fetch_now = !id.empty();
        return nullptr;
    }
    const Entry& entry = known->second;
    const bool holds = entry.policy && now < entry.until;
    const bool failed_before = entry.failed_id == id && now < entry.failed_until;
    // Section 3.1: without a record nothing is new; a policy that was seen holds until its time is over.
    *fetch_now = !id.empty() && (!holds || entry.id != id) && !failed_before;
    return holds ? entry.policy : nullptr;
}

asio::awaitable<std::shared_ptr<const StsPolicy>> StsCache::find(std::string domain) {
    const std::string id = co_await published_id(domain);
    bool fetch_now = false;
    auto policy = held(domain, id, &fetch_now);
    if (!fetch_now) co_return policy;
    auto fresh = co_await fetch(domain);
    const std::lock_guard lock(mutex_);
    Entry& slot = entry(domain);
    if (!fresh) {
        slot.failed_id = id;
        slot.failed_until = clock_.now() + StsLimits::failure_kept;
        co_return policy;
    }
    slot.id = id;
    slot.policy = fresh;
    slot.until = clock_.now() + fresh->max_age;
    co_return fresh;
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

#include "mta/signing.hpp"

#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "mailauth/dmarc.hpp"
#include "mta/route.hpp"

namespace mta {

std::vector<std::string> signing_domains(std::string_view header, std::string_view envelope_sender) {
    // DMARC looks at From: only a signature of its domain speaks for it (RFC 9989 section 4.4.1).
    std::vector<std::string> out = mailauth::author_domains(header).domains;
    if (const std::string_view domain = base::domain_of(envelope_sender); !domain.empty())
        out.emplace_back(domain);
    return out;
}

std::shared_ptr<const mailauth::DkimKey> Signing::parsed(const std::string& pem) {
    const std::lock_guard lock(mutex_);
    if (const auto known = parsed_.find(pem); known != parsed_.end()) return known->second;
    if (parsed_.size() >= parsed_max) parsed_.clear();
    std::string fault;
    auto key = mailauth::DkimKey::from_pem(pem, fault);
    std::shared_ptr<const mailauth::DkimKey> kept;
    if (key) kept = std::make_shared<const mailauth::DkimKey>(std::move(*key));
    if (!kept) base::log::error("mta", "a DKIM key cannot be read", {{"why", fault}});
    parsed_.emplace(pem, kept);
    return kept;
}

/// Each message of the domain meets the same key: once a minute is enough.
bool Signing::is_news(const std::string& domain) {
    const std::int64_t now = base::unix_seconds(clock_.now());
    const std::lock_guard lock(mutex_);
    if (told_.size() >= told_max) told_.clear();
    const auto [at, fresh] = told_.try_emplace(domain, now);
    if (!fresh && now >= at->second && now - at->second < 60) return false;
    at->second = now;
    return true;
}

awaitable<store::Result<Signing::Keys>> Signing::keys_for(std::vector<std::string> domains) {
    constexpr store::Error not_now(store::Errc::unavailable, "DKIM keys cannot be read now");
    Keys out;
    for (const std::string& domain : domains) {
        const auto keys = co_await directory_.dkim_keys(domain);
        if (!keys) {
            base::log::error("mta", "DKIM keys cannot be read",
                             {{"domain", domain}, {"why", keys.error().what()}});
            co_return not_now;
        }
        for (const directory::DkimKey& one : *keys) {
            if (!one.active) continue;
            mailauth::DkimSigningKey ready;
            const bool sealed = directory::is_sealed(one.pem);
            if (!sealed) ready.key = parsed(one.pem);
            if (!ready.key) {
                if (is_news(domain))
                    base::log::error("mta",
                                     sealed ? "a DKIM key is sealed, and the sealing key does not open it"
                                            : "a DKIM key is none: mail of its domain waits",
                                     {{"domain", domain}, {"selector", one.selector}});
                co_return not_now;
            }
            ready.options.domain = domain;
            ready.options.selector = one.selector;
            ready.options.now = std::chrono::seconds(base::unix_seconds(clock_.now()));
            out.push_back(std::move(ready));
        }
        if (!out.empty()) break;
    }
    co_return out;
}

awaitable<store::Result<std::string>> Signing::sign(std::string_view message) {
    const std::string_view header = message.substr(0, mailauth::body_offset(message));
    auto keys = co_await keys_for(signing_domains(header, {}));
    if (!keys) co_return keys.error();
    if (keys->empty()) co_return std::string();
    std::string fault;
    std::string fields = mailauth::sign_dkim(message, std::move(*keys), fault);
    if (!fault.empty()) base::log::error("mta", "a message is not signed", {{"why", fault}});
    co_return fields;
}

namespace {

class Again final : public Signer {
public:
    explicit Again(Signing& signing) : signing_(signing) {}
    awaitable<store::Result<void>> header(std::string section) override {
        auto keys = co_await signing_.keys_for(signing_domains(section, {}));
        if (!keys) co_return keys.error();
        if (!keys->empty()) signer_ = std::make_unique<mailauth::DkimSigner>(section, std::move(*keys));
        co_return store::Result<void>();
    }
    void body(std::string_view octets) override {
        if (signer_) signer_->body(octets);
    }
    std::string finish() override {
        if (!signer_) return {};
        std::string fault;
        std::string fields = signer_->finish(fault);
        if (!fault.empty()) base::log::error("mta", "a message is not signed", {{"why", fault}});
        return fields;
    }

private:
    Signing& signing_;
    std::unique_ptr<mailauth::DkimSigner> signer_;
};

}  // namespace

std::shared_ptr<Signer> Signing::signer() { return std::make_shared<Again>(*this); }

std::string without_signatures(std::string_view fields) {
    std::string out;
    bool skipping = false;
    while (!fields.empty()) {
        const std::size_t end = fields.find('\n');
        const std::string_view line =
            fields.substr(0, end == std::string_view::npos ? fields.size() : end + 1);
        const bool folded = line.starts_with(' ') || line.starts_with('\t');
        if (!folded) {
            const std::string name = base::lowered(line.substr(0, line.find(':')));
            skipping = name == "dkim-signature" || name == "arc-seal" || name == "arc-message-signature" ||
                       name == "arc-authentication-results";
        }
        if (!skipping) out += line;
        fields.remove_prefix(line.size());
    }
    return out;
}

}  // namespace mta

#include <algorithm>
#include <optional>

#include "arc_chain.hpp"
#include "mailauth/domain.hpp"

namespace mailauth {

std::string_view name_of(ArcStatus status) {
    switch (status) {
        case ArcStatus::none:
            return "none";
        case ArcStatus::pass:
            return "pass";
        case ArcStatus::fail:
            return "fail";
        case ArcStatus::temperror:
            return "temperror";
    }
    return "none";
}

struct ArcVerifier::State {
    State(std::string header_octets, DkimVerifyOptions chosen, ArcLimits limits)
        : header(std::move(header_octets)),
          options(chosen),
          fields(split_header(header)),
          index(fields),
          chain(read_arc_chain(fields, options, limits)) {}

    void want_body(const Signature& signature);
    void want_key(const std::string& name);
    const Answer& key_of(const Signature& signature) const;
    std::optional<KeyVerdict> verify_message(const Signature& signature);
    KeyVerdict verify_newest();
    KeyVerdict verify_seals(const std::vector<Sha256Digest>& digests);
    std::vector<Sha256Digest> seal_digests() const;
    unsigned find_oldest_pass();

    std::string header;
    DkimVerifyOptions options;
    std::vector<HeaderField> fields;  // views of header
    FieldIndex index;
    ArcChain chain;
    std::vector<BodyHash> bodies;
    std::vector<Sha256Digest> digests;
    std::vector<Query> queries;
    std::vector<Answer> answers;
};

void ArcVerifier::State::want_body(const Signature& signature) {
    const bool known = std::any_of(bodies.begin(), bodies.end(), [&](const BodyHash& hash) {
        return hash.canonical() == signature.body && hash.length() == signature.length;
    });
    if (!known) bodies.emplace_back(signature.body, signature.length);
}

void ArcVerifier::State::want_key(const std::string& name) {
    const Query query{DnsType::txt, name};
    if (std::find(queries.begin(), queries.end(), query) == queries.end()) queries.push_back(query);
}

const Answer& ArcVerifier::State::key_of(const Signature& signature) const {
    const auto at = std::find(queries.begin(), queries.end(), Query{DnsType::txt, signature.query_name});
    return answers[static_cast<std::size_t>(at - queries.begin())];
}

/// Nothing when its body was not hashed: an old signature with an l= of its own.
std::optional<KeyVerdict> ArcVerifier::State::verify_message(const Signature& signature) {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        if (bodies[i].canonical() != signature.body || bodies[i].length() != signature.length) continue;
        KeyVerdict verdict;
        verdict.status = DkimStatus::fail;
        const auto* expected = reinterpret_cast<const std::uint8_t*>(signature.body_hash.data());
        if (!std::equal(digests[i].begin(), digests[i].end(), expected))
            verdict.reason = "the body has changed";
        else
            verdict = try_keys(signature, key_of(signature), header_digest(signature, index), options.limits);
        return verdict;
    }
    return {};
}

/// Section 5.2 step 4.
KeyVerdict ArcVerifier::State::verify_newest() {
    const Signature& newest = chain.links.back().message;
    KeyVerdict verdict = verify_message(newest).value_or(KeyVerdict());
    const std::string late = time_fault(newest, options);
    if (verdict.status == DkimStatus::pass && !late.empty()) {
        verdict.status = DkimStatus::permerror;
        verdict.reason = late;
    }
    verdict.reason = "ARC-Message-Signature: " + verdict.reason;
    return verdict;
}

/// Section 5.1.1: each seal signs all sets up to its own, so that one pass over them gives all digests.
std::vector<Sha256Digest> ArcVerifier::State::seal_digests() const {
    std::vector<Sha256Digest> made;
    Sha256 hash;
    for (const ArcLink& link : chain.links) {
        hash_arc_fields(hash, link.results, link.message.octets);
        std::string text;
        append_unsigned_field(link.seal, Canonical::relaxed, text);
        Sha256 fork(hash);
        fork.update(text);
        made.push_back(fork.finish());
        text.clear();
        canonical_field(Canonical::relaxed, link.seal.octets, text);
        hash.update(text);
    }
    return made;
}

/// Step 6, the newest first.
KeyVerdict ArcVerifier::State::verify_seals(const std::vector<Sha256Digest>& seals) {
    KeyVerdict verdict;
    for (std::size_t i = chain.links.size(); i-- > 0;) {
        const Signature& seal = chain.links[i].seal;
        verdict = try_keys(seal, key_of(seal), seals[i], options.limits);
        if (verdict.status == DkimStatus::pass) continue;
        verdict.reason = "ARC-Seal " + std::to_string(i + 1) + ": " + verdict.reason;
        return verdict;
    }
    return verdict;
}

/// Step 5.
unsigned ArcVerifier::State::find_oldest_pass() {
    for (std::size_t i = chain.links.size() - 1; i-- > 0;) {
        const std::optional<KeyVerdict> verdict = verify_message(chain.links[i].message);
        if (!verdict || verdict->status != DkimStatus::pass) return static_cast<unsigned>(i + 2);
    }
    return 0;
}

ArcVerifier::ArcVerifier(std::string header, DkimVerifyOptions options, ArcLimits limits)
    : state_(std::make_unique<State>(std::move(header), options, limits)) {
    ArcChain& chain = state_->chain;
    if (!chain.fault.empty() || chain.links.empty()) return;
    state_->want_body(chain.links.back().message);
    for (const ArcLink& link : chain.links) {
        if (!link.message.length) state_->want_body(link.message);
        state_->want_key(link.message.query_name);
        state_->want_key(link.seal.query_name);
    }
    state_->answers.resize(state_->queries.size());
}
ArcVerifier::~ArcVerifier() = default;
ArcVerifier::ArcVerifier(ArcVerifier&&) noexcept = default;

const std::vector<Query>& ArcVerifier::queries() const { return state_->queries; }
void ArcVerifier::answer(std::size_t index, Answer answer) { state_->answers.at(index) = std::move(answer); }
void ArcVerifier::body(std::string_view octets) {
    for (BodyHash& hash : state_->bodies) hash.update(octets);
}

ArcResult ArcVerifier::finish() {
    ArcResult result;
    const ArcChain& chain = state_->chain;
    result.closed = chain.closed;
    if (!chain.fault.empty()) {
        result.status = ArcStatus::fail;
        result.reason = chain.fault;
        return result;
    }
    if (chain.links.empty()) {
        result.reason = "there is no ARC set";
        return result;
    }
    for (const ArcLink& link : chain.links) {
        const std::string_view value = HeaderField{{}, link.results}.value();
        std::size_t rest = 0;
        const unsigned instance = read_arc_instance(value, rest);
        result.sets.push_back(
            {instance, link.seal.domain, link.seal.selector, std::string(trim(value.substr(rest)))});
    }
    for (BodyHash& hash : state_->bodies) state_->digests.push_back(hash.finish());
    KeyVerdict verdict = state_->verify_newest();
    if (verdict.status == DkimStatus::pass) verdict = state_->verify_seals(state_->seal_digests());
    if (verdict.status == DkimStatus::pass) {
        result.status = ArcStatus::pass;
        result.oldest_pass = state_->find_oldest_pass();
    } else {
        result.status = verdict.status == DkimStatus::temperror ? ArcStatus::temperror : ArcStatus::fail;
        result.reason = verdict.reason;
    }
    return result;
}

ArcResult verify_arc(std::string_view message, Resolver& resolver, DkimVerifyOptions options) {
    const std::size_t body = body_offset(message);
    ArcVerifier verifier(std::string(message.substr(0, body)), options);
    for (std::size_t i = 0; i < verifier.queries().size(); ++i) {
        verifier.answer(i, resolver.resolve(verifier.queries()[i]));
    }
    verifier.body(message.substr(body));
    return verifier.finish();
}

}  // namespace mailauth

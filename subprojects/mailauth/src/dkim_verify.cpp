#include <algorithm>

#include "mailauth/dkim.hpp"
#include "mailauth/domain.hpp"
#include "signature.hpp"

namespace mailauth {

std::string_view name_of(DkimAlgorithm algorithm) {
    return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa-sha256" : "ed25519-sha256";
}

std::string_view name_of(DkimStatus status) {
    switch (status) {
        case DkimStatus::none:
            return "none";
        case DkimStatus::pass:
            return "pass";
        case DkimStatus::fail:
            return "fail";
        case DkimStatus::policy:
            return "policy";
        case DkimStatus::neutral:
            return "neutral";
        case DkimStatus::temperror:
            return "temperror";
        case DkimStatus::permerror:
            return "permerror";
    }
    return "none";
}

namespace {

constexpr std::size_t none = SIZE_MAX;

/// A signature on its way to its result.
struct Pending {
    Signature signature;
    DkimResult result;
    std::size_t body = none;   // in State::bodies
    std::size_t query = none;  // in State::queries
};

DkimResult describe(const Signature& signature) {
    DkimResult result;
    result.domain = signature.domain;
    result.selector = signature.selector;
    result.identity = signature.identity;
    result.algorithm = signature.algorithm_text;
    result.signature = signature.value_text.substr(0, 12);
    result.signed_fields = signature.fields;
    return result;
}

}  // namespace

struct DkimVerifier::State {
    State(std::string header_octets, DkimVerifyOptions chosen)
        : header(std::move(header_octets)), options(chosen), fields(split_header(header)), index(fields) {}

    void add(const HeaderField& field);
    std::size_t body_for(const Signature& signature);
    std::size_t query_for(const std::string& name);
    void verify(Pending& pending, const std::vector<Sha256Digest>& digests);

    std::string header;
    DkimVerifyOptions options;
    std::vector<HeaderField> fields;  // views of header
    FieldIndex index;
    std::vector<Pending> pending;
    std::vector<BodyHash> bodies;
    std::vector<Query> queries;
    std::vector<Answer> answers;
};

/// Signatures of one kind share a hash: ten of them cost one pass over the body.
std::size_t DkimVerifier::State::body_for(const Signature& signature) {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        if (bodies[i].canonical() == signature.body && bodies[i].length() == signature.length) return i;
    }
    bodies.emplace_back(signature.body, signature.length);
    return bodies.size() - 1;
}

std::size_t DkimVerifier::State::query_for(const std::string& name) {
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (queries[i].name == name) return i;
    }
    queries.push_back({DnsType::txt, name});
    return queries.size() - 1;
}

void DkimVerifier::State::add(const HeaderField& field) {
    Pending& added = pending.emplace_back();
    if (pending.size() > options.limits.signatures_max ||
        field.octets.size() > options.limits.signature_octets_max) {
        added.result.status = DkimStatus::policy;
        added.result.reason = pending.size() > options.limits.signatures_max ? "one signature too many"
                                                                             : "a signature too long";
        return;
    }
    added.signature = parse_signature(field, SignatureKind::dkim);
    added.result = describe(added.signature);
    added.result.reason =
        added.signature.fault.empty() ? time_fault(added.signature, options) : added.signature.fault;
    if (!added.result.reason.empty()) {
        added.result.status = DkimStatus::permerror;
        return;
    }
    added.body = body_for(added.signature);
    added.query = query_for(added.signature.query_name);
}

/// RFC 6376 section 6.1.3. The body first: a wrong hash makes the key operation needless.
void DkimVerifier::State::verify(Pending& one, const std::vector<Sha256Digest>& digests) {
    DkimResult& result = one.result;
    const Answer& answer = answers[one.query];
    result.secure = answer.secure;
    const Sha256Digest& digest = digests[one.body];
    const bool body_fits = std::equal(digest.begin(), digest.end(),
                                      reinterpret_cast<const std::uint8_t*>(one.signature.body_hash.data()));
    KeyVerdict verdict;
    if (body_fits || answer.failed() || !answer.found()) {
        verdict = try_keys(one.signature, answer,
                           body_fits ? header_digest(one.signature, index) : Sha256Digest(), options.limits);
    } else {
        verdict.status = DkimStatus::fail;
        verdict.reason = "the body has changed";
    }
    result.status = verdict.status;
    result.reason = verdict.reason;
    result.key_bits = verdict.bits;
    result.testing = verdict.testing;
    if (result.status != DkimStatus::pass || !one.signature.length) return;
    const std::uint64_t octets = bodies[one.body].octets();
    if (*one.signature.length > octets) {  // section 3.5: more than there is cannot have been signed
        result.status = DkimStatus::permerror;
        result.reason = "l= is more than the body has";
    } else if (*one.signature.length < octets) {
        result.unsigned_octets = octets - *one.signature.length;
        result.reason = std::to_string(result.unsigned_octets) + " octets behind l= are not signed";
        if (options.unsigned_tail == UnsignedTail::refuse) result.status = DkimStatus::policy;
    }
}

DkimVerifier::DkimVerifier(std::string header, DkimVerifyOptions options)
    : state_(std::make_unique<State>(std::move(header), options)) {
    for (const HeaderField& field : state_->fields) {
        if (same_text(field.name, "DKIM-Signature")) state_->add(field);
    }
    state_->answers.resize(state_->queries.size());
}
DkimVerifier::~DkimVerifier() = default;
DkimVerifier::DkimVerifier(DkimVerifier&&) noexcept = default;

const std::vector<Query>& DkimVerifier::queries() const { return state_->queries; }

void DkimVerifier::answer(std::size_t index, Answer answer) { state_->answers.at(index) = std::move(answer); }

void DkimVerifier::body(std::string_view octets) {
    for (BodyHash& hash : state_->bodies) hash.update(octets);
}

std::vector<DkimResult> DkimVerifier::finish() {
    std::vector<Sha256Digest> digests;
    for (BodyHash& hash : state_->bodies) digests.push_back(hash.finish());
    std::vector<DkimResult> results;
    for (Pending& one : state_->pending) {
        if (one.query != none) state_->verify(one, digests);
        results.push_back(std::move(one.result));
    }
    return results;
}

std::vector<DkimResult> verify_dkim(std::string_view message, Resolver& resolver, DkimVerifyOptions options) {
    const std::size_t body = body_offset(message);
    DkimVerifier verifier(std::string(message.substr(0, body)), options);
    for (std::size_t i = 0; i < verifier.queries().size(); ++i) {
        verifier.answer(i, resolver.resolve(verifier.queries()[i]));
    }
    verifier.body(message.substr(body));
    return verifier.finish();
}

const DkimResult* best_of(const std::vector<DkimResult>& results) {
    const auto rank = [](const DkimResult& result) {
        switch (result.status) {
            case DkimStatus::pass:
                return result.unsigned_octets == 0 ? 0 : 1;
            case DkimStatus::policy:
                return 2;
            case DkimStatus::temperror:
                return 3;
            case DkimStatus::fail:
                return 4;
            case DkimStatus::permerror:
                return 5;
            default:
                return 6;
        }
    };
    const auto best =
        std::min_element(results.begin(), results.end(),
                         [&](const DkimResult& a, const DkimResult& b) { return rank(a) < rank(b); });
    return best == results.end() ? nullptr : &*best;
}

}  // namespace mailauth

#include <algorithm>

#include "arc_chain.hpp"
#include "mailauth/auth_results.hpp"
#include "mailauth/domain.hpp"
#include "sign_text.hpp"

namespace mailauth {

struct ArcSealer::State {
    State(std::string_view header, DkimSigningKey chosen)
        : octets(header),
          key(std::move(chosen)),
          fields(split_header(octets)),
          index(fields),
          hash(key.options.body) {}

    std::string message_signature(const std::string& instance, std::string& fault);
    std::string seal(const std::string& instance, const ArcResult& chain, std::string_view results,
                     std::string_view message, std::string& fault);
    Folder begin(std::string_view name, const std::string& instance) const;

    std::string octets;
    DkimSigningKey key;
    std::vector<HeaderField> fields;  // views of octets
    FieldIndex index;
    BodyHash hash;
};

Folder ArcSealer::State::begin(std::string_view name, const std::string& instance) const {
    Folder field(name);
    field.word("i=" + instance + ";");
    field.word("a=" + std::string(name_of(key.key->algorithm())) + ";");
    field.word("d=" + to_mail_domain(key.options.domain) + ";");
    field.word("s=" + to_ascii_domain(key.options.selector) + ";");
    field.word("t=" + std::to_string(key.options.now.count()) + ";");
    return field;
}

std::string ArcSealer::State::message_signature(const std::string& instance, std::string& fault) {
    const DkimSignOptions& options = key.options;
    Signature signature;
    signature.header = options.header;
    signature.fields = names_to_sign(options.fields, options.oversigned, index);
    // The chain itself is what the seal is for, and results are rewritten on the way (section 5.1).
    std::erase_if(signature.fields, [](const std::string& name) {
        return name.starts_with("arc-") || name == "authentication-results";
    });
    const Sha256Digest body = hash.finish();
    Folder field = begin("ARC-Message-Signature", instance);
    field.word("c=" + std::string(name_of(options.header)) + "/" + std::string(name_of(options.body)) + ";");
    append_names(field, signature.fields);
    field.word("bh=" + base64_encode({reinterpret_cast<const char*>(body.data()), body.size()}) + ";");
    field.new_line();
    field.word("b=");
    std::string text = field.take();
    text.resize(text.size() - 2);
    signature.octets = text;
    signature.b_begin = signature.b_end = text.size();
    const std::string made = key.key->sign(header_digest(signature, index));
    if (made.empty()) fault = "OpenSSL made no signature";
    return with_signature(std::move(text), made);
}

std::string ArcSealer::State::seal(const std::string& instance, const ArcResult& chain,
                                   std::string_view results, std::string_view message, std::string& fault) {
    Folder field = begin("ARC-Seal", instance);
    field.word(std::string("cv=") + std::string(name_of(chain.status)) + ";");
    field.new_line();
    field.word("b=");
    std::string text = field.take();
    text.resize(text.size() - 2);
    Sha256 sum;
    if (chain.status ==
        ArcStatus::pass) {  // section 5.1.2: a seal over a failed chain signs its own set only
        const ArcChain before = read_arc_chain(fields, DkimVerifyOptions(), ArcLimits());
        for (const ArcLink& link : before.links) {
            hash_arc_fields(sum, link.results, link.message.octets);
            std::string old;
            canonical_field(Canonical::relaxed, link.seal.octets, old);
            sum.update(old);
        }
    }
    hash_arc_fields(sum, results, message);
    Signature signature;
    signature.octets = text;
    signature.b_begin = signature.b_end = text.size();
    std::string own;
    append_unsigned_field(signature, Canonical::relaxed, own);
    sum.update(own);
    const std::string made = key.key->sign(sum.finish());
    if (made.empty()) fault = "OpenSSL made no signature";
    return with_signature(std::move(text), made);
}

ArcSealer::ArcSealer(std::string_view header, DkimSigningKey key)
    : state_(std::make_unique<State>(header, std::move(key))) {}
ArcSealer::~ArcSealer() = default;
ArcSealer::ArcSealer(ArcSealer&&) noexcept = default;

void ArcSealer::body(std::string_view octets) { state_->hash.update(octets); }

std::string ArcSealer::finish(const AuthResults& results, const ArcResult& chain, std::string& fault) {
    fault.clear();
    const DkimSignOptions& options = state_->key.options;
    std::size_t sets = 0;  // also of a chain that cannot be verified: the next number must be free
    for (const HeaderField& field : state_->fields) sets += same_text(field.name, "ARC-Seal") ? 1U : 0U;
    if (to_mail_domain(options.domain).empty() || to_ascii_domain(options.selector).empty()) {
        fault = "no good domain or selector";
    } else if (chain.closed) {
        fault = "the chain is closed: its newest seal says fail";
    } else if (chain.status == ArcStatus::temperror) {
        fault = "the chain could not be verified for now";
    } else if (sets >= ArcLimits().sets_max) {
        fault = "the chain is full";
    } else if (state_->index.count("from") == 0) {
        fault = "a message without From";
    }
    if (!fault.empty()) return {};
    const std::string instance = std::to_string(sets + 1);
    const std::string seen =
        "ARC-Authentication-Results: i=" + instance + ";" + write_auth_results_value(results) + "\r\n";
    const std::string message = state_->message_signature(instance, fault);
    const std::string seal = state_->seal(instance, chain, seen, message, fault);
    return fault.empty() ? seal + message + seen : std::string();
}

}  // namespace mailauth

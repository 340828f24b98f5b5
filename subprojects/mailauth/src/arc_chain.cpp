#include "arc_chain.hpp"

#include <charconv>

#include "mailauth/domain.hpp"

namespace mailauth {

unsigned read_arc_instance(std::string_view value, std::size_t& rest) {
    rest = value.find(';');
    if (rest == std::string_view::npos) return 0;
    std::string_view tag = trim(value.substr(0, rest));
    ++rest;
    if (!tag.starts_with('i')) return 0;
    tag = trim(tag.substr(1));
    if (!tag.starts_with('=')) return 0;
    tag = trim(tag.substr(1));
    unsigned instance = 0;
    const auto [end, code] = std::from_chars(tag.data(), tag.data() + tag.size(), instance);
    return code == std::errc() && end == tag.data() + tag.size() ? instance : 0;
}

void hash_arc_fields(Sha256& hash, std::string_view results, std::string_view message) {
    std::string text;
    canonical_field(Canonical::relaxed, results, text);
    canonical_field(Canonical::relaxed, message, text);
    hash.update(text);
}

namespace {

/// Puts the fields of one kind at their instances; a gap, a second one or a number too high is a fault.
class Collector {
public:
    Collector(ArcChain& chain, const DkimVerifyOptions& options, const ArcLimits& limits)
        : chain_(chain), options_(options), limits_(limits) {}

    void add(const HeaderField& field) {
        const bool results = same_text(field.name, "ARC-Authentication-Results");
        const bool message = same_text(field.name, "ARC-Message-Signature");
        if (!results && !message && !same_text(field.name, "ARC-Seal")) return;
        if (field.octets.size() > options_.limits.signature_octets_max) return fail("an ARC field too long");
        unsigned instance = 0;
        Signature signature;
        if (results) {
            std::size_t rest = 0;
            instance = read_arc_instance(field.value(), rest);
        } else {
            signature =
                parse_signature(field, message ? SignatureKind::arc_message : SignatureKind::arc_seal);
            instance = signature.instance;
        }
        if (instance == 0)
            return fail(signature.fault.empty() ? "an ARC field without an instance" : signature.fault);
        if (instance > limits_.sets_max) return fail("more ARC sets than allowed");
        if (chain_.links.size() < instance) chain_.links.resize(instance);
        ArcLink& link = chain_.links[instance - 1];
        const std::string_view there = results   ? link.results
                                       : message ? link.message.octets
                                                 : link.seal.octets;
        if (!there.empty()) return fail("an ARC field stands twice");
        if (results)
            link.results = field.octets;
        else
            (message ? link.message : link.seal) = std::move(signature);
    }
    void fail(std::string fault) {
        if (chain_.fault.empty()) chain_.fault = std::move(fault);
    }

private:
    ArcChain& chain_;
    const DkimVerifyOptions& options_;
    const ArcLimits& limits_;
};

/// Section 5.2, steps 2 and 3.
std::string structure_fault(const ArcChain& chain) {
    for (std::size_t i = 0; i < chain.links.size(); ++i) {
        const ArcLink& link = chain.links[i];
        const std::string at = " at instance " + std::to_string(i + 1);
        if (link.results.empty() || link.message.octets.empty() || link.seal.octets.empty()) {
            return "the ARC set is not whole" + at;
        }
        if (!link.seal.fault.empty()) return "ARC-Seal: " + link.seal.fault + at;
        if (link.seal.chain != (i == 0 ? "none" : "pass")) return "cv= is wrong" + at;
        if (!link.message.fault.empty()) return "ARC-Message-Signature: " + link.message.fault + at;
    }
    return {};
}

}  // namespace

ArcChain read_arc_chain(const std::vector<HeaderField>& fields, const DkimVerifyOptions& options,
                        const ArcLimits& limits) {
    ArcChain chain;
    Collector collector(chain, options, limits);
    for (const HeaderField& field : fields) collector.add(field);
    chain.closed = !chain.links.empty() && chain.links.back().seal.chain == "fail";
    if (chain.fault.empty() && chain.closed) chain.fault = "the newest seal says that the chain has failed";
    if (chain.fault.empty()) chain.fault = structure_fault(chain);
    return chain;
}

}  // namespace mailauth

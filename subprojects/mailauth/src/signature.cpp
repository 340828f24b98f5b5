#include "signature.hpp"

#include <algorithm>
#include <charconv>

#include "crypto.hpp"
#include "mailauth/dkim_key.hpp"
#include "mailauth/domain.hpp"
#include "tag_list.hpp"
#include "text.hpp"

namespace mailauth {

namespace {

std::optional<std::uint64_t> read_number(std::string_view text, std::size_t digits_max) {
    std::uint64_t value = 0;
    if (text.empty() || text.size() > digits_max) return {};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return {};
    // More than 64 bits can hold is more than any body has and later than any clock says.
    return code == std::errc() ? value : UINT64_MAX;
}

std::string read_algorithm(std::string_view text, Signature& signature) {
    signature.algorithm_text = text;
    if (same_text(text, "rsa-sha256"))
        signature.algorithm = DkimAlgorithm::rsa_sha256;
    else if (same_text(text, "ed25519-sha256"))
        signature.algorithm = DkimAlgorithm::ed25519_sha256;
    else if (same_text(text, "rsa-sha1"))
        return "rsa-sha1 is not accepted (RFC 8301 section 3.1)";
    else
        return text.empty() ? "no a= tag" : "an unknown algorithm";
    return {};
}

std::string read_canonical(std::string_view text, Signature& signature) {
    const auto one = [](std::string_view word, Canonical& to) {
        to = same_text(word, "relaxed") ? Canonical::relaxed : Canonical::simple;
        return same_text(word, "relaxed") || same_text(word, "simple");
    };
    const std::size_t slash = text.find('/');
    if (text.empty()) return {};
    if (!one(trim(text.substr(0, slash)), signature.header)) return "an unknown canonicalization";
    if (slash != std::string_view::npos && !one(trim(text.substr(slash + 1)), signature.body)) {
        return "an unknown canonicalization";
    }
    return {};
}

std::string read_identity(const TagList& tags, Signature& signature) {
    const Tag* tag = tags.find("i");
    signature.identity = tag == nullptr ? "@" + signature.domain : without_blanks(tag->value);
    const std::size_t at = signature.identity.rfind('@');
    if (at == std::string::npos) return "i= without a domain";
    signature.identity_domain = to_ascii_domain(std::string_view(signature.identity).substr(at + 1));
    return is_within(signature.identity_domain, signature.domain) ? "" : "i= is not within d=";
}

std::string read_fields(std::string_view list, Signature& signature) {
    if (list.empty()) return "no h= tag";
    for (const std::string_view name : split(list, ':')) {
        if (name.empty() || name.find_first_of(" \t\r\n") != std::string_view::npos) return "a bad h= tag";
        signature.fields.push_back(lower(name));
    }
    const auto names = [&](std::string_view name) {
        return std::find(signature.fields.begin(), signature.fields.end(), name) != signature.fields.end();
    };
    if (!names("from")) return "From is not signed";  // RFC 6376 section 5.4
    // RFC 8617 section 4.1.2: the seals are made behind it.
    if (signature.kind == SignatureKind::arc_message && names("arc-seal")) return "it signs an ARC-Seal";
    return {};
}

std::string read_numbers(const TagList& tags, Signature& signature) {
    const auto number = [&tags](std::string_view name, std::size_t digits, std::optional<std::uint64_t>& to) {
        const Tag* tag = tags.find(name);
        if (tag == nullptr) return true;
        to = read_number(tag->value, digits);
        return to.has_value();
    };
    if (!number("l", 76, signature.length)) return "a bad l= tag";
    if (!number("t", 20, signature.timestamp)) return "a bad t= tag";
    if (!number("x", 20, signature.expiry)) return "a bad x= tag";
    if (signature.timestamp && signature.expiry && *signature.expiry <= *signature.timestamp) {
        return "x= is not later than t=";  // section 3.5
    }
    return {};
}

std::string read_instance(const TagList& tags, Signature& signature) {
    const std::optional<std::uint64_t> instance = read_number(tags.value("i"), 4);
    if (!instance || *instance == 0) return "a bad i= tag";
    signature.instance = static_cast<unsigned>(*instance);
    if (tags.find("v") != nullptr && signature.kind != SignatureKind::dkim) return "a v= tag";
    return {};
}

std::string read_encoded(const TagList& tags, std::string_view name, std::string& to) {
    const Tag* tag = tags.find(name);
    if (tag == nullptr || tag->value.empty()) return "no " + std::string(name) + "= tag";
    std::optional<std::string> octets = base64_decode(tag->value);
    if (!octets || octets->empty()) return std::string(name) + "= is no base64";
    to = std::move(*octets);
    return {};
}

std::string read_domains(const TagList& tags, Signature& signature) {
    signature.domain = to_mail_domain(without_blanks(tags.value("d")));
    if (signature.domain.empty()) return "no good d= tag";
    signature.selector = without_blanks(tags.value("s"));
    if (signature.selector.empty()) return "no s= tag";
    signature.query_name = to_ascii_domain(signature.selector + "._domainkey." + signature.domain);
    return signature.query_name.empty() ? "a bad s= tag" : "";
}

/// What only a signature over a message has.
std::string read_message_tags(const TagList& tags, Signature& signature) {
    if (signature.kind == SignatureKind::dkim) {
        if (tags.value("v") != "1") return tags.find("v") == nullptr ? "no v= tag" : "an unknown version";
        if (std::string fault = read_identity(tags, signature); !fault.empty()) return fault;
        const std::vector<std::string_view> methods = split(tags.value("q"), ':');
        const bool by_dns =
            tags.find("q") == nullptr || std::any_of(methods.begin(), methods.end(), [](auto word) {
                return same_text(word, "dns/txt") || same_text(word, "dns");
            });
        if (!by_dns) return "an unknown query method";
    }
    if (std::string fault = read_canonical(tags.value("c"), signature); !fault.empty()) return fault;
    if (std::string fault = read_fields(tags.value("h"), signature); !fault.empty()) return fault;
    if (std::string fault = read_encoded(tags, "bh", signature.body_hash); !fault.empty()) return fault;
    return signature.body_hash.size() == Sha256Digest().size() ? "" : "bh= is no SHA-256 digest";
}

std::string read_signature(const TagList& tags, Signature& signature) {
    if (!tags.fault().empty()) return tags.fault();
    if (std::string fault = read_domains(tags, signature); !fault.empty()) return fault;
    if (std::string fault = read_algorithm(tags.value("a"), signature); !fault.empty()) return fault;
    if (signature.kind != SignatureKind::dkim) {
        if (std::string fault = read_instance(tags, signature); !fault.empty()) return fault;
    }
    if (signature.kind == SignatureKind::arc_seal) {  // RFC 8617 section 4.1.3
        if (tags.find("h") != nullptr) return "an h= tag";
        signature.chain = lower(tags.value("cv"));
        signature.header = Canonical::relaxed;
    } else if (std::string fault = read_message_tags(tags, signature); !fault.empty()) {
        return fault;
    }
    if (std::string fault = read_numbers(tags, signature); !fault.empty()) return fault;
    return read_encoded(tags, "b", signature.value);
}

}  // namespace

Signature parse_signature(const HeaderField& field, SignatureKind kind) {
    Signature signature;
    signature.kind = kind;
    signature.octets = field.octets;
    const std::string_view value = field.value();
    const TagList tags(value);
    if (const Tag* b = tags.find("b"); b != nullptr) {
        const std::size_t offset = field.octets.size() - value.size();
        signature.b_begin = offset + b->begin;
        signature.b_end = offset + b->end;
        signature.value_text = without_blanks(b->value);
    }
    signature.fault = read_signature(tags, signature);
    return signature;
}

std::string time_fault(const Signature& signature, const DkimVerifyOptions& options) {
    const auto now = static_cast<std::uint64_t>(std::max<std::chrono::seconds::rep>(options.now.count(), 0));
    const auto skew = static_cast<std::uint64_t>(options.limits.clock_skew_max.count());
    if (signature.expiry && *signature.expiry < now) return "the signature has expired";
    if (signature.timestamp && *signature.timestamp > now + skew) return "the signature is from the future";
    return {};
}

FieldIndex::FieldIndex(const std::vector<HeaderField>& fields) {
    for (const HeaderField& field : fields) by_name_[lower(field.name)].push_back(field.octets);
}

std::size_t FieldIndex::count(const std::string& lower_name) const {
    const auto found = by_name_.find(lower_name);
    return found == by_name_.end() ? 0 : found->second.size();
}

void FieldIndex::gather(const std::vector<std::string>& names, Canonical canonical, std::string& out) const {
    std::unordered_map<std::string_view, std::size_t> used;
    for (const std::string& name : names) {
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) continue;  // signed as absent
        std::size_t& taken = used[name];
        if (taken == found->second.size()) continue;
        ++taken;
        canonical_field(canonical, found->second[found->second.size() - taken], out);
    }
}

void append_unsigned_field(const Signature& signature, Canonical canonical, std::string& out) {
    std::string field(signature.octets.substr(0, signature.b_begin));
    field += signature.octets.substr(signature.b_end);
    canonical_field(canonical, field, out);
    if (out.ends_with("\r\n"))
        out.resize(out.size() - 2);
    else if (out.ends_with('\n'))
        out.pop_back();
}

Sha256Digest header_digest(const Signature& signature, const FieldIndex& fields) {
    std::string text;
    fields.gather(signature.fields, signature.header, text);
    append_unsigned_field(signature, signature.header, text);
    return sha256_of(text);
}

namespace {

/// A usable key of this record, or why there is none.
Openssl<EVP_PKEY> usable_key(const Signature& signature, const DkimKeyRecord& record,
                             const DkimLimits& limits, KeyVerdict& verdict) {
    const auto refuse = [&verdict](std::string reason) {
        verdict.reason = std::move(reason);
        return Openssl<EVP_PKEY>();
    };
    if (!record.fault.empty()) return refuse("the key record has a fault: " + record.fault);
    if (record.revoked) return refuse("the key is revoked");
    if (record.algorithm != signature.algorithm) return refuse("the key is for another algorithm");
    if (!record.allows_sha256) return refuse("the key does not allow SHA-256");
    if (!record.serves_mail) return refuse("the key is not for mail");
    if (record.strict_identity && signature.kind == SignatureKind::dkim &&
        signature.identity_domain != signature.domain) {
        return refuse("i= is below d=, which the key forbids");
    }
    const bool rsa = record.algorithm == DkimAlgorithm::rsa_sha256;
    Openssl<EVP_PKEY> key = rsa ? read_rsa_key(record.key) : read_ed25519_key(record.key);
    if (!key) return refuse("p= holds no such key");
    verdict.bits = key_bits(key.get());
    if (rsa && verdict.bits < limits.rsa_bits_min) return refuse("the key is too short");
    if (rsa && verdict.bits > limits.rsa_bits_max) return refuse("the key is too long");
    return key;
}

}  // namespace

KeyVerdict try_keys(const Signature& signature, const Answer& answer, const Sha256Digest& digest,
                    const DkimLimits& limits) {
    KeyVerdict verdict;
    if (answer.failed()) {
        verdict.status = DkimStatus::temperror;
        verdict.reason =
            answer.status == DnsStatus::bogus ? "the key's DNSSEC is wrong" : "no answer about the key";
        return verdict;
    }
    verdict.reason = "there is no key at " + signature.query_name;
    for (std::size_t i = 0; i < std::min(answer.texts.size(), limits.key_records_max); ++i) {
        if (answer.texts[i].size() > limits.record_octets_max) continue;
        const DkimKeyRecord record = parse_dkim_key_record(answer.texts[i]);
        KeyVerdict tried;
        const Openssl<EVP_PKEY> key = usable_key(signature, record, limits, tried);
        tried.testing = record.testing;
        if (key) {
            const bool good = verify_digest(key.get(), digest, signature.value);
            tried.status = good ? DkimStatus::pass : DkimStatus::fail;
            tried.reason = good ? "" : "the signature does not fit the header";
        }
        // Section 6.1.2 leaves open what several records mean: one that fits is enough, else the best try
        // tells.
        if (i == 0 || tried.status == DkimStatus::pass || verdict.status == DkimStatus::permerror)
            verdict = tried;
        if (verdict.status == DkimStatus::pass) break;
    }
    return verdict;
}

}  // namespace mailauth

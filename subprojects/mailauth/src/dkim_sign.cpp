#include "mailauth/dkim_sign.hpp"

#include <algorithm>

#include "crypto.hpp"
#include "mailauth/domain.hpp"
#include "sign_text.hpp"
#include "signature.hpp"
#include "text.hpp"

namespace mailauth {

const std::vector<std::string>& default_signed_fields() {
    static const std::vector<std::string> names{"from",
                                                "sender",
                                                "reply-to",
                                                "subject",
                                                "date",
                                                "message-id",
                                                "to",
                                                "cc",
                                                "mime-version",
                                                "content-type",
                                                "content-transfer-encoding",
                                                "content-id",
                                                "content-description",
                                                "resent-date",
                                                "resent-from",
                                                "resent-sender",
                                                "resent-to",
                                                "resent-cc",
                                                "resent-message-id",
                                                "in-reply-to",
                                                "references",
                                                "list-id",
                                                "list-help",
                                                "list-unsubscribe",
                                                "list-unsubscribe-post",
                                                "list-subscribe",
                                                "list-post",
                                                "list-owner",
                                                "list-archive",
                                                "feedback-id",
                                                "tls-required"};
    return names;
}

const std::vector<std::string>& default_oversigned_fields() {
    static const std::vector<std::string> names{
        "from", "reply-to", "subject",      "date",         "message-id",
        "to",   "cc",       "mime-version", "content-type", "content-transfer-encoding"};
    return names;
}

std::vector<std::string> names_to_sign(const std::vector<std::string>& fields,
                                       const std::vector<std::string>& oversigned, const FieldIndex& index) {
    std::vector<std::string> names;
    for (const std::string& field : fields) {
        const std::string name = lower(field);
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        names.insert(names.end(), index.count(name), name);
    }
    for (const std::string& field : oversigned) names.push_back(lower(field));
    return names;
}

void append_names(Folder& field, const std::vector<std::string>& names) {
    std::string word = "h=";
    for (std::size_t i = 0; i < names.size(); ++i) {
        word += names[i];
        word += i + 1 < names.size() ? ':' : ';';
        if (word.size() < 56 && i + 1 < names.size()) continue;
        field.word(word);
        word.clear();
    }
}

std::string with_signature(std::string unsigned_field, std::string_view signature) {
    const std::string text = base64_encode(signature);
    for (std::size_t at = 0; at < text.size(); at += 72) {
        if (at > 0) unsigned_field += "\r\n\t";
        unsigned_field += std::string_view(text).substr(at, 72);
    }
    return unsigned_field + "\r\n";
}

namespace {

/// dkim-quoted-printable (section 2.11) of a field, for z=.
std::string copied_field(std::string_view octets) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    const std::size_t colon = octets.find(':');
    std::string_view value = octets.substr(colon + 1);
    if (value.ends_with("\r\n")) value.remove_suffix(2);
    for (const std::string_view part : {octets.substr(0, colon), value}) {
        for (const char c : part) {
            const bool plain = c > 0x20 && c < 0x7f && c != '=' && c != ';' && c != '|' && c != ':';
            if (plain) {
                out += c;
                continue;
            }
            out += '=';
            out += digits[static_cast<unsigned char>(c) >> 4U];
            out += digits[static_cast<unsigned char>(c) & 15U];
        }
        if (part.data() == octets.data()) out += ':';
    }
    return out;
}

void append_copies(Folder& folder, const std::vector<HeaderField>& fields,
                   const std::vector<std::string>& names) {
    std::string copies = "z=";
    for (const HeaderField& field : fields) {
        if (std::find(names.begin(), names.end(), lower(field.name)) == names.end()) continue;
        if (copies.size() > 2) copies += '|';
        copies += copied_field(field.octets);
    }
    copies += ';';
    for (std::size_t begin = 0; begin < copies.size();) {
        std::size_t end = std::min(begin + 70, copies.size());
        const std::size_t escape = copies.rfind('=', end);  // "=0D" stays in one piece
        if (end < copies.size() && escape + 2 >= end && escape > begin) end = escape;
        folder.word(std::string_view(copies).substr(begin, end - begin));
        begin = end;
    }
}

}  // namespace

struct DkimSigner::State {
    State(std::string_view header, std::vector<DkimSigningKey> chosen)
        : octets(header), keys(std::move(chosen)), fields(split_header(octets)), index(fields) {}

    std::string sign(const DkimSigningKey& key, const Sha256Digest& body, std::uint64_t length,
                     std::string& fault);

    std::string octets;
    std::vector<DkimSigningKey> keys;
    std::vector<HeaderField> fields;  // views of octets
    FieldIndex index;
    std::vector<BodyHash> bodies;  // at most one for each canonical form
};

std::string DkimSigner::State::sign(const DkimSigningKey& key, const Sha256Digest& body, std::uint64_t length,
                                    std::string& fault) {
    const DkimSignOptions& options = key.options;
    const std::string domain = to_mail_domain(options.domain);
    const std::string selector = to_ascii_domain(options.selector);
    const std::string identity_domain =
        to_ascii_domain(options.identity.substr(options.identity.rfind('@') + 1));
    if (domain.empty() || selector.empty())
        fault = "no good domain or selector";
    else if (!options.identity.empty() && !is_within(identity_domain, domain))
        fault = "i= is not within the domain";
    else if (index.count("from") == 0)
        fault = "a message without From";
    if (!fault.empty()) return {};

    Signature signature;
    signature.header = options.header;
    signature.fields = names_to_sign(options.fields, options.oversigned, index);
    Folder field("DKIM-Signature");
    field.word("v=1;");
    field.word("a=" + std::string(name_of(key.key->algorithm())) + ";");
    field.word("c=" + std::string(name_of(options.header)) + "/" + std::string(name_of(options.body)) + ";");
    field.word("d=" + domain + ";");
    field.word("s=" + selector + ";");
    if (!options.identity.empty()) field.word("i=" + options.identity + ";");
    field.word("t=" + std::to_string(options.now.count()) + ";");
    if (options.lifetime) field.word("x=" + std::to_string((options.now + *options.lifetime).count()) + ";");
    if (options.write_length) field.word("l=" + std::to_string(length) + ";");
    append_names(field, signature.fields);
    if (options.copy_fields) append_copies(field, fields, signature.fields);
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

DkimSigner::DkimSigner(std::string_view header, std::vector<DkimSigningKey> keys)
    : state_(std::make_unique<State>(header, std::move(keys))) {
    for (const DkimSigningKey& key : state_->keys) {
        const bool known =
            std::any_of(state_->bodies.begin(), state_->bodies.end(),
                        [&](const BodyHash& hash) { return hash.canonical() == key.options.body; });
        if (!known) state_->bodies.emplace_back(key.options.body);
    }
}
DkimSigner::~DkimSigner() = default;
DkimSigner::DkimSigner(DkimSigner&&) noexcept = default;

void DkimSigner::body(std::string_view octets) {
    for (BodyHash& hash : state_->bodies) hash.update(octets);
}

std::string DkimSigner::finish(std::string& fault) {
    fault.clear();
    std::vector<Sha256Digest> digests;
    for (BodyHash& hash : state_->bodies) digests.push_back(hash.finish());
    std::string fields;
    for (const DkimSigningKey& key : state_->keys) {
        std::size_t i = 0;
        while (state_->bodies[i].canonical() != key.options.body) ++i;
        fields += state_->sign(key, digests[i], state_->bodies[i].octets(), fault);
        if (!fault.empty()) return {};
    }
    return fields;
}

std::string sign_dkim(std::string_view message, std::vector<DkimSigningKey> keys, std::string& fault) {
    const std::size_t body = body_offset(message);
    DkimSigner signer(message.substr(0, body), std::move(keys));
    signer.body(message.substr(body));
    return signer.finish(fault);
}

}  // namespace mailauth

#include "directory/codec.hpp"

#include <algorithm>

#include "base/crc32c.hpp"

namespace directory {
namespace {

constexpr char format = 1;

void put_varint(std::string& out, std::uint64_t number) {
    while (number >= 0x80) {
        out += static_cast<char>(static_cast<unsigned char>(number | 0x80U));
        number >>= 7U;
    }
    out += static_cast<char>(number);
}

/// Fields in any order, each [tag][length][octets]; lists repeat their tag.
class Writer {
public:
    Writer() { out_ += format; }
    Writer& text(char tag, std::string_view octets) {
        out_ += tag;
        put_varint(out_, octets.size());
        out_ += octets;
        return *this;
    }
    Writer& number(char tag, std::uint64_t value) {
        std::string octets;
        put_varint(octets, value);
        return text(tag, octets);
    }
    Writer& texts(char tag, const std::vector<std::string>& list) {
        for (const std::string& entry : list) text(tag, entry);
        return *this;
    }
    std::string finish() {
        const std::uint32_t crc = base::crc32c(out_);
        for (unsigned shift = 0; shift < 32; shift += 8) out_ += static_cast<char>((crc >> shift) & 0xFFU);
        return std::move(out_);
    }

private:
    std::string out_;
};

bool get_varint(std::string_view& in, std::uint64_t& out) {
    out = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
        const auto octet = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        out |= static_cast<std::uint64_t>(octet & 0x7FU) << shift;
        if (octet < 0x80) return true;
    }
    return false;
}

/// Walks over the fields of a value whose checksum is right.
class Reader {
public:
    explicit Reader(std::string_view value) {
        if (value.size() < 5 || value.front() != format) return;
        const std::string_view body = value.substr(0, value.size() - 4);
        std::uint32_t kept = 0;
        for (unsigned i = 0; i < 4; ++i) {
            kept |= static_cast<std::uint32_t>(static_cast<unsigned char>(value[body.size() + i])) << (8 * i);
        }
        good_ = kept == base::crc32c(body);
        rest_ = body.substr(1);
    }
    bool next() {
        if (!good_ || rest_.empty()) return false;
        tag_ = rest_.front();
        rest_.remove_prefix(1);
        std::uint64_t size = 0;
        good_ = get_varint(rest_, size) && size <= rest_.size();
        if (!good_) return false;
        field_ = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return true;
    }
    char tag() const { return tag_; }
    std::string text() const { return std::string(field_); }
    std::uint64_t number() {
        std::string_view field = field_;
        std::uint64_t out = 0;
        good_ = get_varint(field, out) && field.empty();
        return out;
    }
    bool good() const { return good_; }

private:
    std::string_view rest_, field_;
    char tag_ = 0;
    bool good_ = false;
};

/// Walks a value; `take` sees each field. nullopt: damaged.
template <class T, class Take>
std::optional<T> decode(std::string_view value, Take take) {
    Reader in(value);
    T out;
    while (in.next()) take(out, in);
    if (!in.good()) return std::nullopt;
    return out;
}

}  // namespace

std::string encode(const PostOffice& office) {
    return Writer()
        .text('n', office.name)
        .number('e', office.enabled ? 1 : 0)
        .number('m', office.mailboxes_max)
        .number('q', office.quota_bytes_default)
        .number('u', office.commons.value)
        .text('h', office.node)
        .text('w', office.smart_host)
        .number('t', office.smart_host_trusted_only ? 1 : 0)
        .finish();
}

std::string encode(const Domain& domain) {
    return Writer()
        .text('n', domain.name)
        .text('o', domain.post_office)
        .number('e', domain.enabled ? 1 : 0)
        .text('c', domain.catch_all)
        .text('h', domain.node)
        .number('d', static_cast<std::uint64_t>(domain.delivery))
        .number('a', static_cast<std::uint64_t>(domain.arc_seal))
        .text('w', domain.smart_host)
        .number('t', domain.smart_host_trusted_only ? 1 : 0)
        .finish();
}

std::string encode(const Group& group) {
    return Writer()
        .text('n', group.address)
        .text('o', group.post_office)
        .number('e', group.enabled ? 1 : 0)
        .texts('m', group.members)
        .finish();
}

std::string encode(const std::vector<DkimKey>& keys) {
    Writer out;
    for (const DkimKey& key : keys) {  // each begins with its selector
        out.text('s', key.selector)
            .text('p', key.pem)
            .number('a', key.active ? 1 : 0)
            .number('t', key.testing ? 1 : 0)
            .number('c', static_cast<std::uint64_t>(key.created));
    }
    return out.finish();
}

std::string encode(const RecoveryPasswords& passwords) {
    Writer out;
    for (const RecoveryPassword& one : passwords)  // each begins with its device
        out.text('d', one.device).text('p', one.password);
    return out.finish();
}

std::string encode(const MailboxRecord& record) {
    const Mailbox& mailbox = record.mailbox;
    return Writer()
        .number('i', mailbox.account.value)
        .text('n', mailbox.name)
        .text('o', mailbox.post_office)
        .number('e', mailbox.enabled ? 1 : 0)
        .number('l', mailbox.login_allowed ? 1 : 0)
        .number('m', mailbox.administrator ? 1 : 0)
        .number('q', mailbox.quota_bytes)
        .number('s', record.active ? 1 : 0)
        .texts('a', mailbox.addresses)
        .texts('p', record.pending)
        .text('h', mailbox.node)
        .texts('r', mailbox.redirects)
        .number('k', mailbox.keep_copy ? 1 : 0)
        .finish();
}

std::string encode(const StoredCredentials& credentials) {
    return Writer()
        .text('h', credentials.password_hash)
        .text('1', credentials.scram_sha_1)
        .text('2', credentials.scram_sha_256)
        .text('p', credentials.sealed)
        .text('n', credentials.sealed_nt_hash)
        .finish();
}

std::string encode(const DevicePolicy& policy) {
    Writer out;
    for (const auto& [name, value] : policy) out.text('n', name).text('v', value);
    return out.finish();
}

std::string encode_account(base::AccountId account, std::string_view text) {
    return Writer().number('i', account.value).text('t', text).finish();
}

std::string encode_number(std::uint64_t number) { return Writer().number('n', number).finish(); }

std::optional<PostOffice> decode_office(std::string_view value) {
    return decode<PostOffice>(value, [](PostOffice& out, Reader& in) {
        switch (in.tag()) {
            case 'n':
                out.name = in.text();
                break;
            case 'e':
                out.enabled = in.number() != 0;
                break;
            case 'm':
                out.mailboxes_max = static_cast<std::uint32_t>(in.number());
                break;
            case 'q':
                out.quota_bytes_default = in.number();
                break;
            case 'u':
                out.commons = base::AccountId(static_cast<std::uint32_t>(in.number()));
                break;
            case 'h':
                out.node = in.text();
                break;
            case 'w':
                out.smart_host = in.text();
                break;
            case 't':
                out.smart_host_trusted_only = in.number() != 0;
                break;
            default:
                break;
        }
    });
}

std::optional<Domain> decode_domain(std::string_view value) {
    return decode<Domain>(value, [](Domain& out, Reader& in) {
        switch (in.tag()) {
            case 'n':
                out.name = in.text();
                break;
            case 'o':
                out.post_office = in.text();
                break;
            case 'e':
                out.enabled = in.number() != 0;
                break;
            case 'c':
                out.catch_all = in.text();
                break;
            case 'h':
                out.node = in.text();
                break;
            case 'd':
                out.delivery = static_cast<Domain::Delivery>(std::min<std::uint64_t>(in.number(), 2));
                break;
            case 'a':
                out.arc_seal = static_cast<Domain::Seal>(std::min<std::uint64_t>(in.number(), 2));
                break;
            case 'w':
                out.smart_host = in.text();
                break;
            case 't':
                out.smart_host_trusted_only = in.number() != 0;
                break;
            default:
                break;
        }
    });
}

std::optional<Group> decode_group(std::string_view value) {
    return decode<Group>(value, [](Group& out, Reader& in) {
        switch (in.tag()) {
            case 'n':
                out.address = in.text();
                break;
            case 'o':
                out.post_office = in.text();
                break;
            case 'e':
                out.enabled = in.number() != 0;
                break;
            case 'm':
                out.members.push_back(in.text());
                break;
            default:
                break;
        }
    });
}

std::optional<std::vector<DkimKey>> decode_dkim_keys(std::string_view value) {
    return decode<std::vector<DkimKey>>(value, [](std::vector<DkimKey>& out, Reader& in) {
        if (in.tag() == 's') out.emplace_back().selector = in.text();
        if (out.empty()) return;
        DkimKey& key = out.back();
        if (in.tag() == 'p') key.pem = in.text();
        if (in.tag() == 'a') key.active = in.number() != 0;
        if (in.tag() == 't') key.testing = in.number() != 0;
        if (in.tag() == 'c') key.created = static_cast<std::int64_t>(in.number());
    });
}

std::optional<RecoveryPasswords> decode_recovery_passwords(std::string_view value) {
    return decode<RecoveryPasswords>(value, [](RecoveryPasswords& out, Reader& in) {
        if (in.tag() == 'd') out.emplace_back().device = in.text();
        if (in.tag() == 'p' && !out.empty()) out.back().password = in.text();
    });
}

std::optional<MailboxRecord> decode_mailbox(std::string_view value) {
    return decode<MailboxRecord>(value, [](MailboxRecord& out, Reader& in) {
        switch (in.tag()) {
            case 'i':
                out.mailbox.account = base::AccountId(static_cast<std::uint32_t>(in.number()));
                break;
            case 'n':
                out.mailbox.name = in.text();
                break;
            case 'o':
                out.mailbox.post_office = in.text();
                break;
            case 'e':
                out.mailbox.enabled = in.number() != 0;
                break;
            case 'l':
                out.mailbox.login_allowed = in.number() != 0;
                break;
            case 'm':
                out.mailbox.administrator = in.number() != 0;
                break;
            case 'q':
                out.mailbox.quota_bytes = in.number();
                break;
            case 's':
                out.active = in.number() != 0;
                break;
            case 'a':
                out.mailbox.addresses.push_back(in.text());
                break;
            case 'p':
                out.pending.push_back(in.text());
                break;
            case 'h':
                out.mailbox.node = in.text();
                break;
            case 'r':
                out.mailbox.redirects.push_back(in.text());
                break;
            case 'k':
                out.mailbox.keep_copy = in.number() != 0;
                break;
            default:
                break;
        }
    });
}

std::optional<StoredCredentials> decode_credentials(std::string_view value) {
    return decode<StoredCredentials>(value, [](StoredCredentials& out, Reader& in) {
        switch (in.tag()) {
            case 'h':
                out.password_hash = in.text();
                break;
            case '1':
                out.scram_sha_1 = in.text();
                break;
            case '2':
                out.scram_sha_256 = in.text();
                break;
            case 'p':
                out.sealed = in.text();
                break;
            case 'n':
                out.sealed_nt_hash = in.text();
                break;
            default:
                break;
        }
    });
}

std::optional<IndexRow> decode_account(std::string_view value) {
    return decode<IndexRow>(value, [](IndexRow& out, Reader& in) {
        if (in.tag() == 'i') out.account = base::AccountId(static_cast<std::uint32_t>(in.number()));
        if (in.tag() == 't') out.text = in.text();
    });
}

std::optional<DevicePolicy> decode_policy(std::string_view value) {
    using Named = std::pair<std::string, DevicePolicy>;  // the name that was read last
    auto out = decode<Named>(value, [](Named& named, Reader& in) {
        if (in.tag() == 'n') named.first = in.text();
        if (in.tag() == 'v') named.second[named.first] = in.text();
    });
    return out ? std::optional(std::move(out->second)) : std::nullopt;
}

std::optional<std::uint64_t> decode_number(std::string_view value) {
    return decode<std::uint64_t>(value, [](std::uint64_t& out, Reader& in) {
        if (in.tag() == 'n') out = in.number();
    });
}

}  // namespace directory

#include "eas/syntax/query.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/percent.hpp"

namespace eas {
namespace {

constexpr std::size_t device_id_max = 32;  // MS-ASHTTP section 2.2.1.1.1.2.1
constexpr std::size_t text_max = 1'024;    // of any other value: a file reference is the longest

bool is_device_id(std::string_view text) {
    return !text.empty() && text.size() <= device_id_max && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
}

bool is_text(std::string_view text, std::size_t most = text_max) {
    return text.size() <= most &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// False: a value that no device sends.
bool take(Query& out, std::string_view key, std::string value, bool& command_known) {
    if (!is_text(value)) return false;
    if (base::equals_nocase(key, "Cmd")) {
        const auto command = command_named(value);
        command_known = command.has_value();
        if (command) out.command = *command;
    } else if (base::equals_nocase(key, "User")) {
        out.user = std::move(value);
    } else if (base::equals_nocase(key, "DeviceId")) {
        out.device_id = std::move(value);
    } else if (base::equals_nocase(key, "DeviceType")) {
        out.device_type = std::move(value);
    } else if (base::equals_nocase(key, "AttachmentName")) {
        out.attachment_name = std::move(value);
    } else if (base::equals_nocase(key, "CollectionId")) {
        out.collection_id = std::move(value);
    } else if (base::equals_nocase(key, "ItemId")) {
        out.item_id = std::move(value);
    } else if (base::equals_nocase(key, "LongId")) {
        out.long_id = std::move(value);
    } else if (base::equals_nocase(key, "Occurrence")) {
        out.occurrence = std::move(value);
    } else if (base::equals_nocase(key, "SaveInSent")) {
        out.save_in_sent = value == "T";
    }
    return true;
}

/// MS-ASCMD section 2.2.4
QueryFault device_fault(const Query& query) {
    if (!is_device_id(query.device_id)) return QueryFault::no_device_id;
    return is_text(query.device_type, 64) ? QueryFault::none : QueryFault::no_device_type;
}

ParsedQuery parse_plain(std::string_view query) {
    ParsedQuery out;
    bool command_known = false;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
        if (!take(out.query, pair.substr(0, equals), base::query_decoded(value, base::Plus::is_blank),
                  command_known))
            out.fault = QueryFault::malformed;
    }
    if (out.fault == QueryFault::none && !command_known) out.fault = QueryFault::no_command;
    if (out.fault == QueryFault::none) out.fault = device_fault(out.query);
    if (out.fault == QueryFault::none && out.query.device_type.empty())
        out.fault = QueryFault::no_device_type;
    return out;
}

/// base64 as devices send it: percent-encoded or not, padded or not, of the URL's alphabet too.
std::optional<std::string> octets_of(std::string_view query) {
    const std::string text = base::query_decoded(query, base::Plus::is_plus);
    std::string out;
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : text) {
        unsigned value = 64;
        if (c >= 'A' && c <= 'Z') value = static_cast<unsigned>(c - 'A');
        if (c >= 'a' && c <= 'z') value = static_cast<unsigned>(c - 'a') + 26;
        if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0') + 52;
        if (c == '+' || c == '-' || c == ' ') value = 62;
        if (c == '/' || c == '_') value = 63;
        if (c == '=') break;
        if (value == 64) return std::nullopt;
        bits = bits << 6 | value;
        if (++have == 4) {
            for (int shift = 16; shift >= 0; shift -= 8)
                out.push_back(static_cast<char>(bits >> shift & 255U));
            bits = have = 0;
        }
    }
    if (have == 1) return std::nullopt;
    if (have >= 2) out.push_back(static_cast<char>(bits >> (have * 6 - 8) & 255U));
    if (have == 3) out.push_back(static_cast<char>(bits >> 2 & 255U));
    return out;
}

/// Reads from the front; what is not there makes it fail for ever.
class Octets {
public:
    explicit Octets(std::string_view octets) : left_(octets) {}
    bool ok() const { return ok_; }
    bool empty() const { return left_.empty(); }
    std::uint8_t u8() {
        const std::string_view one = raw(1);
        return ok_ ? static_cast<std::uint8_t>(one[0]) : std::uint8_t{0};
    }
    std::string_view raw(std::size_t count) {
        if (!ok_ || count > left_.size()) {
            ok_ = false;
            return {};
        }
        const std::string_view out = left_.substr(0, count);
        left_.remove_prefix(count);
        return out;
    }
    std::string_view text() { return raw(u8()); }

private:
    std::string_view left_;
    bool ok_ = true;
};

/// 16 octets that are no letters are a GUID: written in hex, so that it is an id like others.
std::string device_id_of(std::string_view octets) {
    if (is_device_id(octets)) return std::string(octets);
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : octets.substr(0, device_id_max / 2)) {
        out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
        out.push_back(digits[static_cast<unsigned char>(c) & 15U]);
    }
    return out;
}

/// MS-ASHTTP section 2.2.1.1.1.1.1: a parameter's tag, length and value.
void take_parameter(Query& out, std::uint8_t tag, std::string_view value) {
    switch (tag) {
        case 0:
            out.attachment_name = value;
            break;
        case 1:
            out.collection_id = value;
            break;
        case 3:
            out.item_id = value;
            break;
        case 4:
            out.long_id = value;
            break;
        case 6:
            out.occurrence = value;
            break;
        case 7:
            if (!value.empty()) {
                out.save_in_sent = (static_cast<unsigned char>(value[0]) & 1U) != 0;
                out.accept_multipart = (static_cast<unsigned char>(value[0]) & 2U) != 0;
            }
            break;
        case 8:
            out.user = value;
            break;
        default:  // others came with no version that is served
            break;
    }
}

ParsedQuery parse_encoded(std::string_view query) {
    ParsedQuery out;
    out.query.encoded = true;
    const auto octets = octets_of(query);
    Octets in(octets ? std::string_view(*octets) : std::string_view());
    out.query.version = in.u8();
    const auto command = command_coded(in.u8());
    in.raw(2);  // the device's language
    out.query.device_id = device_id_of(in.text());
    const std::string_view key = in.text();
    if (key.size() == 4) {
        std::uint32_t number = 0;
        for (int i = 3; i >= 0; --i)
            number = number << 8 | static_cast<unsigned char>(key[static_cast<unsigned>(i)]);
        out.query.policy_key = number;
    }
    out.query.device_type = in.text();
    while (in.ok() && !in.empty()) {
        const std::uint8_t tag = in.u8();
        take_parameter(out.query, tag, in.text());
    }
    const Query& got = out.query;
    const bool fine = in.ok() && octets && (key.empty() || key.size() == 4) && is_text(got.user) &&
                      is_text(got.collection_id) && is_text(got.item_id) && is_text(got.long_id) &&
                      is_text(got.attachment_name);
    if (!fine) {
        out.fault = QueryFault::malformed;
    } else if (!command) {
        out.fault = QueryFault::no_command;
    } else {
        out.query.command = *command;
        out.fault = device_fault(got);
    }
    return out;
}

}  // namespace

ParsedQuery parse_query(std::string_view query) {
    const std::string lower = base::lowered(query.substr(0, 4'096));
    const bool plain = lower.starts_with("cmd=") || lower.find("&cmd=") != std::string::npos;
    if (plain) return parse_plain(query);
    if (!query.empty() && query.find('&') == std::string_view::npos) return parse_encoded(query);
    ParsedQuery out;
    out.fault = QueryFault::malformed;
    return out;
}

UserName parse_user(std::string_view text) {
    UserName out;
    const std::size_t slash = text.find('\\');
    if (slash == std::string_view::npos) {
        out.name = text;
        return out;
    }
    out.domain = base::lowered(text.substr(0, slash));
    out.name = text.substr(slash + 1);
    return out;
}

}  // namespace eas

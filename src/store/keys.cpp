#include "store/keys.hpp"

#include <array>
#include <sodium.h>

namespace store::keys {

std::string hex(std::uint64_t number, unsigned digits) {
    std::string out(digits, '0');
    for (unsigned i = digits; i > 0; --i, number >>= 4) out[i - 1] = "0123456789abcdef"[number & 15U];
    return out;
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
    if (text.empty() || text.size() > 16) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
        number = number << 4 | static_cast<unsigned>(digit ? c - '0' : c - 'a' + 10);
    }
    return number;
}

namespace {

std::string prefixed(std::string_view prefix, std::uint64_t number, unsigned digits) {
    std::string out(prefix);
    out += hex(number, digits);
    return out;
}

/// The number of exactly `digits` digits that follows `prefix` and ends the text.
std::optional<std::uint64_t> after_prefix(std::string_view text, std::string_view prefix,
                                          std::size_t digits) {
    if (!text.starts_with(prefix) || text.size() != prefix.size() + digits) return std::nullopt;
    return parse_hex(text.substr(prefix.size()));
}

}  // namespace

std::string account(base::AccountId id) { return prefixed("a/", id.value, 8); }
std::optional<base::AccountId> parse_account(std::string_view partition) {
    const auto number = after_prefix(partition, "a/", 8);
    if (!number) return std::nullopt;
    return base::AccountId(static_cast<std::uint32_t>(*number));
}
std::string folder_row(base::FolderId id) { return prefixed("f", id.value, 16); }
std::string tombstone(base::FolderId id) { return prefixed("x", id.value, 16); }

std::string acl(base::FolderId id) { return prefixed("c", id.value, 16); }
std::string sharer(base::AccountId owner) { return prefixed("w", owner.value, 8); }
std::string item_subscription(base::FolderId id) { return prefixed("i", id.value, 16); }

std::string name_hash(std::string_view name) {
    std::array<unsigned char, 16> digest{};
    crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(name.data()),
                       name.size(), nullptr, 0);
    std::string out;
    for (const unsigned char octet : digest) out += hex(octet, 2);
    return out;
}
std::string subscription(std::string_view name) { return "s" + name_hash(name); }

std::string devices(base::AccountId id) { return prefixed("e/", id.value, 8); }
std::optional<base::AccountId> parse_devices(std::string_view partition) {
    constexpr std::size_t bare = 10;  // e/ and eight digits
    const auto number = after_prefix(partition.substr(0, bare), "e/", 8);
    const bool named = partition.size() == bare || (partition.size() > bare + 1 && partition[bare] == '/');
    if (!number || !named) return std::nullopt;
    return base::AccountId(static_cast<std::uint32_t>(*number));
}

std::string threads(base::AccountId id) { return prefixed("t/", id.value, 8) + '/'; }
std::string threads(base::AccountId id, std::uint32_t period) { return threads(id) + hex(period, 4); }
std::string thread(std::uint64_t message_id_hash) { return prefixed("i", message_id_hash, 16); }
std::optional<ThreadsName> parse_threads(std::string_view partition) {
    if (partition.size() != 15 || partition[10] != '/') return std::nullopt;
    const auto account = after_prefix(partition.substr(0, 10), "t/", 8);
    const auto period = parse_hex(partition.substr(11));
    if (!account || !period) return std::nullopt;
    return ThreadsName{base::AccountId(static_cast<std::uint32_t>(*account)),
                       static_cast<std::uint32_t>(*period)};
}

std::string folder(base::FolderId id) { return prefixed("f/", id.value, 16); }
std::optional<base::FolderId> parse_folder(std::string_view partition) {
    const auto number = after_prefix(partition, "f/", 16);
    if (!number) return std::nullopt;
    return base::FolderId(*number);
}
std::string page(std::uint32_t number) { return prefixed("p", number, 7); }
std::string log(base::ModSeq modseq) { return prefixed("l", modseq.value, 12); }
std::string garbage(base::ModSeq modseq, std::uint32_t part) {
    return prefixed("g", modseq.value, 12) + hex(part, 4);
}
std::string move_intent(std::uint64_t opid) { return prefixed("m", opid, 16); }
std::string follow_up(base::Uid uid) { return prefixed("t", uid.value, 8); }

std::string user_pages(base::AccountId user) { return prefixed("u", user.value, 8); }
std::string user_page(base::AccountId user, std::uint32_t number) {
    return user_pages(user) + hex(number, 7);
}
std::optional<UserPageKey> parse_user_page(std::string_view key) {
    if (key.size() != 16 || key.front() != 'u') return std::nullopt;
    const auto user = parse_hex(key.substr(1, 8));
    const auto number = parse_hex(key.substr(9));
    if (!user || !number || *number > (0xFFFFFFFFULL >> 6)) return std::nullopt;
    return UserPageKey{base::AccountId(static_cast<std::uint32_t>(*user)),
                       static_cast<std::uint32_t>(*number)};
}

std::optional<std::uint64_t> number_in(std::string_view key, char prefix) {
    if (key.empty() || key.front() != prefix) return std::nullopt;
    return parse_hex(key.substr(1));
}

std::string shards(base::FolderId id) { return prefixed("s/", id.value, 16) + '/'; }
std::string shard(base::FolderId id, base::Uid uid) { return shards(id) + hex(uid.value >> 12, 5); }
std::string message(base::Uid uid, base::MessageId id) {
    return prefixed("m", uid.value, 8) + hex(id.value, 16);
}
std::string before_message(base::Uid uid) { return prefixed("m", uid.value, 8); }

std::optional<MessageKey> parse_message(std::string_view key) {
    if (key.size() != 25 || key.front() != 'm') return std::nullopt;
    const auto uid = parse_hex(key.substr(1, 8));
    const auto id = parse_hex(key.substr(9));
    if (!uid || !id) return std::nullopt;
    return MessageKey{base::Uid(static_cast<std::uint32_t>(*uid)), base::MessageId(*id)};
}

std::string tag(base::FolderId folder, base::MessageId id, std::uint64_t link) {
    std::string out = hex(folder.value, 16);
    out += '.';
    out += hex(id.value, 16);
    if (link != 0) {
        out += '.';
        out += hex(link, 16);
    }
    return out;
}

std::optional<TagKey> parse_tag(std::string_view tag) {
    if ((tag.size() != 33 && tag.size() != 50) || tag[16] != '.') return std::nullopt;
    const auto folder = parse_hex(tag.substr(0, 16));
    const auto id = parse_hex(tag.substr(17, 16));
    if (!folder || !id) return std::nullopt;
    TagKey key{base::FolderId(*folder), base::MessageId(*id), 0};
    if (tag.size() == 50) {
        const auto link = parse_hex(tag.substr(34));
        if (tag[33] != '.' || !link) return std::nullopt;
        key.link = *link;
    }
    return key;
}

/// Ids of one moment are spread over all shards: their low bits count, their high ones are the time.
std::size_t queue_shard(std::uint64_t id) {
    return static_cast<std::size_t>((id * 0x9E3779B97F4A7C15U) >> 58);
}

std::string queue_partition(std::size_t shard) { return "q/" + hex(shard, 2); }

std::string queue(std::uint64_t id) { return queue_partition(queue_shard(id)); }

std::string queue_row(char kind, std::uint64_t id) { return kind + hex(id, 16); }

std::string queue_tag(std::uint64_t id) { return "q." + hex(id, 16); }

std::optional<std::uint64_t> parse_queue_tag(std::string_view tag) {
    if (tag.size() != 18 || !tag.starts_with("q.")) return std::nullopt;
    return parse_hex(tag.substr(2));
}

}  // namespace store::keys

#include "directory/keys.hpp"

#include <cstdint>
#include <sodium.h>

#include <fmt/format.h>

namespace directory {
namespace {

constexpr std::size_t key_bytes_max = 190;  // engine::Limits::key_bytes_max is 200
constexpr std::size_t long_key_kept = 120;

/// FNV-1a, 64 bits: stable for ever, since rows lie where it says.
std::uint64_t place(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return hash ^ (hash >> 32U);
}

}  // namespace

std::string row_key(char prefix, std::string_view text) {
    std::string out(1, prefix);
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x21 || octet > 0x7E || c == '%') {
            fmt::format_to(std::back_inserter(out), "%{:02x}", octet);
        } else {
            out += c;
        }
    }
    if (out.size() <= key_bytes_max) return out;
    std::array<unsigned char, 32> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), nullptr, 0);
    out.resize(long_key_kept);
    out += "%%";
    for (const unsigned char octet : hash) fmt::format_to(std::back_inserter(out), "{:02x}", octet);
    return out;
}

std::string account_key(char prefix, base::AccountId account) {
    return fmt::format("{}{:08x}", prefix, account.value);
}

std::string shard_name(std::size_t shard) { return fmt::format("d/{:02x}", shard); }
std::string shard_of(std::string_view text) { return shard_name(place(text) % shards); }
std::string shard_of(base::AccountId account) { return shard_name(account.value % shards); }
std::string office_list(std::string_view office, std::size_t list) {
    return fmt::format("d/o/{}/{:x}", office, list);
}
std::string office_list_of(std::string_view office, std::string_view name) {
    return office_list(office, place(name) % office_lists);
}
std::string office_groups(std::string_view office) { return "d/o/" + std::string(office) + "/groups"; }
std::string office_policies(std::string_view office) { return "d/o/" + std::string(office) + "/policies"; }

std::string office_domains(std::string_view office) { return fmt::format("d/o/{}/domains", office); }

}  // namespace directory

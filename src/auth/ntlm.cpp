#include "auth/ntlm.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>

#include <openssl/evp.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include "auth/crypto.hpp"
#include "base/assert.hpp"

namespace auth::ntlm {
namespace {

using Words = std::array<std::uint32_t, 16>;
using State = std::array<std::uint32_t, 4>;

std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }

/// One block of 64 octets. RFC 1320 section 3.4
void md4_block(State& state, const Words& x) {
    auto [a, b, c, d] = state;
    const auto step = [&](std::uint32_t mixed, std::uint32_t word, std::uint32_t constant, int shift) {
        const std::uint32_t rotated = std::rotl(a + mixed + word + constant, shift);
        a = d;
        d = c;
        c = b;
        b = rotated;
    };
    constexpr std::array<int, 4> shifts_1{3, 7, 11, 19}, shifts_2{3, 5, 9, 13}, shifts_3{3, 9, 11, 15};
    constexpr std::array<std::size_t, 16> order_3{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
    for (std::size_t i = 0; i < 16; ++i) step((b & c) | (~b & d), x[i], 0, shifts_1[i % 4]);
    for (std::size_t i = 0; i < 16; ++i)
        step((b & c) | (b & d) | (c & d), x[i % 4 * 4 + i / 4], 0x5A827999, shifts_2[i % 4]);
    for (std::size_t i = 0; i < 16; ++i) step(b ^ c ^ d, x[order_3[i]], 0x6ED9EBA1, shifts_3[i % 4]);
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

std::string little_endian(std::uint64_t number, int octets) {
    std::string out;
    for (int i = 0; i < octets; ++i) out += static_cast<char>(number >> (8 * i) & 0xFF);
    return out;
}

/// 7 octets are a key of 8 with room for parity, which DES does not look at. MS-NLMP appendix, "DES()"
std::string des_key(std::string_view seven) {
    std::uint64_t bits = 0;
    for (const char c : seven) bits = bits << 8 | octet(c);
    std::string out;
    for (int i = 7; i >= 0; --i) out += static_cast<char>((bits >> (7 * i) & 0x7F) << 1);
    return out;
}

/// DES is triple DES with one key three times; alone it is in OpenSSL's legacy provider only.
std::string des(std::string_view seven, std::string_view block) {
    const std::string one = des_key(seven);
    const std::string key = one + one + one;
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  EVP_CIPHER_CTX_free);
    std::string out(challenge_bytes, '\0');
    int size = 0;
    BASE_ASSERT(context &&
                EVP_EncryptInit_ex(context.get(), EVP_des_ede3_ecb(), nullptr,
                                   reinterpret_cast<const unsigned char*>(key.data()), nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    BASE_ASSERT(EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                                  reinterpret_cast<const unsigned char*>(block.data()),
                                  static_cast<int>(block.size())) == 1);
    return out;
}

char16_t unit(std::string_view octets, std::size_t i) {
    return static_cast<char16_t>(octet(octets[2 * i]) | octet(octets[2 * i + 1]) << 8U);
}

}  // namespace

std::string md4(std::string_view octets) {
    std::string padded(octets);
    padded += '\x80';
    padded.append((64 + 56 - padded.size() % 64) % 64, '\0');
    padded += little_endian(octets.size() * 8, 8);
    State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
    for (std::size_t at = 0; at < padded.size(); at += 64) {
        Words words{};
        for (std::size_t i = 0; i < 64; ++i) words[i / 4] |= octet(padded[at + i]) << (8 * (i % 4));
        md4_block(state, words);
    }
    std::string out;
    for (const std::uint32_t word : state) out += little_endian(word, 4);
    return out;
}

std::string utf16(std::string_view utf8) {
    const auto text =
        icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<std::int32_t>(utf8.size())));
    std::string out;
    for (std::int32_t i = 0; i < text.length(); ++i) out += little_endian(text.charAt(i), 2);
    return out;
}

std::string from_utf16(std::string_view octets) {
    icu::UnicodeString text;
    for (std::size_t i = 0; i < octets.size() / 2; ++i) text.append(unit(octets, i));
    std::string out;
    text.toUTF8String(out);
    return out;
}

std::string upper_utf16(std::string_view octets) {
    std::string out;
    for (std::size_t i = 0; i < octets.size() / 2; ++i) {
        const char16_t before = unit(octets, i);
        const UChar32 after = U16_IS_SURROGATE(before) ? before : u_toupper(before);
        out += little_endian(after <= 0xFFFF ? static_cast<std::uint32_t>(after) : before, 2);
    }
    return out;
}

base::Secret nt_hash(const base::Secret& password) {
    const base::Secret wide(utf16(password.reveal()));
    return base::Secret(md4(wide.reveal()));
}

std::string response_key(std::string_view nt_hash, std::string_view user, std::string_view domain) {
    return hmac(Digest::md5, nt_hash, upper_utf16(user).append(domain));
}

std::string proof(std::string_view response_key, std::string_view server_challenge, std::string_view rest) {
    return hmac(Digest::md5, response_key, std::string(server_challenge).append(rest));
}

std::string v1_response(std::string_view nt_hash, std::string_view server_challenge,
                        std::string_view client_challenge) {
    std::string block(server_challenge);
    if (!client_challenge.empty()) {
        block = hash(Digest::md5, std::string(server_challenge).append(client_challenge));
        block.resize(challenge_bytes);
    }
    std::string key(nt_hash);
    key.resize(21, '\0');
    const std::string_view whole = key;
    return des(whole.substr(0, 7), block) + des(whole.substr(7, 7), block) + des(whole.substr(14), block);
}

std::string rc4(std::string_view key, std::string_view octets) {
    std::array<unsigned char, 256> table{};
    std::iota(table.begin(), table.end(), static_cast<unsigned char>(0));
    for (std::size_t i = 0, j = 0; i < table.size(); ++i) {
        j = (j + table[i] + octet(key[i % key.size()])) % table.size();
        std::swap(table[i], table[j]);
    }
    std::string out;
    std::size_t i = 0, j = 0;
    for (const char c : octets) {
        i = (i + 1) % table.size();
        j = (j + table[i]) % table.size();
        std::swap(table[i], table[j]);
        out += static_cast<char>(octet(c) ^ table[(table[i] + table[j]) % table.size()]);
    }
    return out;
}

}  // namespace auth::ntlm

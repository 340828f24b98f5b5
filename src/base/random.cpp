#include "base/random.hpp"

#include <array>
#include <cstring>
#include <sodium.h>

namespace base {
namespace {
class SystemRandom final : public Random {
public:
    SystemRandom() {
        if (sodium_init() < 0) std::abort();  // no source of randomness: nothing may go on
    }
    void fill(std::span<unsigned char> out) noexcept override { randombytes_buf(out.data(), out.size()); }
};
}  // namespace

std::uint64_t Random::number() noexcept {
    std::array<unsigned char, 8> octets{};
    fill(octets);
    std::uint64_t number = 0;
    std::memcpy(&number, octets.data(), sizeof number);
    return number;
}

std::string Random::hex(std::size_t count) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string octets(count, '\0');
    fill({reinterpret_cast<unsigned char*>(octets.data()), octets.size()});
    std::string out;
    out.reserve(2 * count);
    for (const char octet : octets) {
        out += digits[(static_cast<unsigned char>(octet)) >> 4];
        out += digits[(static_cast<unsigned char>(octet)) & 15];
    }
    return out;
}

std::string Random::password() {
    static constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";  // 32: five bits each
    static_assert(letters.size() == 32);
    std::array<unsigned char, 15> octets{};
    fill(octets);
    std::string out;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (i != 0 && i % 5 == 0) out += '-';
        out += letters[octets[i] & 31];
    }
    return out;
}

Random& Random::system() noexcept {
    static SystemRandom random;
    return random;
}

void SeededRandom::fill(std::span<unsigned char> out) noexcept {
    const std::scoped_lock lock(mutex_);
    for (auto& octet : out) octet = static_cast<unsigned char>(engine_());
}

}  // namespace base

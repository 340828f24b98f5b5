// Random: chance as a dependency, so that a failing test repeats. The default is the system's generator.
#pragma once
#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <string>

namespace base {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<unsigned char> out) noexcept = 0;

    std::uint64_t number() noexcept;
    /// `count` random octets as lowercase hex, two digits each.
    std::string hex(std::size_t count);
    /// A password that a person can type: groups of letters and digits without look-alikes, ≥ 70 bits.
    std::string password();

    /// Cryptographically strong, thread-safe (libsodium).
    static Random& system() noexcept;
};

/// The same octets for the same seed. Thread-safe; for tests only.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<unsigned char> out) noexcept override;

private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

}  // namespace base

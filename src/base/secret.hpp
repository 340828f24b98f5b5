// Secret: octets that are wiped at the end of their life and that no log can print by accident.
#pragma once
#include <string>
#include <string_view>

namespace base {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string octets) : octets_(std::move(octets)) {}
    ~Secret() { wipe(); }
    Secret(const Secret& other) = default;
    Secret(Secret&& other) noexcept : octets_(std::move(other.octets_)) { other.wipe(); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            octets_ = other.octets_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            octets_ = std::move(other.octets_);
            other.wipe();
        }
        return *this;
    }

    /// The octets themselves; do not let a copy outlive the secret.
    std::string_view reveal() const { return octets_; }
    bool empty() const { return octets_.empty(); }

    /// Equal or not, in time that depends on the lengths only.
    bool equals(std::string_view other) const noexcept;

private:
    void wipe() noexcept;
    std::string octets_;
};

}  // namespace base

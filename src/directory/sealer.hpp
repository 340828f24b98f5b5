// Sealer: keeps what must be turned back (passwords for CRAM-MD5 and APOP, keys that sign, passwords of smart
// hosts) unreadable without the key file, which lies outside the store: a stolen backup of the store alone
// does not open it.
#pragma once
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/secret.hpp"

namespace directory {

class Sealer {
public:
    /// `key_file` is read when something is first sealed or opened.
    explicit Sealer(std::string key_file) : key_file_(std::move(key_file)) {}
    ~Sealer();
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    /// There is no file, and none has been read.
    bool missing();
    /// Whether sealing may make the file, with mode 0600. Not at first: with another key what the lost one
    /// has sealed would never open again.
    void allow_making(bool allowed) { may_make_ = allowed; }

    /// The account is sealed in: a sealed password copied to another account does not open. \errors nullopt:
    /// no key
    std::optional<std::string> seal(base::AccountId account, const base::Secret& password);
    /// \errors nullopt: no key, another key, or damaged
    std::optional<base::Secret> open(base::AccountId account, std::string_view sealed);
    /// The same with a text that says whose it is: sealed in too.
    std::optional<std::string> seal_text(std::string_view owner, const base::Secret& text);
    std::optional<base::Secret> open_text(std::string_view owner, std::string_view sealed);

private:
    std::optional<std::string> seal_behind(const std::string& prefix, const base::Secret& text);
    std::optional<base::Secret> open_behind(const std::string& prefix, std::string_view sealed);
    bool load(bool create);
    std::string key_file_;
    std::mutex mutex_;
    bool loaded_ = false, told_ = false;
    std::atomic<bool> may_make_{false};
    std::array<unsigned char, 32> key_{};
};

}  // namespace directory

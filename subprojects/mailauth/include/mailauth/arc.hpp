// Authenticated Received Chain (RFC 8617): what earlier handlers saw, verified; and a seal of our own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/dkim.hpp"
#include "mailauth/dkim_sign.hpp"

namespace mailauth {

struct AuthResults;

enum class ArcStatus : std::uint8_t {
    none,
    pass,
    fail,
    temperror,  ///< DNS gave no answer about a key; may pass later
};
std::string_view name_of(ArcStatus status);

/// One handler of the chain.
struct ArcSet {
    unsigned instance = 0;
    std::string domain;  ///< d= of the seal
    std::string selector;
    std::string results;  ///< of its ARC-Authentication-Results, behind the instance
};

struct ArcResult {
    ArcStatus status = ArcStatus::none;
    std::string reason;
    std::vector<ArcSet> sets;  ///< by instance, when the chain is whole
    unsigned oldest_pass = 0;  ///< section 5.2 step 5: 0 when all message signatures still verify
    bool closed = false;       ///< the newest seal says cv=fail: nobody may add to it
};

struct ArcLimits {
    unsigned sets_max = 50;  ///< RFC 8617 section 5.2
};

/// As DkimVerifier: the header at once, then the body in pieces and the keys in any order.
class ArcVerifier {
public:
    ArcVerifier(std::string header, DkimVerifyOptions options, ArcLimits limits = {});
    ~ArcVerifier();
    ArcVerifier(ArcVerifier&&) noexcept;
    const std::vector<Query>& queries() const;
    void answer(std::size_t index, Answer answer);
    void body(std::string_view octets);
    ArcResult finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

ArcResult verify_arc(std::string_view message, Resolver& resolver, DkimVerifyOptions options);

/// Adds a set to a message that goes on (section 5.1).
class ArcSealer {
public:
    /// \p header as it will be sent, after all that changes it. Of the options domain, selector, now, fields
    /// and the canonical forms count.
    ArcSealer(std::string_view header, DkimSigningKey key);
    ~ArcSealer();
    ArcSealer(ArcSealer&&) noexcept;
    void body(std::string_view octets);
    /// The three fields, to be put before the header; empty with \p fault set when the chain may not grow.
    std::string finish(const AuthResults& results, const ArcResult& chain, std::string& fault);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mailauth

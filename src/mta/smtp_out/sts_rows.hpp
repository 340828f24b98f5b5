// StsRows: MTA-STS policies in the store, so that a start does not forget what a domain once demanded: who
// can hide a policy host meanwhile would else get mail in the clear (RFC 8461 section 10.2).
//
// A partition z/mta-sts with a row p<domain> for each policy.
#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "store/engine/engine.hpp"

namespace mta::smtp_out {

/// A policy as it came, and for how long it holds.
struct StsKept {
    std::string domain, id, text;
    base::SystemTime fetched{}, until{};
};

/// Any thread; what it refers to outlives it.
class StsRows {
public:
    explicit StsRows(store::engine::Engine& engine) : engine_(engine) {}

    /// All of them, without those that are damaged, which go if they can. \errors unavailable
    boost::asio::awaitable<store::Result<std::vector<StsKept>>> load();
    /// Durable when it completes; the policies of `gone` go. A domain with a name that no key can hold is
    /// left out. At most so much as one write of the engine takes. \errors unavailable, no_space, limit
    boost::asio::awaitable<store::Result<void>> write(std::vector<StsKept> kept,
                                                      std::vector<std::string> gone);

private:
    store::engine::Engine& engine_;
};

}  // namespace mta::smtp_out

// A message that is converted for a host has no signature of ours over other octets, and a new one over its
// own. RFC 6376 section 5.3. docs/decisions/0014-converted-mail.md.
#pragma once
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "mta/connector.hpp"
#include "mta/smtp_out/down_convert.hpp"
#include "mta/smtp_out/source.hpp"

namespace mta::smtp_out {

/// Fields for the top of what `source` gives; empty: `signer` has no key. \errors as Message::read; limit:
/// the header is larger than one that is signed
boost::asio::awaitable<store::Result<std::string>> sign_source(std::unique_ptr<Source> source,
                                                               std::shared_ptr<Signer> signer);

/// Fields, then the rest.
class PrefixedSource final : public Source {
public:
    PrefixedSource(std::string prefix, std::unique_ptr<Source> rest)
        : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
    boost::asio::awaitable<store::Result<std::string>> next() override;

private:
    std::string prefix_;
    std::unique_ptr<Source> rest_;
};

}  // namespace mta::smtp_out

// MailDns: the questions of mailauth, answered by the server's resolver.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "mailauth/dns.hpp"
#include "net/resolver.hpp"

namespace mta {

/// Thread-safe. Never throws; what is not known is a temperror.
class MailDns {
public:
    virtual ~MailDns() = default;
    virtual boost::asio::awaitable<mailauth::Answer> ask(mailauth::Query query) = 0;
};

class ResolverDns final : public MailDns {
public:
    /// `resolver` outlives it.
    explicit ResolverDns(net::Resolver& resolver) : resolver_(resolver) {}
    boost::asio::awaitable<mailauth::Answer> ask(mailauth::Query query) override;

private:
    net::Resolver& resolver_;
};

/// What the resolver said, as mailauth wants it. Records that are malformed are left out.
mailauth::Answer answer_of(mailauth::DnsType type, const net::DnsAnswer& from);

}  // namespace mta

// TokenFetcher: what auth needs from outside for bearer tokens: by HTTP, or from a file.
#pragma once
#include <atomic>

#include <boost/asio/thread_pool.hpp>

#include "auth/token/checker.hpp"
#include "http/client.hpp"

namespace server {

/// The resolver outlives it; it outlives the authenticator that asks it.
class TokenFetcher final : public auth::token::Fetcher {
public:
    TokenFetcher(net::Resolver& resolver, http::ClientSettings settings);
    ~TokenFetcher() override;
    const std::string& fault() const { return client_.fault(); }

    auth::token::awaitable<auth::token::Response> fetch(auth::token::Request request) override;
    auth::token::awaitable<auth::token::Response> read(std::string path, std::size_t octets_max) override;
    /// Waits for a file that is being read.
    void stop();

private:
    http::Client client_;
    std::atomic<bool> stopped_{false};
    boost::asio::thread_pool files_;  // a disk may be slow
};

}  // namespace server

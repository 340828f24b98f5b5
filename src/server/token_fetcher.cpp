#include "server/token_fetcher.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "store/offload.hpp"

namespace server {
namespace {

auth::token::Response read_file(const std::string& path, std::size_t octets_max) {
    auth::token::Response out;
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    out.body.resize(octets_max + 1);
    if (in) in.read(out.body.data(), static_cast<std::streamsize>(out.body.size()));
    out.body.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
    if (!in.eof()) {
        out.error = in ? "larger than " + std::to_string(octets_max) + " octets" : std::strerror(errno);
        return out;
    }
    out.status = 200;
    return out;
}

}  // namespace

TokenFetcher::TokenFetcher(net::Resolver& resolver, http::ClientSettings settings)
    : client_(resolver, std::move(settings)), files_(1) {}
TokenFetcher::~TokenFetcher() { stop(); }

void TokenFetcher::stop() {
    stopped_ = true;  // what would be posted after the join would never run
    files_.join();
}

auth::token::awaitable<auth::token::Response> TokenFetcher::fetch(auth::token::Request request) {
    auth::token::Response out;
    auto url = http::Url::parse(request.url);
    if (!url) {
        out.error = "not a URL";
        co_return out;
    }
    http::Request asked;
    asked.url = std::move(*url);
    asked.body = std::move(request.form);
    asked.octets_max = request.octets_max;
    if (!request.authorization.empty())
        asked.fields.emplace_back("Authorization", std::move(request.authorization));
    auto answer = co_await client_.request(std::move(asked));
    if (answer) {
        out.status = answer->status;
        out.body = std::move(answer->body);
    } else {
        out.error = answer.error().what();
    }
    co_return out;
}

auth::token::awaitable<auth::token::Response> TokenFetcher::read(std::string path, std::size_t octets_max) {
    auth::token::Response none;
    none.error = "stopping";
    if (stopped_) co_return none;
    auto work = [path = std::move(path), octets_max] { return read_file(path, octets_max); };
    co_return co_await store::offload(files_, std::move(work));
}

}  // namespace server

#include "mta/smtp_out/sign_again.hpp"

#include <utility>

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

/// Where the body begins; npos: not in these octets.
std::size_t body_in(const std::string& octets) {
    if (octets.starts_with("\r\n")) return 2;
    const std::size_t end = octets.find("\r\n\r\n");
    return end == std::string::npos ? end : end + 4;
}

}  // namespace

asio::awaitable<store::Result<std::string>> sign_source(std::unique_ptr<Source> source,
                                                        std::shared_ptr<Signer> signer) {
    std::string section;
    bool in_header = true;
    for (;;) {
        auto piece = co_await source->next();
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        if (!in_header) {
            signer->body(*piece);
            continue;
        }
        section += *piece;
        const std::size_t body = body_in(section);
        if (body == std::string::npos && section.size() > ConvertLimits::header_bytes)
            co_return store::Error(store::Errc::limit, "a header too large to be signed");
        if (body == std::string::npos) continue;
        const std::string rest = section.substr(body);
        section.resize(body);
        in_header = false;
        const auto begun = co_await signer->header(std::move(section));
        if (!begun) co_return begun.error();
        signer->body(rest);
    }
    if (in_header) {
        const auto begun = co_await signer->header(std::move(section));
        if (!begun) co_return begun.error();
    }
    co_return signer->finish();
}

asio::awaitable<store::Result<std::string>> PrefixedSource::next() {
    if (!prefix_.empty()) co_return std::exchange(prefix_, std::string());
    co_return co_await rest_->next();
}

}  // namespace mta::smtp_out

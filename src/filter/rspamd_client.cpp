#include "filter/rspamd_client.hpp"

namespace filter {
namespace {

http::ClientSettings client_settings(const RspamdSettings& settings) {
    http::ClientSettings out;
    out.ca_file = settings.ca_file;
    out.request_max = settings.time_max;
    return out;
}

/// The message as the body of a request, a piece at a time.
class Body final : public http::BodySource {
public:
    explicit Body(MessagePtr message) : message_(std::move(message)) {}
    std::uint64_t size() const override { return message_->size(); }
    boost::asio::awaitable<std::optional<std::string>> next() override {
        auto piece = co_await message_->read(at_, piece_bytes);
        if (!piece || piece->empty()) co_return std::nullopt;
        at_ += piece->size();
        co_return std::move(*piece);
    }

private:
    const MessagePtr message_;
    std::uint64_t at_ = 0;
};

rspamd::Facts facts_of(const Facts& facts) {
    rspamd::Facts out;
    if (facts.client) out.ip = facts.client->text();
    out.helo = facts.helo;
    out.host_name = facts.client_name;
    out.sender = facts.sender;
    out.recipients = facts.recipients;
    out.user = facts.account;
    out.queue_id = facts.queue_id;
    out.mta_name = facts.host_name;
    out.tls_version = facts.tls_version;
    out.tls_cipher = facts.tls_cipher;
    return out;
}

}  // namespace

RspamdClient::RspamdClient(net::Resolver& resolver, RspamdSettings settings)
    : settings_(std::move(settings)), client_(resolver, client_settings(settings_)) {}

awaitable<RspamdClient::Checked> RspamdClient::check(FactsPtr facts, MessagePtr message) {
    Checked out;
    http::Request request;
    request.url = settings_.url;
    request.content_type = "message/rfc822";
    request.octets_max = settings_.limits.answer_bytes_max;
    request.fields = rspamd::request_fields(facts_of(*facts), settings_.limits);
    if (!settings_.password.empty()) request.fields.emplace_back("Password", settings_.password);
    request.source = std::make_shared<Body>(std::move(message));
    const auto got = co_await client_.request(std::move(request));
    if (!got) {
        out.why = got.error().what();
    } else if (got->status != 200) {
        out.why = "HTTP status " + std::to_string(got->status);
    } else {
        out.answer = rspamd::parse(got->body, out.why, settings_.limits);
    }
    co_return out;
}

}  // namespace filter

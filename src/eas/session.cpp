#include "eas/session.hpp"

#include <array>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "eas/syntax/status.hpp"
#include "eas/waiting_ping.hpp"
#include "wbxml/tags.hpp"
#include "wbxml/xml.hpp"

namespace eas {
namespace {

constexpr std::string_view wbxml_type = "application/vnd.ms-sync.wbxml";
constexpr std::string_view server_version = "16.1";
/// A request that waited longer for its turn looks whether there is still somebody to answer.
constexpr std::chrono::seconds turn_wait_max{1};
constexpr std::chrono::milliseconds look_max{5};
constexpr std::int64_t seen_again_after = 3'600;  // a row is not written for each request
// Android asks with it whether the server is one (eas.md section 1.6): nothing is to be kept.
constexpr std::string_view probe_device = "validate";

// Of a device, and of what an item is opened with elsewhere: no log has them.
constexpr std::array passwords{wbxml::settings::password, wbxml::search::password,
                               wbxml::itemoperations::password};

struct Credentials {
    std::string user;
    base::Secret password;
};

/// A front end of ours speaks for its user: relay/web_relay.hpp. What SASL PLAIN would say.
std::optional<std::string> relay_credentials(std::string_view field) {
    const std::string_view scheme = relay::web_scheme;
    if (field.size() <= scheme.size() || !base::equals_nocase(field.substr(0, scheme.size()), scheme) ||
        field[scheme.size()] != ' ')
        return std::nullopt;
    return base::base64_decode(field.substr(scheme.size() + 1));
}

/// RFC 7617: "Basic " and base64 of user ":" password.
std::optional<Credentials> basic_credentials(std::string_view field) {
    constexpr std::string_view scheme = "basic ";
    if (field.size() < scheme.size() || !base::equals_nocase(field.substr(0, scheme.size()), scheme))
        return std::nullopt;
    field.remove_prefix(scheme.size());
    while (field.starts_with(' ')) field.remove_prefix(1);
    auto octets = base::base64_decode(field);
    if (!octets) return std::nullopt;
    const std::size_t colon = octets->find(':');
    if (colon == std::string::npos) return std::nullopt;
    Credentials out;
    out.user = octets->substr(0, colon);
    out.password = base::Secret(octets->substr(colon + 1));
    return out;
}

bool carries_message(Command command) {
    return command == Command::send_mail || command == Command::smart_reply ||
           command == Command::smart_forward || command == Command::sync;
}

/// Requests that may have no body at all.
bool may_be_empty(Command command, std::uint16_t version) {
    return command == Command::sync || command == Command::ping || command == Command::get_attachment ||
           command == Command::get_hierarchy || (command == Command::provision && version <= 121);
}

/// Of 12.1: the message itself.
bool is_bare_message(std::string_view type) {
    return base::equals_nocase(type.substr(0, type.find(';')), "message/rfc822");
}

/// The policy key that the request shows; nothing: it shows none, as devices do that know of no policies. A
/// query in base64 has a place for it in any case.
std::optional<std::uint64_t> shown_policy_key(const Query& query, std::string_view field) {
    if (query.encoded) return query.policy_key.value_or(0);
    if (field.empty()) return std::nullopt;
    std::uint64_t shown = 0;
    for (const char digit : field.substr(0, 10)) {
        if (digit < '0' || digit > '9') return UINT64_MAX;  // nobody's
        shown = shown * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return shown;
}

}  // namespace

Answer::Answer() = default;
Answer::~Answer() = default;
Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;

Session::Session(http::Exchange exchange, ServicesPtr services)
    : exchange_(exchange), services_(std::move(services)) {}

Answer Session::http(unsigned status) {
    Answer out;
    out.status = status;
    return out;
}

Answer Session::wbxml(std::string body) const {
    Answer out;
    out.body = std::move(body);
    return out;
}

Answer Session::common(int status) const {
    if (version_ >= 140) {
        std::string body = write_status(query_.command, status);
        if (!body.empty()) return wbxml(std::move(body));
    }
    switch (status) {
        case status::remote_wipe:
        case status::not_provisioned:
        case status::policy_refresh:
        case status::invalid_policy_key:
            return http(449);
        case status::device_blocked:
        case status::partial_policy:
        case status::not_provisionable:
        case status::managed_elsewhere:
        case status::max_devices:
            return http(403);
        case status::server_error:
            return http(500);
        case status::server_error_retry:
            return http(503);
        default:
            return http(400);
    }
}

Answer Session::failed(const store::Error& error) const {
    base::log::warn("eas", "the store did not answer",
                    {{"command", name_of(query_.command)}, {"why", error.what()}});
    Answer out = http(error.is(store::Errc::no_space) || error.is(store::Errc::over_quota) ? 507 : 503);
    if (out.status == 503) out.fields.emplace_back("Retry-After", "30");
    return out;
}

awaitable<std::unique_ptr<WaitingPing>> Session::run() {
    Answer answered = co_await answer();
    if (answered.later || answered.gone) co_return std::move(answered.later);
    http::ResponseHead head = head_of(&answered);
    co_await exchange_.respond(std::move(head), std::move(answered.body));
    co_return nullptr;
}

http::ResponseHead head_of(Answer* answered) {
    http::ResponseHead head;
    head.status = answered->status;
    head.fields = std::move(answered->fields);
    head.fields.emplace_back("MS-Server-ActiveSync", server_version);
    head.fields.emplace_back("Cache-Control", "private");
    if (!answered->body.empty()) head.content_type = answered->type.empty() ? wbxml_type : answered->type;
    if (base::log::enabled("eas", base::log::Level::trace) && answered->type.empty()) {
        const wbxml::Document shown(answered->body);
        base::log::write(base::log::Level::trace, "eas", "answer", {{"xml", wbxml::to_xml(shown)}});
    }
    return head;
}

std::optional<Answer> Session::read_query() {
    ParsedQuery parsed = parse_query(exchange_.query());
    if (parsed.fault == QueryFault::no_command) return http(501);
    if (parsed.fault == QueryFault::malformed) return http(400);
    query_ = std::move(parsed.query);
    query_fault_ = parsed.fault;
    version_ = query_.encoded ? (is_served(query_.version) ? query_.version : std::uint16_t{0})
                              : parse_version(exchange_.field("MS-ASProtocolVersion"));
    return std::nullopt;
}

awaitable<Answer> Session::answer() {
    const bool is_options = exchange_.method() == "OPTIONS";
    if (!is_options && exchange_.method() != "POST") co_return http(501);
    if (!is_options) {
        auto wrong = read_query();
        if (wrong) co_return std::move(*wrong);
    }
    auto refused = co_await log_in();
    if (refused) co_return std::move(*refused);
    if (is_options) co_return options();
    co_return co_await answer_command();
}

/// MS-ASHTTP section 2.2.4: what a device learns before it asks for anything.
Answer Session::options() const {
    Answer out;
    out.fields.emplace_back("MS-ASProtocolVersions", offered_versions());
    out.fields.emplace_back("MS-ASProtocolCommands", offered_commands());
    out.fields.emplace_back("Public", "OPTIONS,POST");
    out.fields.emplace_back("Allow", "OPTIONS,POST");
    return out;
}

/// "ACME\anna": the domain is a mail domain, a post office, or what Windows makes up.
awaitable<std::string> Session::login_name(std::string given) {
    const UserName user = parse_user(given);
    if (user.domain.empty() || user.name.find('@') != std::string::npos) co_return user.name;
    std::string full = user.name + "@" + user.domain;
    const auto known = co_await services_->directory.login(full);
    co_return known ? std::move(full) : user.name;
}

/// Nothing: it is known who asks, and `account_` is his.
awaitable<std::optional<Answer>> Session::log_in() {
    Answer refused = http(401);
    refused.fields.emplace_back("WWW-Authenticate", "Basic realm=\"" + services_->hostname + "\"");
    const net::PeerInfo& peer = exchange_.peer();
    auth::Client client;
    client.protocol = "eas";
    client.each_request = true;
    client.address = peer.address;
    client.listener = peer.listener;
    client.loopback = peer.loopback;
    client.tls = peer.tls;
    if (services_->authenticator.plain_text_refused(client)) co_return http(403);  // passwords need TLS
    client.front_end = peer.front_end;
    auth::Outcome outcome;
    if (auto relayed = relay_credentials(exchange_.field("Authorization"))) {
        const auto exchange = services_->authenticator.start("PLAIN", std::move(client));
        if (!exchange) co_return refused;
        outcome = co_await exchange->step(std::move(*relayed));
    } else {
        auto credentials = basic_credentials(exchange_.field("Authorization"));
        if (!credentials) co_return refused;
        std::string name = co_await login_name(std::move(credentials->user));
        outcome = co_await services_->authenticator.login(std::move(name), std::move(credentials->password),
                                                          std::move(client));
    }
    if (outcome.kind != auth::Outcome::Kind::success) {
        if (outcome.failure == auth::Failure::temporary) refused = http(503);
        if (outcome.failure == auth::Failure::disabled) refused = http(403);
        co_return refused;
    }
    identity_ = outcome.identity;
    if (services_->relay != nullptr && services_->relay->elsewhere(identity_.node)) {
        relay::WebRequest request;
        request.identity = std::move(identity_);
        co_await services_->relay->forward(exchange_, std::move(request));
        Answer answered;
        answered.gone = true;
        co_return answered;
    }
    auto account = co_await services_->store.account(identity_.account);
    if (!account) co_return failed(account.error());
    account_ = std::make_shared<MailboxView>(std::move(*account),
                                             directory::Neighbours(services_->store, &services_->directory));
    const auto looked = co_await account_->refresh();
    if (!looked) co_return failed(looked.error());
    exchange_.registered().set_user(identity_.name);
    co_return std::nullopt;
}

awaitable<std::optional<Answer>> Session::read_body() {
    const std::size_t most =
        carries_message(query_.command)
            ? static_cast<std::size_t>(limits().message_bytes_max) + limits().request_bytes_max
            : limits().request_bytes_max;
    body_room_ = BodyRoom::Share(services_->bodies, identity_.account);
    http::BodyCheck room = [this](std::size_t octets) { return body_room_.take(octets); };
    http::Body body = co_await exchange_.read_body(most, std::move(room));
    if (body.state == http::Body::State::too_large) co_return http(413);
    if (body.state == http::Body::State::no_room) {
        base::log::warn("eas", "no room for a request now", {{"user", identity_.name}});
        Answer later = http(503);
        later.fields.emplace_back("Retry-After", "60");
        co_return later;
    }
    if (body.state == http::Body::State::failed) {
        Answer gone;
        gone.gone = true;
        co_return gone;
    }
    body_ = std::move(body.octets);
    if (body_.empty())
        co_return may_be_empty(query_.command, version_) ? std::nullopt : std::optional(http(400));
    const bool bare = version_ <= 121 && is_bare_message(exchange_.field("Content-Type"));
    if (bare) co_return std::nullopt;
    if (root_of(query_.command) == wbxml::Tag()) co_return std::nullopt;  // the query says it all
    wbxml::DecodeLimits decode;
    decode.tokens_max = limits().request_tokens_max;
    document_.emplace(body_, decode);
    if (document_->fault() != wbxml::Fault::none) {
        base::log::info("eas", "a request cannot be read",
                        {{"user", identity_.name},
                         {"command", name_of(query_.command)},
                         {"why", wbxml::describe(document_->fault())},
                         {"at", document_->offset()}});
        co_return common(status::invalid_wbxml);
    }
    if (base::log::enabled("eas", base::log::Level::trace))
        base::log::write(base::log::Level::trace, "eas", "request",
                         {{"xml", wbxml::to_xml(*document_, passwords)}});
    if (root().tag() != root_of(query_.command)) co_return common(status::invalid_xml);
    co_return std::nullopt;
}

/// Nothing that was parsed of it may be used from here on.
void Session::forget_body() {
    document_.reset();
    body_ = std::string();
    body_room_.give_back();
}

/// Its rows; a new one is made if the mailbox has room for it.
awaitable<std::optional<Answer>> Session::find_device() {
    key_ = DeviceKey{identity_.account, query_.device_id};
    transient_ = query_.device_id == probe_device;
    live_ = services_->live.find(key_);
    if (query_.command == Command::sync || query_.command == Command::ping) number_ = live_->begin();
    const auto asked = std::chrono::steady_clock::now();
    turn_ = co_await live_->take_turn();
    // A phone that gave up while others of its requests went on has sent this one again.
    if (std::chrono::steady_clock::now() - asked > turn_wait_max) {
        const net::Wake woken = co_await exchange_.wait(look_max);
        if (woken == net::Wake::closed) {
            Answer gone;
            gone.gone = true;
            co_return gone;
        }
    }
    auto rows = co_await services_->devices.load(key_, {});
    if (!rows) co_return failed(rows.error());
    rows_ = std::move(*rows);
    Device& device = rows_.device;
    if (rows_.version == 0 && !transient_) {
        const auto known = co_await services_->devices.names(identity_.account);
        if (!known) co_return failed(known.error());
        if (known->size() >= limits().devices_max) {
            base::log::warn("eas", "too many devices",
                            {{"user", identity_.name}, {"device", query_.device_id}});
            co_return common(status::max_devices);
        }
        device.first_seen = now();
        base::log::info(
            "eas", "new device",
            {{"user", identity_.name}, {"device", query_.device_id}, {"type", query_.device_type}});
    }
    const std::string agent(exchange_.field("User-Agent").substr(0, 256));
    const bool same = device.type == query_.device_type && device.version == version_ &&
                      (agent.empty() || device.user_agent == agent);
    changes_.device = rows_.version == 0 || !same || now() - device.last_seen >= seen_again_after;
    device.type = query_.device_type;
    device.version = version_;
    if (!agent.empty()) device.user_agent = agent;
    device.last_seen = now();
    exchange_.registered().set_client(device.type + " " + device.id);
    co_return std::nullopt;
}

std::optional<Answer> Session::check_access() const {
    switch (rows_.device.access) {
        case Device::Access::allowed:
            return std::nullopt;
        case Device::Access::blocked:
        case Device::Access::wiped:
            return common(status::device_blocked);
        case Device::Access::wipe:
        case Device::Access::wipe_account:
            // What knows no wipe of one account gets nothing of it, and not 140 again and again.
            if (rows_.device.access == Device::Access::wipe_account &&
                version_ < Device::account_wipe_version)
                return common(status::device_blocked);
            // MS-ASPROV section 3.1.5.2: it hears of it when it asks for its policy.
            if (query_.command == Command::provision) return std::nullopt;
            return common(status::remote_wipe);
    }
    return std::nullopt;
}

/// What is demanded of the device now.
awaitable<std::optional<Answer>> Session::load_policy() {
    const auto mailbox = co_await services_->directory.mailbox(identity_.account);
    if (!mailbox) co_return failed(mailbox.error());
    auto policy = co_await services_->policies.effective(mailbox->post_office, identity_.account);
    if (!policy) co_return failed(policy.error());
    policy_ = std::move(*policy);
    held_ = held_policy(policy_);
    co_return std::nullopt;
}

/// A device that shows a key must show the right one, of the policy that holds now. One that shows none is
/// served where nothing is demanded of it. MS-ASPROV section 3.1.5.2, MS-ASCMD section 2.2.4.
std::optional<Answer> Session::check_policy_key() const {
    if (query_.command == Command::provision) return std::nullopt;
    const auto shown = shown_policy_key(query_, exchange_.field("X-MS-PolicyKey"));
    const Device& device = rows_.device;
    const std::uint64_t demanded = policy_hash(policy_);
    if (shown && *shown != 0) {
        const bool known = *shown == device.policy_key || *shown == device.previous_key;
        if (known && device.policy == demanded) return std::nullopt;
        return common(status::invalid_policy_key);
    }
    if (demanded == 0) return std::nullopt;
    if (shown) return common(status::not_provisioned);
    // MS-ASPROV section 3.2.5.1: a Ping need not show it.
    if (query_.command == Command::ping || allows(policy_, allow_non_provisionable)) return std::nullopt;
    return common(status::not_provisionable);
}

awaitable<Answer> Session::answer_command() {
    if (version_ == 0) co_return http(400);
    if (query_fault_ == QueryFault::no_device_id) co_return common(status::bad_device_id);
    if (query_fault_ == QueryFault::no_device_type) co_return common(status::bad_device_type);
    auto refused = co_await read_body();
    if (refused) co_return std::move(*refused);
    refused = co_await find_device();
    if (refused) co_return std::move(*refused);
    refused = check_access();
    if (!refused) refused = co_await load_policy();
    if (!refused) refused = check_policy_key();
    if (refused) co_return std::move(*refused);
    exchange_.registered().set_state(name_of(query_.command).data());
    Answer out = co_await run_command();
    if (out.gone || out.later) co_return out;
    const bool saved = co_await save();
    exchange_.registered().set_state("");
    if (!saved) co_return http(503);
    co_return out;
}

awaitable<bool> Session::save() {
    if (!transient_) {
        DeviceChanges changes = std::move(changes_);
        changes_ = DeviceChanges();
        const auto saved = co_await services_->devices.save(key_, &rows_, std::move(changes));
        if (!saved) {
            base::log::error("eas", "a device's state cannot be written",
                             {{"user", identity_.name}, {"why", saved.error().what()}});
            turn_.end();
            co_return false;
        }
    }
    turn_.end();
    co_return true;
}

}  // namespace eas

#include "relay/node_relay.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "net/tls_context.hpp"
#include "relay/web_forward.hpp"

namespace relay {
namespace {

const char* name_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::imap:
            return "imap";
        case Protocol::pop3:
            return "pop3";
        case Protocol::submission:
            return "submission";
    }
    return "";
}

std::uint16_t port_of(const Node& node, Protocol protocol) {
    switch (protocol) {
        case Protocol::imap:
            return node.imap_port;
        case Protocol::pop3:
            return node.pop3_port;
        case Protocol::submission:
            return node.submission_port;
    }
    return 0;
}

std::unique_ptr<Dialogue> make_dialogue(Protocol protocol, Facts facts) {
    switch (protocol) {
        case Protocol::imap:
            return make_imap_dialogue(std::move(facts));
        case Protocol::pop3:
            return make_pop3_dialogue(std::move(facts));
        case Protocol::submission:
            return make_submission_dialogue(std::move(facts));
    }
    return nullptr;
}

class NodeTunnel final : public Tunnel {
public:
    NodeTunnel(std::unique_ptr<net::Client> client, std::string answer, std::string node)
        : client_(std::move(client)), answer_(std::move(answer)), node_(std::move(node)) {}
    const std::string& answer() const override { return answer_; }
    const std::string& node() const override { return node_; }
    awaitable<net::PumpEnd> carry(net::Connection* client, net::SessionRegistry::Handle* session,
                                  std::chrono::milliseconds idle_max) override {
        net::PumpLimits limits;
        limits.idle_max = idle_max;
        const net::PumpEnd end = co_await net::pump(client, client_.get(), session, limits);
        client_->close();
        co_return end;
    }

private:
    std::unique_ptr<net::Client> client_;
    const std::string answer_, node_;
};

}  // namespace

/// One opening: a local of open().
class NodeRelay::Opening {
public:
    Opening(const NodeRelay& relay, const Target& target, net::Connection& client, Request& request)
        : target_(target),
          settings_(relay.settings_),
          peer_(client.peer()),
          request_(request),
          near_(client),
          connector_(relay.parts(target, client.peer()), port_of(target.node, request.protocol),
                     target.node.tls) {}

    awaitable<Opened> run() {
        const Node& node = target_.node;
        if (port_of(node, request_.protocol) == 0) co_return unavailable("the node does not serve it");
        if (node.login == Node::Login::password && request_.identity.password.empty())
            co_return unavailable("the node takes passwords only, and the client did not send its own");
        const auto connected = [this](net::Client& client) { near_.pass_events_to(client.waker()); };
        auto reached = co_await connector_.connect(near_.executor(), connected);
        if (!reached) co_return reached.error();
        client_ = std::move(*reached);
        // What a server says of the login it says for all its addresses.
        co_return co_await log_in();
    }

private:
    Facts facts() {
        const Node& node = target_.node;
        Facts out;
        out.hostname = settings_.hostname;
        out.user = request_.identity.name;
        switch (node.login) {
            case Node::Login::shared:
                out.authenticated = std::string(auth::relay_user);
                out.password = node.secret;
                break;
            case Node::Login::master:
                out.authenticated = node.master_user;
                out.password = node.secret;
                break;
            case Node::Login::password:
                out.password = std::move(request_.identity.password);
                break;
        }
        out.start_tls = node.tls == Node::Tls::starttls;
        out.announce = node.announce == Node::Announce::commands;
        out.address = peer_.address;
        out.port = peer_.port;
        out.local_address = peer_.local_address;
        out.local_port = peer_.local_port;
        out.session = request_.session;
        out.hops = request_.hops - 1;
        // A server that does not know the client's address should not be told its name as ours.
        if (node.announce != Node::Announce::none) out.client_name = request_.client_name;
        return out;
    }

    awaitable<Opened> log_in() {
        const std::unique_ptr<Dialogue> dialogue = make_dialogue(request_.protocol, facts());
        for (;;) {
            auto line = co_await client_->read_line(Limits::line_bytes_max, connector_.left());
            if (!line) co_return unavailable(line.error().what());
            Next next = dialogue->line(*line);
            if (next.kind == Next::Kind::start_tls) {
                auto secured = co_await connector_.secure(client_.get());
                if (!secured) co_return secured.error();
                next = dialogue->secured();
            }
            if (next.kind == Next::Kind::failed) {
                Failure failure = dialogue->failure();
                // A client that has proven itself here is not to blame for what the node does not take of us.
                if (target_.node.login != Node::Login::password) failure.kind = Failure::Kind::unavailable;
                co_return OpenError(std::move(failure));
            }
            if (!next.send.empty()) {
                auto sent = co_await client_->write(std::move(next.send));
                if (!sent) co_return unavailable(sent.error().what());
            }
            if (next.kind == Next::Kind::skip) {
                auto skipped = co_await client_->read_octets(next.octets, connector_.left());
                if (!skipped) co_return unavailable(skipped.error().what());
            }
            if (next.kind == Next::Kind::done) break;
        }
        std::unique_ptr<Tunnel> tunnel =
            std::make_unique<NodeTunnel>(std::move(client_), dialogue->answer(), target_.node.name);
        co_return tunnel;
    }

    const Target& target_;
    const Settings& settings_;
    const net::PeerInfo& peer_;
    Request& request_;
    net::Connection& near_;
    Connector connector_;
    std::unique_ptr<net::Client> client_;
};

NodeRelay::NodeRelay(net::Resolver& resolver, Settings settings)
    : resolver_(resolver), settings_(std::move(settings)) {
    for (const Node& node : settings_.nodes) {
        auto target = std::make_unique<Target>();
        target->node = node;
        if (node.tls != Node::Tls::none) {
            net::TlsClientConfig config;
            config.ca_file = node.ca_file;
            config.pins = node.pins;
            auto made = net::TlsContext::make_client(config);
            if (!made.context) fault_ = "node " + node.name + ": " + made.fault;
            target->tls = std::move(made.context);
        }
        targets_.emplace(node.name, std::move(target));
    }
}

NodeRelay::~NodeRelay() = default;

Connector::Parts NodeRelay::parts(const Target& target, const net::PeerInfo& peer) const {
    return {resolver_, settings_, own_ports_, target, peer};
}

const Target* NodeRelay::find(const std::string& node) const {
    const auto found = targets_.find(node);
    return found == targets_.end() ? nullptr : found->second.get();
}

bool NodeRelay::elsewhere(const std::string& node) const {
    return !node.empty() && node != settings_.own_name;
}

awaitable<Opened> NodeRelay::open(net::Connection* client, Request request) {
    const std::string node = request.identity.node, user = request.identity.name;
    Opened out = unavailable("no node of that name is configured");
    const Target* const target = find(node);
    // A server that leads a connection on says how many may still do so; who logged in by the shared secret
    // has been led here, and by the directory of that server this one has the mailbox.
    if (request.identity.relayed || request.hops <= 1) {
        out = unavailable("it was relayed to here already: the directories disagree about the node");
    } else if (target != nullptr) {
        Opening opening(*this, *target, *client, request);
        out = co_await opening.run();
        client->pass_events_to(nullptr);
    }
    if (out) {
        base::log::info("relay", "relayed",
                        {{"user", user},
                         {"ip", client->peer().address},
                         {"protocol", name_of(request.protocol)},
                         {"node", node}});
    } else {
        base::log::error("relay", "not relayed",
                         {{"user", user},
                          {"ip", client->peer().address},
                          {"protocol", name_of(request.protocol)},
                          {"node", node},
                          {"why", out.error().failure().why}});
    }
    co_return out;
}

/// The request is the client's own business: what is logged is that it went there, or why not.
awaitable<void> NodeRelay::forward(http::Exchange exchange, WebRequest request) {
    const std::string node = request.identity.node, user = request.identity.name;
    std::string why = "no node of that name is configured";
    const Target* const target = find(node);
    if (request.identity.relayed) {
        why = "it was relayed to here already: the directories disagree about the node";
    } else if (target != nullptr) {
        const net::PeerInfo& peer = exchange.peer();
        WebForward forward(parts(*target, peer), exchange, std::move(request));
        why = co_await forward.run();
    }
    if (why.empty() || why == WebForward::client_left) {
        base::log::debug("relay", "relayed", {{"user", user}, {"protocol", "http"}, {"node", node}});
        co_return;
    }
    if (why != WebForward::stopping)
        base::log::error("relay", "not relayed",
                         {{"user", user}, {"protocol", "http"}, {"node", node}, {"why", std::move(why)}});
    if (!exchange.responded()) {
        http::ResponseHead head;
        head.status = 503;
        head.fields.emplace_back("Retry-After", "30");
        co_await exchange.respond(std::move(head), std::string());
    }
}

}  // namespace relay

// barid dev: a demo server from nothing, on 127.0.0.1.
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/version.hpp"
#include "server/local_ca.hpp"
#include "server/process.hpp"
#include "server/programs.hpp"
#include "server/sample_mail.hpp"

namespace server {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;
using boost::asio::awaitable;

constexpr const char* domain = "example.test";

struct DemoPort {
    const char* name;
    const char* protocol;
    std::uint16_t offset;
    net::TlsMode tls;
};
constexpr std::array<DemoPort, 10> demo_ports{{{"imap", "imap", 143, net::TlsMode::starttls},
                                               {"imaps", "imap", 993, net::TlsMode::implicit},
                                               {"pop3", "pop3", 110, net::TlsMode::starttls},
                                               {"pop3s", "pop3", 995, net::TlsMode::implicit},
                                               {"smtp", "smtp", 25, net::TlsMode::starttls},
                                               {"submission", "submission", 587, net::TlsMode::starttls},
                                               {"submissions", "submission", 465, net::TlsMode::implicit},
                                               {"lmtp", "lmtp", 24, net::TlsMode::none},
                                               {"http", "http", 80, net::TlsMode::none},
                                               {"https", "http", 443, net::TlsMode::implicit}}};

/// What stays the same from one start to the next, in DATA/demo.json (0600).
struct Demo {
    fs::path file;
    Json kept = Json::object();

    explicit Demo(const fs::path& folder) : file(folder / "demo.json") {
        std::ifstream in(file);
        if (!in) return;
        kept = Json::parse(in, nullptr, false);
        if (!kept.is_object()) kept = Json::object();
    }
    std::string password(const std::string& who) {
        if (!kept.contains(who) || !kept[who].is_string()) kept[who] = base::Random::system().password();
        return kept[who];
    }
    bool save() const {
        const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (descriptor < 0) return false;
        const std::string text = kept.dump(1) + "\n";
        const bool written =
            ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        return ::close(descriptor) == 0 && written;
    }
};

Settings demo_settings(const cli::DevOptions& options, const fs::path& data, const CertificateFiles& files) {
    Settings settings;
    settings.hostname = "localhost";
    settings.data = data;
    settings.admin_socket = data / "admin.sock";
    settings.auth_policy.plain_text_without_tls_on_loopback = true;
    settings.default_domain = domain;
    settings.postmaster = std::string("demo@") + domain;
    settings.metrics_from = {*net::Network::parse("127.0.0.0/8")};
    settings.threads = options.threads;
    settings.search.enabled = options.search_index;
    // One user with many connections is what a load test is; a demo's limits must not be what it measures.
    settings.sessions_per_user = {20'000, 20'000};
    settings.server_limits.connections_max = 19'000;
    for (const DemoPort& port : demo_ports) {
        net::ListenerConfig listener;
        listener.name = port.name;
        listener.protocol = port.protocol;
        listener.addresses = {fmt::format("127.0.0.1:{}", options.port_base + port.offset)};
        listener.tls = port.tls;
        listener.connections_max = 19'000;
        listener.connections_per_ip_max = 0;
        if (port.tls != net::TlsMode::none)
            listener.certificates.push_back({files.chain.string(), files.key.string(), {}});
        if (listener.protocol == "http") settings.activesync.insert(listener.name);
        settings.listeners.push_back(std::move(listener));
    }
    net::ListenerConfig admin;
    admin.name = "admin";
    admin.protocol = "admin";
    admin.addresses = {"unix:" + settings.admin_socket.string()};
    settings.listeners.push_back(std::move(admin));
    return settings;
}

/// Makes one mailbox unless it is there. Returns an empty text, or what is wrong.
awaitable<std::string> make_account(Process* process, std::string address,
                                    directory::Credentials credentials) {
    auto known = co_await process->directory().login(address);
    if (known) co_return std::string();
    directory::Mailbox mailbox;
    mailbox.name = address.substr(0, address.find('@'));
    mailbox.post_office = "demo";
    mailbox.addresses = {address};
    auto made = co_await process->directory().add_mailbox(std::move(mailbox), std::move(credentials));
    if (!made) co_return fmt::format("{}: {}", address, made.error().what());
    auto account = co_await process->store().create_account(made->account);
    if (!account) co_return fmt::format("{}: {}", address, account.error().what());
    co_return std::string();
}

awaitable<std::string> make_office(Process* process) {
    directory::PostOffice office;
    office.name = "demo";
    auto made = co_await process->directory().add_post_office(std::move(office));
    if (!made && !made.error().is(store::Errc::exists)) co_return std::string(made.error().what());
    directory::Domain name;
    name.name = domain;
    name.post_office = "demo";
    auto added = co_await process->directory().add_domain(std::move(name));
    if (!added && !added.error().is(store::Errc::exists)) co_return std::string(added.error().what());
    co_return std::string();
}

/// Post office, domain and accounts, where they are missing; sample mail in the first account.
awaitable<std::string> make_demo(Process* process,
                                 std::vector<std::pair<std::string, std::string>> accounts) {
    std::string wrong = co_await make_office(process);
    if (!wrong.empty()) co_return wrong;
    // One password, one hash: thousands of users for a load test must not cost thousands of argon2id runs.
    std::map<std::string, directory::Credentials> hashed;
    bool fresh = false;
    for (const auto& [address, password] : accounts) {
        auto known = co_await process->directory().login(address);
        if (known) continue;
        if (!hashed.contains(password)) {
            base::Secret secret(password);
            auto credentials = co_await process->authenticator().make_credentials(std::move(secret));
            if (!credentials) co_return fmt::format("{}: {}", address, credentials.error().what());
            hashed[password] = std::move(*credentials);
        }
        wrong = co_await make_account(process, address, hashed[password]);
        if (!wrong.empty()) co_return wrong;
        fresh = fresh || address == accounts.front().first;
    }
    if (!fresh) co_return std::string();
    co_return co_await deliver_sample_mail(&process->directory(), &process->store(), accounts.front().first);
}

struct Announcement {
    cli::DevOptions options;
    fs::path data;
    bool temporary = false;
    CertificateFiles files;
    std::vector<std::pair<std::string, std::string>> accounts;
};

void announce_json(const Announcement& about) {
    Json ports = Json::object();
    for (const DemoPort& port : demo_ports) ports[port.name] = about.options.port_base + port.offset;
    Json accounts = Json::array();
    for (const auto& [address, password] : about.accounts)
        accounts.push_back({{"address", address}, {"password", password}});
    const Json line = {{"ready", true},
                       {"ports", std::move(ports)},
                       {"accounts", std::move(accounts)},
                       {"admin", {{"socket", (about.data / "admin.sock").string()}}},
                       {"ca", about.files.ca.string()},
                       {"data", about.data.string()},
                       {"pid", getpid()}};
    fmt::print("{}\n", line.dump());
}

void announce_text(const Announcement& about) {
    const auto port = [&](int offset) { return about.options.port_base + offset; };
    const auto& [address, password] = about.accounts.front();
    fmt::print("barid {}  demo mode, data in {}{}\n\n", base::version, about.data.string(),
               about.temporary ? " (gone when the server ends; --data DIR keeps it)" : "");
    fmt::print("  IMAP  127.0.0.1:{:<6} IMAPS  127.0.0.1:{:<6} POP3  127.0.0.1:{:<6} POP3S  127.0.0.1:{}\n",
               port(143), port(993), port(110), port(995));
    fmt::print(
        "  SMTP  127.0.0.1:{:<6} submission  127.0.0.1:{:<6} submissions  127.0.0.1:{:<6} LMTP  "
        "127.0.0.1:{}\n",
        port(25), port(587), port(465), port(24));
    fmt::print("  ActiveSync and autodiscover  http://127.0.0.1:{}  https://127.0.0.1:{}\n\n", port(80),
               port(443));
    std::size_t shown = 0;
    for (const auto& [who, secret] : about.accounts) {
        if (++shown > 2) break;
        fmt::print("  {} / {}\n", who, secret);
    }
    if (about.accounts.size() > 2) {
        fmt::print("  u1@{0} … u{1}@{0} / {2}\n", domain, about.accounts.size() - 2,
                   about.accounts[2].second);
    }
    fmt::print("  CA to trust: {}\n\n", about.files.ca.string());
    fmt::print("try:  curl --cacert {} 'imaps://localhost:{}/INBOX;MAILINDEX=1' -u {}:{}\n",
               about.files.ca.string(), port(993), address, password);
    fmt::print("      swaks --server 127.0.0.1:{} --to {}\n", port(25), address);
    fmt::print("      barid --socket {} status\nCtrl-C stops.\n", (about.data / "admin.sock").string());
}

awaitable<std::string> start(Process* process, Announcement about) {
    std::string wrong = co_await make_demo(process, about.accounts);
    if (!wrong.empty()) co_return wrong;
    if (about.options.json) {
        announce_json(about);
    } else {
        announce_text(about);
    }
    std::fflush(stdout);
    co_return std::string();
}

int run_in(const cli::DevOptions& options, const fs::path& data, bool temporary) {
    std::error_code error;
    fs::create_directories(data, error);
    if (error) {
        fmt::print(stderr, "barid: {}: {}\n", data.string(), error.message());
        return 1;
    }
    Announcement about;
    about.options = options;
    about.data = fs::absolute(data);
    about.temporary = temporary;
    std::string wrong = make_local_certificate(
        about.data, {"localhost", "127.0.0.1", "::1", domain, std::string("mail.") + domain}, about.files);
    Demo demo(about.data);
    for (const std::string name : {"demo", "two"})
        about.accounts.emplace_back(name + "@" + domain, demo.password(name + "@" + domain));
    for (std::uint32_t i = 1; i <= options.users; ++i)
        about.accounts.emplace_back(fmt::format("u{}@{}", i, domain), demo.password("users"));
    if (wrong.empty() && !demo.save()) wrong = demo.file.string() + ": cannot be written";
    if (wrong.empty()) {
        Process process(demo_settings(options, about.data, about.files));
        wrong = process.open();
        if (wrong.empty()) return process.run([&] { return start(&process, about); });
    }
    fmt::print(stderr, "barid: {}\n", wrong);
    return 1;
}

}  // namespace

int dev(const cli::DevOptions& options) {
    base::log::Level level{};
    if (!base::log::parse_level(options.log_level, level)) {
        fmt::print(stderr, "barid: no log level '{}'\n", options.log_level);
        return 2;
    }
    base::log::set_level("", level);
    if (!options.data.empty()) return run_in(options, options.data, false);
    std::string pattern = (fs::temp_directory_path() / "barid-dev-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        fmt::print(stderr, "barid: cannot make {}\n", pattern);
        return 1;
    }
    const int code = run_in(options, pattern, true);
    std::error_code error;
    fs::remove_all(pattern, error);
    return code;
}

}  // namespace server

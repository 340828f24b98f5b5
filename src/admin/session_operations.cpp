// Status, connected sessions, log levels.
#include <array>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "admin/operations.hpp"
#include "base/log.hpp"
#include "net/address.hpp"

namespace admin {
namespace {

std::uint64_t cpu_ms() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto ms = [](const timeval& time) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1000 +
               static_cast<std::uint64_t>(time.tv_usec) / 1000;
    };
    return ms(usage.ru_utime) + ms(usage.ru_stime);
}

std::uint64_t resident_bytes() {
    std::uint64_t pages = 0;
    if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
        unsigned long total = 0, resident = 0;
        if (std::fscanf(file, "%lu %lu", &total, &resident) == 2) pages = resident;
        std::fclose(file);
    }
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Not asked again within a minute, nor while somebody else asks. A look that fails is no answer: what was
/// known before stands, or nothing is known, and the next one who asks looks again.
awaitable<std::optional<directory::Seals>> seals_now(ServicesPtr services) {
    SealsSeen& seen = *services->seals;
    {
        const std::lock_guard lock(seen.mutex);
        const auto now = services->clock.now();
        const bool lately = seen.asked && now >= *seen.asked && now - *seen.asked < std::chrono::minutes(1);
        if (lately && seen.seals) co_return seen.seals;
        seen.asked = now;
    }
    const auto found = co_await services->directory.check_seals();
    const std::lock_guard lock(seen.mutex);
    if (found)
        seen.seals = *found;
    else
        seen.asked.reset();
    co_return seen.seals;
}

std::string_view name_of(std::optional<directory::Seals> seals) {
    if (!seals) return "unknown";
    switch (*seals) {
        case directory::Seals::none:
            return "none";
        case directory::Seals::open:
            return "open";
        case directory::Seals::closed:
            break;
    }
    return "closed";
}

awaitable<Reply> status(ServicesPtr services, Json, CallerPtr) {
    const auto figures = services->server.figures();
    std::map<std::string, std::uint64_t> by_protocol;
    for (const net::SessionInfo& session : services->server.sessions().list())
        ++by_protocol[session.protocol];
    Json store = Json::object();
    for (const auto& [name, value] : services->store.figures()) store[name] = value;
    Json engine = Json::object();
    for (const auto& [name, value] : services->store.engine().figures()) engine[name] = value;
    const std::optional<directory::Seals> seals = co_await seals_now(services);
    const auto up = services->clock.now() - services->started;
    Json out = {{"version", services->version},
                {"hostname", services->hostname},
                {"pid", getpid()},
                {"started", iso_time(services->started)},
                {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(up).count()},
                {"cpu_ms", cpu_ms()},
                {"resident_bytes", resident_bytes()},
                {"sealed_rows", name_of(seals)},
                {"connections",
                 {{"accepted", figures.accepted},
                  {"refused", figures.refused},
                  {"denied", figures.denied},
                  {"tls_running", figures.tls_running},
                  {"tls_waiting", figures.tls_waiting},
                  {"tls_failed", figures.tls_failed},
                  {"tls_handshakes", figures.tls_running},
                  {"tls_handshakes_waiting", figures.tls_waiting},
                  {"open", figures.open}}},
                {"sessions", by_protocol},
                {"store", std::move(store)},
                {"engine", std::move(engine)}};
    co_return out;
}

awaitable<Reply> session_list(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string user = text(arguments, "user"), protocol = text(arguments, "protocol");
    Json out = Json::array();
    for (const net::SessionInfo& session : services->server.sessions().list()) {
        if (!user.empty() && session.user != user) continue;
        if (!protocol.empty() && session.protocol != protocol) continue;
        const auto idle = services->clock.now() - session.last_command;
        out.push_back({{"id", session.id.value},
                       {"protocol", session.protocol},
                       {"address", session.address},
                       {"listener", session.listener},
                       {"tls", session.tls_version},
                       {"compressed", session.compressed},
                       {"user", session.user},
                       {"client", session.client},
                       {"folder", session.folder},
                       {"node", session.node},
                       {"state", session.state},
                       {"since", iso_time(session.since)},
                       {"idle_seconds", std::chrono::duration_cast<std::chrono::seconds>(idle).count()}});
    }
    co_return out;
}

/// Sessions end by themselves, with their protocol's goodbye; this does not wait for it.
awaitable<Reply> session_kick(ServicesPtr services, Json arguments, CallerPtr) {
    net::SessionRegistry& sessions = services->server.sessions();
    const std::string user = text(arguments, "user"), address = text(arguments, "address");
    const bool by_id = arguments.contains("id");
    if ((by_id ? 1 : 0) + (user.empty() ? 0 : 1) + (address.empty() ? 0 : 1) != 1)
        co_return Fault("usage", "session.kick needs one of 'id', 'user' and 'address'");
    if (by_id) {
        const base::SessionId id(number(arguments, "id"));
        if (!sessions.kick(id)) co_return Fault("not_found", "no such session");
        co_return Json{{"kicked", 1}};
    }
    if (!address.empty() && !net::Network::parse(address) && address != "unix")
        co_return Fault("invalid", "not an address or a network: " + address);
    const std::size_t kicked = user.empty() ? sessions.kick_address(address) : sessions.kick_user(user);
    co_return Json{{"kicked", kicked}};
}

awaitable<Reply> log_level(ServicesPtr, Json arguments, CallerPtr) {
    base::log::Level level{};
    if (!base::log::parse_level(text(arguments, "level"), level))
        co_return Fault("invalid", "levels are trace, debug, info, warn, error, off");
    base::log::set_level(text(arguments, "module"), level);
    co_return Json::object();
}

awaitable<Reply> reload_certificates(ServicesPtr services, Json, CallerPtr) {
    const std::string wrong = services->server.reload_certificates();
    if (!wrong.empty()) co_return Fault("invalid", wrong);
    if (services->certificates_reloaded) services->certificates_reloaded();
    co_return Json::object();
}

constexpr std::array table{
    Operation{"status", "", "", status},
    Operation{"session.list", "", "user protocol", session_list},
    Operation{"session.kick", "", "id user address", session_kick},
    Operation{"log.level", "level", "module", log_level},
    Operation{"certificates.reload", "", "", reload_certificates},
};

}  // namespace

std::span<const Operation> session_operations() { return table; }

}  // namespace admin

// Operations: what can be administered, independent of how a request came in.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "directory/directory.hpp"
#include "mta/agent.hpp"
#include "mta/domain_records.hpp"
#include "net/server.hpp"
#include "store/store.hpp"

namespace eas {
class LiveDevices;
}
namespace filter {
class Quarantine;
}
namespace mta::reports {
class ReceivedReports;
class Reporting;
}  // namespace mta::reports

namespace admin {

using boost::asio::awaitable;
using Json = nlohmann::json;

/// The last answer of directory::Directory::check_seals(), which reads each domain's rows.
struct SealsSeen {
    std::mutex mutex;  // what follows
    std::optional<std::chrono::system_clock::time_point> asked;
    std::optional<directory::Seals> seals;
};

struct Services {
    store::Store& store;
    directory::Directory& directory;
    auth::Authenticator& authenticator;
    net::Server& server;
    const base::Clock& clock;
    std::string version;
    std::string hostname;
    std::chrono::system_clock::time_point started;
    mta::Agent* agent = nullptr;  ///< null: nothing is queued here
    /// What DNS must say that depends on how the server runs; empty: nothing is known of it.
    std::function<mta::DomainFacts()> domain_facts;
    filter::Quarantine* quarantine = nullptr;
    eas::LiveDevices* live_devices = nullptr;  ///< null: no ActiveSync here
    mta::reports::ReceivedReports* received = nullptr;
    mta::reports::Reporting* reporting = nullptr;
    /// After listeners have read theirs: others that use certificates do the same.
    std::function<void()> certificates_reloaded;
    /// What clients of an address are told; empty: nothing is known of it.
    std::function<Json(const std::string&)> client_settings;
    std::shared_ptr<SealsSeen> seals = std::make_shared<SealsSeen>();
};
using ServicesPtr = std::shared_ptr<const Services>;

/// Why an operation failed; `code` is stable, for programs.
struct Fault {
    std::string code;     ///< "usage", "not_found", "exists", "invalid", "denied", "limit", "unavailable" …
    std::string message;  ///< for people: what and why

    Fault() = default;
    Fault(std::string what_code, std::string what) : code(std::move(what_code)), message(std::move(what)) {}
};
using Reply = base::Result<Json, Fault>;
Fault fault_of(const store::Error& error, std::string_view what);

/// How a running operation talks with its caller: events out, octets in.
class Caller {
public:
    virtual ~Caller() = default;
    /// An event before the answer; false: the caller is gone and the operation should end.
    virtual awaitable<bool> event(Json event) = 0;
    /// Sends octets that belong to the event sent last.
    virtual awaitable<bool> octets(std::string piece) = 0;
    /// The next piece of the octets that follow the request; empty at their end or when the caller is gone.
    virtual awaitable<std::string> next_octets() = 0;
    virtual std::uint64_t octets_left() const = 0;
};
using CallerPtr = std::shared_ptr<Caller>;

using Handler = awaitable<Reply> (*)(ServicesPtr, Json arguments, CallerPtr);

struct Operation {
    const char* name;      ///< "account.add"
    const char* required;  ///< argument names, separated by blanks
    const char* optional;
    Handler handler;
};

std::span<const Operation> absence_operations();
std::span<const Operation> directory_operations();
std::span<const Operation> dkim_operations();
std::span<const Operation> discovery_operations();
std::span<const Operation> dns_operations();
std::span<const Operation> device_operations();
std::span<const Operation> folder_operations();
std::span<const Operation> policy_operations();
std::span<const Operation> quarantine_operations();
std::span<const Operation> queue_operations();
std::span<const Operation> report_operations();
std::span<const Operation> route_operations();
std::span<const Operation> session_operations();
std::span<const Operation> share_operations();
std::span<const Operation> store_operations();
std::span<const Operation> transfer_operations();

/// Checks the arguments' names and types and runs the operation. Never throws for what a caller sent.
awaitable<Reply> run_operation(ServicesPtr services, std::string name, Json arguments, CallerPtr caller);

// Arguments by type. \errors an absent one gives the default
std::string text(const Json& arguments, const char* name, std::string otherwise = {});
std::uint64_t number(const Json& arguments, const char* name, std::uint64_t otherwise = 0);
bool flag(const Json& arguments, const char* name, bool otherwise = false);
/// "2026-11-21T20:00:00Z"
std::string iso_time(std::chrono::system_clock::time_point time);

}  // namespace admin

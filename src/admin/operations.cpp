#include "admin/operations.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/log.hpp"

namespace admin {
namespace {

bool names(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const auto blank = list.find(' ');
        if (list.substr(0, blank) == name) return true;
        if (blank == std::string_view::npos) break;
        list.remove_prefix(blank + 1);
    }
    return false;
}

bool all_text(const Json& list) {
    return list.is_array() && std::ranges::all_of(list, [](const Json& item) { return item.is_string(); });
}

/// What an argument is: the same name means the same in every operation, and what has no row is a text. An
/// ill-typed one must not pass for an absent one: `"quota_bytes":"5G"` would be no limit.
struct Kind {
    const char* name;
    bool (*fits)(const Json&);
    const char* is;
};
constexpr auto is_flag = [](const Json& value) { return value.is_boolean(); };
constexpr auto is_count = [](const Json& value) { return value.is_number_unsigned(); };
constexpr auto is_count32 = [](const Json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::uint32_t(-1);
};
constexpr auto is_number = [](const Json& value) { return value.is_number_integer(); };
constexpr auto is_text = [](const Json& value) { return value.is_string(); };
constexpr auto is_object = [](const Json& value) { return value.is_object(); };
constexpr Kind text_kind{"", is_text, "a text"};
constexpr std::array kinds{
    Kind{"enabled", is_flag, "true or false"},
    Kind{"login_allowed", is_flag, "true or false"},
    Kind{"administrator", is_flag, "true or false"},
    Kind{"id", is_count, "a number"},
    Kind{"max", is_count, "a number"},
    Kind{"days", is_count, "a number"},
    Kind{"quota_bytes", is_count, "a number of octets"},
    Kind{"quota_bytes_default", is_count, "a number of octets"},
    Kind{"mailboxes_max", is_count32, "a number below 2^32"},
    Kind{"date", is_number, "seconds since 1970"},
    Kind{"alias", all_text, "a list of texts"},
    Kind{"addresses", all_text, "a list of texts"},
    Kind{"flags", all_text, "a list of texts"},
    Kind{"members", all_text, "a list of texts"},
    Kind{"redirects", all_text, "a list of texts"},
    Kind{"ids", all_text, "a list of texts"},
    Kind{"to_addresses", all_text, "a list of texts"},
    Kind{"keep_copy", is_flag, "true or false"},
    Kind{"trusted", is_flag, "true or false"},
    Kind{"active", is_flag, "true or false"},
    Kind{"testing", is_flag, "true or false"},
    Kind{"check", is_flag, "true or false"},
    Kind{"bits", is_count, "a number"},
    Kind{"all", is_flag, "true or false"},
    Kind{"allow", is_flag, "true or false"},
    Kind{"account_only", is_flag, "true or false"},
    Kind{"html", is_flag, "true or false"},
    Kind{"settings", is_object, "an object"},
    Kind{"names", all_text, "a list of texts"},
    Kind{"smart_host_trusted_only", is_flag, "true or false"},
    Kind{"older", is_count, "a number of seconds"},
    Kind{"since", is_count, "milliseconds since 1970"},
};

/// Empty, or what is wrong with the arguments of `operation`.
std::string argument_fault(const Operation& operation, const Json& arguments) {
    for (const auto& [name, value] : arguments.items()) {
        if (!names(operation.required, name) && !names(operation.optional, name))
            return fmt::format("{} has no argument '{}'", operation.name, name);
        const auto known = std::ranges::find_if(kinds, [&](const Kind& kind) { return name == kind.name; });
        const Kind& kind = known == kinds.end() ? text_kind : *known;
        if (!kind.fits(value)) return fmt::format("'{}' must be {}", name, kind.is);
    }
    std::string_view required = operation.required;
    while (!required.empty()) {
        const auto blank = required.find(' ');
        const std::string name(required.substr(0, blank));
        if (!arguments.contains(name)) return fmt::format("{} needs '{}'", operation.name, name);
        if (blank == std::string_view::npos) break;
        required.remove_prefix(blank + 1);
    }
    return {};
}

const Operation* find_operation(std::string_view name) {
    for (const auto family :
         {absence_operations(), device_operations(), directory_operations(), dkim_operations(),
          discovery_operations(), dns_operations(), folder_operations(), policy_operations(),
          quarantine_operations(), queue_operations(), report_operations(), route_operations(),
          session_operations(), share_operations(), store_operations(), transfer_operations()}) {
        for (const Operation& operation : family) {
            if (name == operation.name) return &operation;
        }
    }
    return nullptr;
}

}  // namespace

Fault fault_of(const store::Error& error, std::string_view what) {
    using store::Errc;
    constexpr std::array<std::pair<Errc, const char*>, 10> codes{{{Errc::not_found, "not_found"},
                                                                  {Errc::exists, "exists"},
                                                                  {Errc::conflict, "unavailable"},
                                                                  {Errc::unknown, "unavailable"},
                                                                  {Errc::unavailable, "unavailable"},
                                                                  {Errc::no_space, "no_space"},
                                                                  {Errc::corrupt, "corrupt"},
                                                                  {Errc::over_quota, "over_quota"},
                                                                  {Errc::limit, "limit"},
                                                                  {Errc::denied, "denied"}}};
    const auto found = std::ranges::find(codes, error.code(), &std::pair<Errc, const char*>::first);
    return {found == codes.end() ? "invalid" : found->second, fmt::format("{}: {}", what, error.what())};
}

awaitable<Reply> run_operation(ServicesPtr services, std::string name, Json arguments, CallerPtr caller) {
    const Operation* operation = find_operation(name);
    if (operation == nullptr) co_return Fault("usage", fmt::format("no operation '{}'", name));
    if (!arguments.is_object()) co_return Fault("usage", "the arguments must be an object");
    const std::string wrong = argument_fault(*operation, arguments);
    if (!wrong.empty()) co_return Fault("usage", wrong);
    std::string thrown;
    try {
        co_return co_await operation->handler(std::move(services), std::move(arguments), std::move(caller));
    } catch (const std::exception& bug) {
        thrown = bug.what();
    }
    base::log::error("admin", "operation failed", {{"operation", name}, {"what", thrown}});
    co_return Fault("internal", "the operation failed; the server's log says why");
}

std::string text(const Json& arguments, const char* name, std::string otherwise) {
    const auto found = arguments.find(name);
    return found != arguments.end() && found->is_string() ? found->get<std::string>() : std::move(otherwise);
}

std::uint64_t number(const Json& arguments, const char* name, std::uint64_t otherwise) {
    const auto found = arguments.find(name);
    return found != arguments.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : otherwise;
}

bool flag(const Json& arguments, const char* name, bool otherwise) {
    const auto found = arguments.find(name);
    return found != arguments.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

std::string iso_time(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace admin

// Devices of ActiveSync: who synchronises with a mailbox, and who may not any more.
#include <array>

#include <fmt/format.h>

#include "admin/mailbox_argument.hpp"
#include "admin/operations.hpp"
#include "base/log.hpp"
#include "eas/state/live_devices.hpp"

namespace admin {
namespace {

using eas::Device;

const char* name_of(Device::Access access) {
    switch (access) {
        case Device::Access::allowed:
            return "allowed";
        case Device::Access::blocked:
            return "blocked";
        case Device::Access::wipe:
            return "wipe pending";
        case Device::Access::wipe_account:
            return "account wipe pending";
        case Device::Access::wiped:
            return "wiped";
    }
    return "";
}

std::string version_text(std::uint16_t version) {
    return version == 0 ? "" : std::to_string(version / 10) + "." + std::to_string(version % 10);
}

std::string time_text(std::int64_t seconds) {
    if (seconds == 0) return {};
    return iso_time(std::chrono::system_clock::time_point(std::chrono::seconds(seconds)));
}

Json row_of(const Device& device) {
    const eas::DeviceInformation& about = device.information;
    return {{"id", device.id},
            {"type", device.type},
            {"user_agent", device.user_agent},
            {"version", version_text(device.version)},
            {"first_seen", time_text(device.first_seen)},
            {"last_seen", time_text(device.last_seen)},
            {"state", name_of(device.access)},
            {"provisioned", device.policy_key != 0},
            {"model", about.model},
            {"name", about.friendly_name},
            {"os", about.os},
            {"phone_number", about.phone_number},
            {"imei", about.imei}};
}

awaitable<Reply> device_list(ServicesPtr services, Json arguments, CallerPtr) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    const auto known = co_await devices.list(*account);
    if (!known) co_return fault_of(known.error(), text(arguments, "mailbox"));
    Json out = Json::array();
    for (const Device& device : *known) out.push_back(row_of(device));
    co_return out;
}

awaitable<Reply> device_show(ServicesPtr services, Json arguments, CallerPtr) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    const auto known = co_await devices.list(*account);
    if (!known) co_return fault_of(known.error(), text(arguments, "mailbox"));
    for (const Device& device : *known) {
        if (device.id != text(arguments, "device")) continue;
        const auto password = co_await services->directory.recovery_password(*account, device.id);
        if (!password) co_return fault_of(password.error(), device.id);
        Json out = row_of(device);
        out["recovery_password"] = password->empty() ? "none" : "kept";
        co_return out;
    }
    co_return Fault("not_found", text(arguments, "device") + ": no such device");
}

/// What opens a phone once; it then makes another one.
awaitable<Reply> device_password(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string mailbox = text(arguments, "mailbox"), device = text(arguments, "device");
    const auto account = co_await account_of(services, mailbox);
    if (!account) co_return account.error();
    const auto password = co_await services->directory.recovery_password(*account, device);
    if (!password) co_return fault_of(password.error(), device);
    if (password->empty()) co_return Fault("not_found", device + ": no recovery password is kept");
    if (directory::is_sealed(password->reveal()))
        co_return Fault("unavailable", device + ": the sealing key does not open its recovery password");
    base::log::info("admin", "a device's recovery password was shown",
                    {{"mailbox", mailbox}, {"device", device}});
    co_return Json{{"password", std::string(password->reveal())}};
}

awaitable<Reply> set_access(ServicesPtr services, Json arguments, Device::Access access) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    eas::DeviceKey key{*account, text(arguments, "device")};
    const auto done = co_await devices.set_access(key, access);
    if (!done) co_return fault_of(done.error(), text(arguments, "device"));
    if (services->live_devices != nullptr) services->live_devices->end_waiting(key);
    co_return Json::object();
}

awaitable<Reply> device_block(ServicesPtr services, Json arguments, CallerPtr) {
    const bool allow = flag(arguments, "allow");
    co_return co_await set_access(services, std::move(arguments),
                                  allow ? Device::Access::allowed : Device::Access::blocked);
}

/// \errors of a device that speaks an older version than knows a wipe of one account
awaitable<Reply> can_wipe_account(ServicesPtr services, Json arguments) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    const eas::DeviceKey key{*account, text(arguments, "device")};
    const auto rows = co_await devices.load(key, {});
    if (!rows) co_return fault_of(rows.error(), key.device);
    const unsigned version = rows->device.version;
    if (rows->version != 0 && version < Device::account_wipe_version)
        co_return Fault("invalid",
                        fmt::format("{}: speaks ActiveSync {}.{}, which knows no wipe of one account: "
                                    "block it, or wipe all of it",
                                    key.device, version / 10, version % 10));
    co_return Json::object();
}

awaitable<Reply> device_wipe(ServicesPtr services, Json arguments, CallerPtr) {
    const bool account_only = flag(arguments, "account_only");
    if (account_only) {
        auto known = co_await can_wipe_account(services, arguments);
        if (!known) co_return known.error();
    }
    co_return co_await set_access(services, std::move(arguments),
                                  account_only ? Device::Access::wipe_account : Device::Access::wipe);
}

awaitable<Reply> device_remove(ServicesPtr services, Json arguments, CallerPtr) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    eas::DeviceKey key{*account, text(arguments, "device")};
    const auto forgotten =
        co_await services->directory.set_recovery_password(*account, key.device, base::Secret());
    if (!forgotten) co_return fault_of(forgotten.error(), key.device);
    const auto done = co_await devices.remove(key);
    if (!done) co_return fault_of(done.error(), text(arguments, "device"));
    if (services->live_devices != nullptr) services->live_devices->end_waiting(key);
    co_return Json::object();
}

}  // namespace

std::span<const Operation> device_operations() {
    static constexpr std::array table{
        Operation{"device.list", "mailbox", "", device_list},
        Operation{"device.show", "mailbox device", "", device_show},
        Operation{"device.password", "mailbox device", "", device_password},
        Operation{"device.block", "mailbox device", "allow", device_block},
        Operation{"device.wipe", "mailbox device", "account_only", device_wipe},
        Operation{"device.remove", "mailbox device", "", device_remove},
    };
    return table;
}

}  // namespace admin

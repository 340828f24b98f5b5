// Policies for devices of ActiveSync: what phones and computers must obey, of a post office or a mailbox.
#include <array>

#include "admin/mailbox_argument.hpp"
#include "admin/operations.hpp"
#include "directory/device_policies.hpp"
#include "eas/state/device_store.hpp"
#include "eas/state/live_devices.hpp"
#include "eas/syntax/policy.hpp"

namespace admin {
namespace {

using directory::DevicePolicies;
using directory::DevicePolicy;

/// Whom a policy is for.
struct Subject {
    std::string post_office;
    base::AccountId account;  ///< 0: all of the post office
};

/// An address is a mailbox's; a name without one is a post office's.
awaitable<base::Result<Subject, Fault>> subject_of(ServicesPtr services, std::string name) {
    Subject out;
    if (name.find('@') != std::string::npos) {
        const auto login = co_await services->directory.login(name);
        if (!login) co_return fault_of(login.error(), name);
        out.post_office = login->mailbox.post_office;
        out.account = login->mailbox.account;
        co_return out;
    }
    const auto office = co_await services->directory.post_office(name);
    if (!office) co_return fault_of(office.error(), name);
    out.post_office = office->name;
    co_return out;
}

Json value_of(const eas::PolicySetting& setting, const std::string& text) {
    if (setting.kind != eas::PolicySetting::Kind::list) return std::stoll(text);
    Json out = Json::array();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

Json shown(const DevicePolicy& policy) {
    Json out = Json::object();
    for (const auto& [name, text] : policy)
        if (const eas::PolicySetting* setting = eas::find_policy_setting(name))
            out[name] = value_of(*setting, text);
    return out;
}

/// As it is kept: numbers as they are written, lists an entry a line. Nothing: it is neither.
std::optional<std::string> text_of(const Json& value) {
    if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
    if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return std::nullopt;
    std::string out;
    for (const Json& entry : value) {
        if (!entry.is_string()) return std::nullopt;
        const auto text = entry.get<std::string>();
        if (text.find('\n') != std::string::npos) return std::nullopt;
        out += (out.empty() ? "" : "\n") + text;
    }
    return out;
}

/// Empty, or what is wrong.
std::string take(const Json& settings, DevicePolicy& policy) {
    for (const auto& [name, value] : settings.items()) {
        const eas::PolicySetting* setting = eas::find_policy_setting(name);
        if (setting == nullptr) return name + ": there is no such setting";
        const auto text = text_of(value);
        if (!text) return name + ": its value is no number, text or list of texts";
        if (const std::string fault = eas::policy_fault(*setting, *text); !fault.empty())
            return name + ": " + fault;
        policy.insert_or_assign(name, *text);
    }
    return {};
}

/// The devices of a mailbox that wait for news hear of it now, others with their next request.
awaitable<void> tell_devices(ServicesPtr services, base::AccountId account) {
    if (!account || services->live_devices == nullptr) co_return;
    eas::DeviceStore devices(services->store.engine());
    const auto names = co_await devices.names(account);
    if (!names) co_return;
    for (const std::string& name : *names) services->live_devices->end_waiting(eas::DeviceKey{account, name});
}

awaitable<Reply> policy_show(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string name = text(arguments, "who");
    const auto subject = co_await subject_of(services, name);
    if (!subject) co_return subject.error();
    DevicePolicies policies(services->store.engine());
    const auto own = co_await policies.get(subject->post_office, subject->account);
    if (!own) co_return fault_of(own.error(), name);
    const auto effective = co_await policies.effective(subject->post_office, subject->account);
    if (!effective) co_return fault_of(effective.error(), name);
    Json out = Json::object();
    out["set"] = shown(*own);
    out["effective"] = shown(*effective);
    co_return out;
}

awaitable<Reply> change(ServicesPtr services, std::string name, Subject subject, DevicePolicy policy) {
    DevicePolicies policies(services->store.engine());
    const auto done =
        co_await policies.set(std::move(subject.post_office), subject.account, std::move(policy));
    if (!done) co_return fault_of(done.error(), name);
    co_await tell_devices(services, subject.account);
    co_return Json::object();
}

awaitable<Reply> policy_set(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string name = text(arguments, "who");
    const auto subject = co_await subject_of(services, name);
    if (!subject) co_return subject.error();
    DevicePolicies policies(services->store.engine());
    auto policy = co_await policies.get(subject->post_office, subject->account);
    if (!policy) co_return fault_of(policy.error(), name);
    if (const std::string wrong = take(arguments["settings"], *policy); !wrong.empty())
        co_return Fault("invalid", wrong);
    co_return co_await change(services, name, *subject, std::move(*policy));
}

/// Some settings, or all.
awaitable<Reply> policy_unset(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string name = text(arguments, "who");
    const auto subject = co_await subject_of(services, name);
    if (!subject) co_return subject.error();
    DevicePolicies policies(services->store.engine());
    auto policy = co_await policies.get(subject->post_office, subject->account);
    if (!policy) co_return fault_of(policy.error(), name);
    const Json names = arguments.contains("names") ? arguments["names"] : Json::array();
    for (const Json& one : names) {
        const std::string setting = one.is_string() ? one.get<std::string>() : std::string();
        if (eas::find_policy_setting(setting) == nullptr)
            co_return Fault("invalid", setting + ": there is no such setting");
        policy->erase(setting);
    }
    if (names.empty()) policy->clear();
    co_return co_await change(services, name, *subject, std::move(*policy));
}

}  // namespace

std::span<const Operation> policy_operations() {
    static constexpr std::array table{
        Operation{"policy.show", "who", "", policy_show},
        Operation{"policy.set", "who settings", "", policy_set},
        Operation{"policy.unset", "who", "names", policy_unset},
    };
    return table;
}

}  // namespace admin

// DevicePolicies: what phones and computers that synchronise must obey, as operators have set it for a post
// office or a mailbox. Names and texts are those of MS-ASPROV; what they mean is for src/eas to know.
#pragma once
#include <map>
#include <string>

#include "base/ids.hpp"
#include "directory/directory.hpp"
#include "store/engine/engine.hpp"

namespace directory {

/// Setting → value.
using DevicePolicy = std::map<std::string, std::string, std::less<>>;

/// Rows of their own, "d/o/<office>/policies": `o` the office's, m<account> a mailbox's. They go with the
/// office.
class DevicePolicies {
public:
    explicit DevicePolicies(store::engine::Engine& engine) : engine_(engine) {}

    /// What is set there itself; account 0: for the post office. Empty: nothing. \errors corrupt, unavailable
    awaitable<Result<DevicePolicy>> get(std::string post_office, base::AccountId account);
    /// The office's, and each setting of the mailbox's in its place.
    awaitable<Result<DevicePolicy>> effective(std::string post_office, base::AccountId account);
    /// Empty: nothing is set any more. The office must exist.
    awaitable<Result<void>> set(std::string post_office, base::AccountId account, DevicePolicy policy);

private:
    store::engine::Engine& engine_;
};

}  // namespace directory

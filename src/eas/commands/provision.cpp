// Provision: MS-ASPROV section 3.2.5.1. Two phases, and the wipe that an operator ordered.
#include "base/log.hpp"
#include "eas/session.hpp"
#include "eas/syntax/status.hpp"

namespace eas {
namespace {

// MS-ASPROV section 2.2.2.53.2
constexpr int provision_ok = 1, provision_protocol_error = 2;
// section 2.2.2.53.3, of a policy
constexpr int policy_unknown_type = 3, policy_wrong_key = 5;
// section 2.2.2.53.1, how much of it a device obeys
constexpr int obeys = 1, obeys_in_part = 2, obeys_not = 3, obeys_others = 4;
// section 2.2.2.53.4, of a wipe
constexpr int wipe_done = 1;

std::uint32_t new_key(base::Random& random) {
    // Positive as a signed number too: devices keep it in 32 bits.
    const auto number = static_cast<std::uint32_t>(random.number() & 0x7FFFFFFFU);
    return number == 0 ? 1 : number;
}

bool is_to_wipe(const Device& device) {
    return device.access == Device::Access::wipe || device.access == Device::Access::wipe_account;
}

/// An account-only wipe is 16.1's; older devices know none that spares the rest, and get none.
Wipe wipe_of(const Device& device, std::uint16_t version) {
    if (!is_to_wipe(device)) return Wipe::none;
    if (device.access == Device::Access::wipe) return Wipe::device;
    return version >= Device::account_wipe_version ? Wipe::account : Wipe::none;
}

/// Why a device that obeys so much is not served; ok: it is. Section 3.2.5.1.2.1.
int refusal_of(int compliance, const Device& device, const PolicySettings& policy) {
    const bool any_device = device.offered_policy == 0 || allows(policy, allow_non_provisionable);
    switch (compliance) {
        case obeys:
            return status::ok;
        case obeys_in_part:
            return any_device ? status::ok : status::partial_policy;
        case obeys_not:
            return any_device ? status::ok : status::not_provisionable;
        case obeys_others: {
            const bool fine = any_device || allows(policy, allow_external_management);
            return fine ? status::ok : status::managed_elsewhere;
        }
        default:
            return provision_protocol_error;
    }
}

}  // namespace

/// Section 3.2.5.1.2.2: one that has failed is asked again.
void Session::acknowledge_wipe(int done, ProvisionAnswer& out) {
    Device& device = rows_.device;
    if (!is_to_wipe(device)) return;
    if (done != wipe_done) {
        out.status = provision_protocol_error;
        out.wipe = wipe_of(device, version_);
        base::log::warn("eas", "a device could not wipe itself",
                        {{"user", identity_.name}, {"device", device.id}, {"status", done}});
        return;
    }
    device.access = Device::Access::wiped;
    changes_.device = true;
    changes_.all_collections_forgotten = true;
    base::log::info("eas", "device wiped", {{"user", identity_.name}, {"device", device.id}});
}

awaitable<Answer> Session::provision() {
    const ProvisionRequest request = parse_provision(root());
    Device& device = rows_.device;
    ProvisionAnswer out;
    if (request.malformed) {
        out.status = provision_protocol_error;
        co_return wbxml(write_provision(out));
    }
    if (request.information) {
        out.with_information = version_ >= 141;
        changes_.device = changes_.device || device.information != *request.information;
        device.information = *request.information;
    }
    if (request.wiped) {
        acknowledge_wipe(*request.wiped, out);
        co_return wbxml(write_provision(out));
    }
    out.wipe = wipe_of(device, version_);
    if (is_to_wipe(device) || request.policy_type.empty()) co_return wbxml(write_provision(out));
    out.with_policy = true;
    out.policy_type = request.policy_type;
    changes_.device = true;
    if (!request.known_type) {
        out.policy_status = policy_unknown_type;
    } else if (request.asks_policy) {
        device.temporary_key = new_key(services_->random);
        device.offered_policy = policy_hash(policy_);
        out.policy_key = std::to_string(device.temporary_key);
        out.document = &policy_;
    } else if (device.temporary_key == 0 || request.policy_key != std::to_string(device.temporary_key)) {
        out.policy_status = policy_wrong_key;
    } else if (const int refusal = refusal_of(*request.acknowledged, device, policy_);
               refusal == status::ok) {
        // The former key stays good until the new one is shown: the answer may be lost.
        device.previous_key = device.policy == device.offered_policy ? device.policy_key : 0;
        device.policy_key = new_key(services_->random);
        device.policy = device.offered_policy;
        device.temporary_key = 0;
        out.policy_key = std::to_string(device.policy_key);
    } else {
        // Also the key that it had: what it obeyed before it obeys no more.
        device.temporary_key = device.policy_key = device.previous_key = 0;
        base::log::warn("eas", "a device does not obey its policy",
                        {{"user", identity_.name}, {"device", device.id}, {"status", refusal}});
        co_return common(refusal);
    }
    out.status = provision_ok;
    co_return wbxml(write_provision(out));
}

}  // namespace eas

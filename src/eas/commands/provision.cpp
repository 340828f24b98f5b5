// Provision: MS-ASPROV section 3.2.5.1. Two phases, and the wipe that an operator ordered.
#include "base/log.hpp"
#include "eas/session.hpp"

namespace eas {
namespace {

// MS-ASPROV section 2.2.2.53.2
constexpr int provision_ok = 1, provision_protocol_error = 2;
// section 2.2.2.53.3, of a policy
constexpr int policy_ok = 1, policy_unknown_type = 3, policy_wrong_key = 5;

std::uint32_t new_key(base::Random& random) {
    // Positive as a signed number too: devices keep it in 32 bits.
    const auto number = static_cast<std::uint32_t>(random.number() & 0x7FFFFFFFU);
    return number == 0 ? 1 : number;
}

}  // namespace

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
        if (*request.wiped == 1 &&
            (device.access == Device::Access::wipe || device.access == Device::Access::wipe_account)) {
            device.access = Device::Access::wiped;
            changes_.device = true;
            changes_.all_collections_forgotten = true;
            base::log::info("eas", "device wiped", {{"user", identity_.name}, {"device", device.id}});
        }
        co_return wbxml(write_provision(out));
    }
    if (device.access == Device::Access::wipe || device.access == Device::Access::wipe_account) {
        // An account-only wipe is 16.1's; older devices know none that spares the rest, and get none.
        out.wipe = device.access == Device::Access::wipe ? Wipe::device : Wipe::account;
        if (out.wipe == Wipe::account && version_ < 161) out.wipe = Wipe::none;
        co_return wbxml(write_provision(out));
    }
    if (request.policy_type.empty()) co_return wbxml(write_provision(out));
    out.with_policy = true;
    out.policy_type = request.policy_type;
    changes_.device = true;
    if (!request.known_type) {
        out.policy_status = policy_unknown_type;
    } else if (request.asks_policy) {
        device.temporary_key = new_key(services_->random);
        out.policy_key = std::to_string(device.temporary_key);
        out.with_document = true;
    } else if (device.temporary_key == 0 || request.policy_key != std::to_string(device.temporary_key)) {
        out.policy_status = policy_wrong_key;
    } else if (*request.acknowledged == 1 || *request.acknowledged == 2) {
        // The former key stays good until the new one is shown: the answer may be lost.
        device.previous_key = device.policy_key;
        device.policy_key = new_key(services_->random);
        device.temporary_key = 0;
        out.policy_key = std::to_string(device.policy_key);
    } else {
        out.policy_status = policy_ok;  // it does not obey, and nothing asks it to
    }
    out.status = provision_ok;
    co_return wbxml(write_provision(out));
}

}  // namespace eas

// The three roles as policies. An operator's configuration starts from one of them.
#include "smtp/services.hpp"

namespace smtp {
namespace {

constexpr TextPolicy trusting{Stray::normalise, Stray::normalise, Stray::normalise};

}  // namespace

Policy Policy::inbound() {
    Policy policy;
    policy.role = Role::inbound;
    policy.one_from_field = true;
    policy.text = {Stray::reject, Stray::reject, Stray::normalise};
    policy.text_from_loopback = trusting;
    return policy;
}

Policy Policy::submission() {
    Policy policy;
    policy.role = Role::submission;
    policy.offer_auth = true;
    policy.require_auth = true;
    policy.require_tls = true;
    policy.sender_must_be_owned = true;
    policy.complete_header = true;
    policy.remove_bcc = true;
    policy.text = trusting;  // our own users' programs; what leaves us later is clean
    policy.text_from_loopback = trusting;
    return policy;
}

Policy Policy::lmtp() {
    Policy policy;
    policy.role = Role::lmtp;
    policy.local_peers_only = true;
    policy.text = trusting;
    policy.text_from_loopback = trusting;
    return policy;
}

}  // namespace smtp

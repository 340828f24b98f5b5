#include "eas/syntax/provision_request.hpp"

#include "eas/syntax/elements.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::provision;

constexpr std::string_view wbxml_policy = "MS-EAS-Provisioning-WBXML";  // MS-ASPROV section 2.2.2.44
constexpr std::size_t text_bytes_max = 256;  // of one thing that a device tells of itself

std::string text_of(wbxml::Element set, wbxml::Tag tag) {
    return std::string(set.child(tag).text().substr(0, text_bytes_max));
}

std::optional<int> small_number(wbxml::Element element) {
    const auto number = element.number();
    if (!number || *number < 0 || *number > 255) return std::nullopt;
    return static_cast<int>(*number);
}

}  // namespace

std::optional<DeviceInformation> parse_device_information(wbxml::Element element) {
    namespace settings = wbxml::settings;
    const wbxml::Element set = element.child(settings::set);
    if (!set) return std::nullopt;
    DeviceInformation out;
    out.model = text_of(set, settings::model);
    out.imei = text_of(set, settings::imei);
    out.friendly_name = text_of(set, settings::friendly_name);
    out.os = text_of(set, settings::os);
    out.os_language = text_of(set, settings::os_language);
    out.phone_number = text_of(set, settings::phone_number);
    out.mobile_operator = text_of(set, settings::mobile_operator);
    out.user_agent = text_of(set, settings::user_agent);
    return out;
}

ProvisionRequest parse_provision(wbxml::Element root) {
    ProvisionRequest out;
    const wbxml::Element information = root.child(wbxml::settings::device_information);
    out.information = parse_device_information(information);
    if (information && !out.information) out.malformed = true;
    for (const wbxml::Tag tag : {tags::remote_wipe, tags::account_only_remote_wipe})
        if (const wbxml::Element wipe = root.child(tag)) {
            out.wiped = small_number(wipe.child(tags::status));
            if (!out.wiped) out.malformed = true;
        }
    const wbxml::Element policy = root.child(tags::policies).child(tags::policy);
    if (policy) {
        if (has_twins(policy)) out.malformed = true;
        out.policy_type = policy.child(tags::policy_type).text();
        out.known_type = out.policy_type == wbxml_policy;
        out.policy_key = policy.child(tags::policy_key).text();
        out.acknowledged = small_number(policy.child(tags::status));
        out.asks_policy = out.policy_key.empty() && !out.acknowledged;
        if (out.policy_type.empty() || out.policy_key.empty() != !out.acknowledged) out.malformed = true;
    }
    if (!policy && !out.wiped && !out.information) out.malformed = root.has_children();
    return out;
}

std::string write_provision(const ProvisionAnswer& answer) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(tags::provision);
    if (answer.with_information) {
        to.open(wbxml::settings::device_information);
        to.number(wbxml::settings::status, 1);
        to.close();
    }
    to.number(tags::status, answer.status);
    if (answer.with_policy) {
        to.open(tags::policies);
        to.open(tags::policy);
        to.text(tags::policy_type, answer.policy_type);
        to.number(tags::status, answer.policy_status);
        if (!answer.policy_key.empty()) to.text(tags::policy_key, answer.policy_key);
        if (answer.document != nullptr) {
            to.open(tags::data);
            write_policy(to, *answer.document);
            to.close();
        }
        to.close();
        to.close();
    }
    if (answer.wipe == Wipe::device) to.empty(tags::remote_wipe);
    if (answer.wipe == Wipe::account) to.empty(tags::account_only_remote_wipe);
    to.close();
    return out;
}

}  // namespace eas

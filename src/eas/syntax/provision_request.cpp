#include "eas/syntax/provision_request.hpp"

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

/// No demands: an operator's wishes are not configured yet, and what is not named is not asked for. All that
/// MS-ASPROV has is named, since some devices keep the former value of what is absent.
void write_document(wbxml::Encoder& to) {
    to.open(tags::eas_provision_doc);
    to.number(tags::device_password_enabled, 0);
    to.number(tags::alphanumeric_device_password_required, 0);
    to.number(tags::password_recovery_enabled, 0);
    to.number(tags::require_storage_card_encryption, 0);
    to.number(tags::attachments_enabled, 1);
    to.empty(tags::min_device_password_length);
    to.empty(tags::max_inactivity_time_device_lock);
    to.empty(tags::max_device_password_failed_attempts);
    to.empty(tags::max_attachment_size);
    to.number(tags::allow_simple_device_password, 1);
    to.empty(tags::device_password_expiration);
    to.number(tags::device_password_history, 0);
    for (const wbxml::Tag allowed : {tags::allow_storage_card, tags::allow_camera}) to.number(allowed, 1);
    to.number(tags::require_device_encryption, 0);
    to.number(tags::allow_unsigned_applications, 1);
    to.number(tags::allow_unsigned_installation_packages, 1);
    to.number(tags::min_device_password_complex_characters, 1);
    for (const wbxml::Tag allowed :
         {tags::allow_wi_fi, tags::allow_text_messaging, tags::allow_popimap_email})
        to.number(allowed, 1);
    to.number(tags::allow_bluetooth, 2);
    to.number(tags::allow_ir_da, 1);
    to.number(tags::require_manual_sync_when_roaming, 0);
    to.number(tags::allow_desktop_sync, 1);
    to.number(tags::max_calendar_age_filter, 0);
    to.number(tags::allow_html_email, 1);
    to.number(tags::max_email_age_filter, 0);
    to.number(tags::max_email_body_truncation_size, -1);
    to.number(tags::max_email_html_body_truncation_size, -1);
    to.number(tags::require_signed_smime_messages, 0);
    to.number(tags::require_encrypted_smime_messages, 0);
    to.number(tags::require_signed_smime_algorithm, 0);
    to.number(tags::require_encryption_smime_algorithm, 0);
    to.number(tags::allow_smime_encryption_algorithm_negotiation, 2);
    for (const wbxml::Tag allowed :
         {tags::allow_smime_soft_certs, tags::allow_browser, tags::allow_consumer_email,
          tags::allow_remote_desktop, tags::allow_internet_sharing})
        to.number(allowed, 1);
    to.empty(tags::unapproved_in_rom_application_list);
    to.empty(tags::approved_application_list);
    to.close();
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
        if (answer.with_document) {
            to.open(tags::data);
            write_document(to);
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

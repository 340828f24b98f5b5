// Settings: out-of-office answers, what a device is and how it is unlocked, who its user is. MS-ASCMD
// section 2.2.2.17.
#include <algorithm>

#include "base/log.hpp"
#include "eas/session.hpp"
#include "eas/syntax/settings_request.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::settings;

// MS-ASCMD section 2.2.3.167.14
constexpr int settings_ok = 1, settings_protocol_error = 2, settings_unavailable = 4,
              settings_invalid_arguments = 5, settings_denied = 7;
constexpr std::size_t recovery_password_bytes_max = 256;  // a device's own are some 16 characters

void status_alone(wbxml::Encoder& to, wbxml::Tag tag, int status) {
    to.open(tag);
    to.number(tags::status, status);
    to.close();
}

}  // namespace

awaitable<void> Session::settings_oof(wbxml::Encoder* to, wbxml::Element oof) {
    const wbxml::Element set = oof.child(tags::set), get = oof.child(tags::get);
    if (set) {
        const auto wanted = parse_oof(set);
        int status = settings_protocol_error;
        if (wanted) {
            const auto kept = co_await services_->devices.set_out_of_office(identity_.account, *wanted);
            status = kept ? settings_ok : settings_unavailable;
        }
        status_alone(*to, tags::oof, status);
        co_return;
    }
    if (!get || !is_oof_body_type(get.child(tags::body_type).text())) {
        status_alone(*to, tags::oof, settings_protocol_error);
        co_return;
    }
    const auto kept = co_await services_->devices.out_of_office(identity_.account);
    if (!kept) {
        status_alone(*to, tags::oof, settings_unavailable);
        co_return;
    }
    to->open(tags::oof);
    to->number(tags::status, settings_ok);
    write_oof(*to, *kept, get.child(tags::body_type).text());
    to->close();
}

awaitable<void> Session::settings_user(wbxml::Encoder* to) {
    const auto mailbox = co_await services_->directory.mailbox(identity_.account);
    if (!mailbox) {
        status_alone(*to, tags::user_information, settings_unavailable);
        co_return;
    }
    to->open(tags::user_information);
    to->number(tags::status, settings_ok);
    to->open(tags::get);
    if (version_ >= 141) {
        to->open(tags::accounts);
        to->open(tags::account);
        to->text(tags::user_display_name, mailbox->name);
    }
    to->open(tags::email_addresses);
    for (const std::string& address : mailbox->addresses) to->text(tags::smtp_address, address);
    if (version_ >= 141 && !mailbox->addresses.empty())
        to->text(tags::primary_smtp_address, mailbox->addresses.front());
    to->close();
    if (version_ >= 141) {
        to->close();
        to->close();
    }
    to->close();
    to->close();
}

/// Section 2.2.3.46: what an operator tells a user who has forgotten how to unlock his phone. An empty one
/// takes it back.
awaitable<int> Session::keep_recovery_password(wbxml::Element property) {
    const wbxml::Element password = property.child(tags::set).child(tags::password);
    if (!password || password.has_children()) co_return settings_protocol_error;
    if (!allows(policy_, "PasswordRecoveryEnabled")) co_return settings_denied;
    if (password.text().size() > recovery_password_bytes_max) co_return settings_invalid_arguments;
    base::Secret given{std::string(password.text())};
    const auto kept =
        co_await services_->directory.set_recovery_password(identity_.account, key_.device, std::move(given));
    if (kept) co_return settings_ok;
    base::log::warn("eas", "a recovery password is not kept",
                    {{"user", identity_.name}, {"device", key_.device}, {"why", kept.error().what()}});
    co_return kept.error().is(store::Errc::invalid) ? settings_invalid_arguments : settings_unavailable;
}

awaitable<bool> Session::settings_property(wbxml::Encoder* to, wbxml::Element property) {
    if (property.tag() == tags::oof) {
        co_await settings_oof(to, property);
    } else if (property.tag() == tags::device_information) {
        auto information = parse_device_information(property);
        status_alone(*to, tags::device_information, information ? settings_ok : settings_protocol_error);
        if (information && rows_.device.information != *information) {
            rows_.device.information = std::move(*information);
            changes_.device = true;
        }
    } else if (property.tag() == tags::device_password) {
        const int status = co_await keep_recovery_password(property);
        status_alone(*to, tags::device_password, status);
    } else if (property.tag() == tags::user_information && property.child(tags::get)) {
        co_await settings_user(to);
    } else if (property.tag() == tags::user_information) {
        status_alone(*to, tags::user_information, settings_protocol_error);
    } else if (property.tag() == tags::rights_management_information) {
        to->open(tags::rights_management_information);
        to->number(tags::status, settings_ok);
        to->open(tags::get);
        to->empty(wbxml::rightsmanagement::rights_management_templates);
        to->close();
        to->close();
    } else {
        co_return false;
    }
    co_return true;
}

/// Answers come in the order of the request.
awaitable<Answer> Session::settings() {
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::settings);
    to.number(tags::status, settings_ok);
    bool any = false;
    std::vector<wbxml::Tag> seen;
    for (const wbxml::Element property : root()) {
        // Each once: the schema of the answer has each once.
        if (std::ranges::find(seen, property.tag()) != seen.end()) continue;
        const bool known = co_await settings_property(&to, property);
        if (known) seen.push_back(property.tag());
        any = any || known;
    }
    to.close();
    if (!any) co_return wbxml(write_status(Command::settings, settings_protocol_error));
    co_return wbxml(std::move(body));
}

}  // namespace eas

#include "eas/syntax/compose_request.hpp"

#include <algorithm>

#include "eas/syntax/elements.hpp"
#include "eas/syntax/mail_item.hpp"
#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::composemail;

constexpr std::size_t name_octets_max = 256;
constexpr std::size_t address_octets_max = 320;  // RFC 5321 section 4.5.3.1

bool take_forwardees(wbxml::Element list, std::vector<Forwardee>& out) {
    for (const wbxml::Element one : list) {
        Forwardee made;
        made.address = one.child(tags::forwardee_email).text();
        made.name = forwardee_name(one.child(tags::forwardee_name).text());
        if (one.tag() != tags::forwardee || !is_forwardee(made.address) || out.size() == forwardees_max)
            return false;
        const bool again = std::ranges::find(out, made.address, &Forwardee::address) != out.end();
        if (!again) out.push_back(std::move(made));
    }
    return true;
}

/// MS-ASAIRS section 2.2.2.9: of its children only Type and Data.
bool take_text(wbxml::Element body, ComposeRequest& out) {
    namespace base_tags = wbxml::airsyncbase;
    for (const wbxml::Element child : body)
        if (child.tag() != base_tags::type && child.tag() != base_tags::data) return false;
    const auto type = body.child(base_tags::type).number();
    if (type != 1 && type != 2) return false;
    out.text = body.child(base_tags::data).text();
    if (type == 2) out.text_type = BodyType::html;
    return true;
}

/// MS-ASCMD section 2.2.3.159: what passes a meeting on has no message, and is saved by itself.
int passing_on_fault(wbxml::Element root, ComposeRequest& out) {
    const wbxml::Element list = root.child(tags::forwardees), body = root.child(wbxml::airsyncbase::body);
    const bool beside = root.child(tags::mime) || out.save_in_sent || out.replace ||
                        root.child(wbxml::rightsmanagement::template_id);
    if (beside) return status::bad_combination;
    if (!take_forwardees(list, out.forwardees) || (body && !take_text(body, out)))
        return status::bad_forwardees;
    if (list && out.forwardees.empty()) return status::bad_forwardees;
    return out.forwardees.empty() ? status::no_recipients : status::ok;
}

}  // namespace

bool is_forwardee(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return false;
    return address.size() <= address_octets_max && std::ranges::none_of(address, [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F ||
                      std::string_view("<>(),;:\"\\").find(c) != std::string_view::npos;
           });
}

std::string forwardee_name(std::string_view utf8) {
    std::string out(cut_utf8(utf8, name_octets_max));
    std::ranges::replace_if(
        out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return out;
}

ComposeRequest parse_compose(wbxml::Element root, Command command, std::uint16_t version) {
    ComposeRequest out;
    out.client_id = root.child(tags::client_id).text();
    out.message = root.child(tags::mime).text();
    out.save_in_sent = static_cast<bool>(root.child(tags::save_in_sent_items));
    out.replace = static_cast<bool>(root.child(tags::replace_mime));
    const wbxml::Element source = root.child(tags::source);
    out.folder_id = source.child(tags::folder_id).text();
    out.item_id = source.child(tags::item_id).text();
    out.long_id = source.child(tags::long_id).text();
    if (const wbxml::Element instance = source.child(tags::instance_id)) out.instance_id = instance.text();
    out.passes_on = command == Command::smart_forward && version >= 160 &&
                    (root.child(tags::forwardees) || root.child(wbxml::airsyncbase::body));
    if (out.passes_on) out.status = passing_on_fault(root, out);
    // MS-ASCMD section 2.2.3.28.2: at most 40 characters.
    if (out.client_id.empty() || out.client_id.size() > 40) out.status = status::invalid_xml;
    if (!out.passes_on && !root.child(tags::mime)) out.status = status::invalid_xml;
    // Section 2.2.3.3.1: no account has an id that a device could know.
    if (!root.child(tags::account_id).text().empty()) out.status = status::invalid_account;
    const bool about = command != Command::send_mail;
    if (about && !source) out.status = status::invalid_xml;
    if (has_twins(root) || has_twins(source)) out.status = status::invalid_xml;
    return out;
}

}  // namespace eas

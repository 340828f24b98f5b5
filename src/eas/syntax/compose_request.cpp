#include "eas/syntax/compose_request.hpp"

#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {

ComposeRequest parse_compose(wbxml::Element root, Command command) {
    namespace tags = wbxml::composemail;
    ComposeRequest out;
    out.client_id = root.child(tags::client_id).text();
    out.message = root.child(tags::mime).text();
    out.save_in_sent = static_cast<bool>(root.child(tags::save_in_sent_items));
    out.replace = static_cast<bool>(root.child(tags::replace_mime));
    const wbxml::Element source = root.child(tags::source);
    out.folder_id = source.child(tags::folder_id).text();
    out.item_id = source.child(tags::item_id).text();
    out.long_id = source.child(tags::long_id).text();
    out.instance_id = source.child(tags::instance_id).text();
    // MS-ASCMD section 2.2.3.28.2: at most 40 characters.
    if (out.client_id.empty() || out.client_id.size() > 40) out.status = status::invalid_xml;
    if (!root.child(tags::mime)) out.status = status::invalid_xml;
    // Section 2.2.3.3.1: no account has an id that a device could know.
    if (!root.child(tags::account_id).text().empty()) out.status = status::invalid_account;
    const bool about = command != Command::send_mail;
    if (about && !source) out.status = status::invalid_xml;
    return out;
}

}  // namespace eas

#include "eas/syntax/attachments.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/fingerprint.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::airsyncbase;

std::string octets_of(wbxml::Element element) {
    if (element.is_opaque()) return std::string(element.text());
    return base::base64_decode(element.text()).value_or(std::string(element.text()));
}

AddedAttachment added_attachment(wbxml::Element element) {
    AddedAttachment out;
    out.client_id = element.child(tags::client_id).text();
    out.name = line_of(element.child(tags::display_name), "attachment");
    out.type = line_of(element.child(tags::content_type));
    out.content_id = line_of(element.child(tags::content_id));
    out.octets = octets_of(element.child(tags::content));
    out.is_inline = element.child(tags::is_inline).text() == "1";
    out.name_in_event = name_of_attachment(out);
    return out;
}

}  // namespace

AttachmentChanges parse_attachments(wbxml::Element attachments, const AttachmentLimits& limits) {
    AttachmentChanges out;
    for (const wbxml::Element one : attachments) {
        if (out.added.size() + out.removed.size() == limits.changes_max) out.faulty = true;
        if (out.faulty) break;
        if (one.tag() == tags::delete_) {
            out.removed.emplace_back(one.child(tags::file_reference).text());
        } else if (one.tag() == tags::add) {
            out.added.push_back(added_attachment(one));
            out.faulty =
                !one.child(tags::content) || out.added.back().client_id.size() > limits.client_id_bytes_max;
        } else {
            out.faulty = true;
        }
    }
    return out;
}

std::string name_of_attachment(const AddedAttachment& one) {
    std::uint64_t hash = base::fingerprint(one.client_id);
    for (const std::string* text : {&one.name, &one.octets})
        hash = base::fingerprint(*text, base::fingerprint("\n", hash));
    return fmt::format("{:016x}", hash);
}

std::string line_of(wbxml::Element element, std::string_view otherwise) {
    std::string out(element ? element.text() : otherwise);
    std::ranges::replace_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    return out;
}

}  // namespace eas

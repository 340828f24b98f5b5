#include "discovery/request.hpp"

#include <pugixml.hpp>

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"

namespace discovery {

namespace {

constexpr std::size_t address_bytes_max = 320;

/// The name without its prefix: some clients write "ad:Request".
std::string_view local_name(pugi::xml_node node) {
    const std::string_view name = node.name();
    return name.substr(name.find(':') == std::string_view::npos ? 0 : name.find(':') + 1);
}

pugi::xml_node child_of(pugi::xml_node node, std::string_view name) {
    for (const pugi::xml_node child : node.children())
        if (base::equals_nocase(local_name(child), name)) return child;
    return {};
}

}  // namespace

std::optional<AutodiscoverRequest> parse_autodiscover(std::string_view xml) {
    if (xml.size() > autodiscover_bytes_max) return std::nullopt;
    pugi::xml_document document;
    // Document types and entities of their own are not read at all.
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_auto))
        return std::nullopt;
    const pugi::xml_node root = child_of(document, "Autodiscover"), request = child_of(root, "Request");
    // MS-ASCMD section 2.2.3.141.1: one of them.
    const auto is_request = [](const pugi::xml_node& node) {
        return base::equals_nocase(local_name(node), "Request");
    };
    if (std::ranges::count_if(root.children(), is_request) != 1) return std::nullopt;
    AutodiscoverRequest out;
    out.address = base::trimmed(child_of(request, "EMailAddress").text().get());
    const std::size_t at = out.address.find('@');
    if (at == std::string::npos || at == 0 || at + 1 == out.address.size() ||
        out.address.size() > address_bytes_max)
        return std::nullopt;
    const std::string schema =
        base::lowered(base::trimmed(child_of(request, "AcceptableResponseSchema").text().get()));
    if (schema.find("/mobilesync/responseschema/2006") != std::string::npos) {
        out.schema = AutodiscoverRequest::Schema::mobilesync;
    } else if (schema.find("/outlook/responseschema/2006a") != std::string::npos) {
        out.schema = AutodiscoverRequest::Schema::outlook;
    }
    return out;
}

std::string query_value(std::string_view query, std::string_view key) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (base::equals_nocase(pair.substr(0, equals), key))
            return base::query_decoded(pair.substr(std::min(equals + 1, pair.size())), base::Plus::is_blank);
    }
    return {};
}

}  // namespace discovery

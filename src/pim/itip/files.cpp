#include "pim/itip/files.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace pim::itip {
namespace {

constexpr std::size_t name_octets = 16;
constexpr std::string_view scheme = "CID:", host = "@attachment.invalid";

}  // namespace

bool holds_octets(const Property& property) {
    return property.name == "ATTACH" && (base::equals_nocase(property.parameter("ENCODING"), "BASE64") ||
                                         base::equals_nocase(property.parameter("VALUE"), "BINARY"));
}

bool is_file_name(std::string_view text) {
    return text.size() == name_octets &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string file_content_id(std::string_view name) { return std::string(name) + std::string(host); }

std::string_view file_name_in_value(std::string_view value) {
    if (value.size() != scheme.size() + name_octets + host.size()) return {};
    const std::string_view name = value.substr(scheme.size(), name_octets);
    return value.starts_with(scheme) && value.ends_with(host) && is_file_name(name) ? name
                                                                                    : std::string_view();
}

std::string_view file_name_in(const Property& property) {
    if (property.name != "ATTACH") return {};
    const std::string_view name = property.parameter(file_name_parameter);
    return !name.empty() && name == file_name_in_value(property.value) ? name : std::string_view();
}

}  // namespace pim::itip

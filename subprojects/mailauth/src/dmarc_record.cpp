// The policy record, RFC 9989 section 4.7.
#include <algorithm>
#include <optional>

#include "mailauth/dmarc.hpp"
#include "mailauth/domain.hpp"
#include "tag_list.hpp"

namespace mailauth {

namespace {

std::optional<DmarcPolicy> read_policy(std::string_view word) {
    if (same_text(word, "none")) return DmarcPolicy::none;
    if (same_text(word, "quarantine")) return DmarcPolicy::quarantine;
    if (same_text(word, "reject")) return DmarcPolicy::reject;
    return {};
}

/// Comma-separated URIs; a size behind "!" was RFC 7489's and goes, what is no URI is passed over.
std::vector<std::string> read_uris(std::string_view list, std::size_t uris_max) {
    std::vector<std::string> uris;
    for (const std::string_view part : split(list, ',')) {
        const std::string_view uri = trim(part.substr(0, part.find('!')));
        const std::size_t colon = uri.find(':');
        const bool plain = std::all_of(uri.begin(), uri.end(), [](char c) { return c > 0x20 && c < 0x7f; });
        if (colon == std::string_view::npos || colon == 0 || colon + 1 == uri.size() || !plain) continue;
        if (same_text(uri.substr(0, colon), "mailto") && uri.find('@') == std::string_view::npos) continue;
        if (uris.size() < uris_max) uris.emplace_back(uri);
    }
    return uris;
}

/// tag=value pairs as they come: here a broken or repeated tag does not spoil the others, as long as the
/// version stands first.
std::string_view tag_value(const std::vector<std::string_view>& specs, std::string_view name) {
    for (const std::string_view spec : specs) {
        const std::size_t equals = spec.find('=');
        if (equals == std::string_view::npos) continue;
        if (same_text(trim(spec.substr(0, equals)), name)) return trim(spec.substr(equals + 1));
    }
    return {};
}

bool begins_with_version(const std::vector<std::string_view>& specs) {
    const std::string_view first = specs.front();
    const std::size_t equals = first.find('=');
    return equals != std::string_view::npos && trim(first.substr(0, equals)) == "v" &&
           trim(first.substr(equals + 1)) == "DMARC1";
}

}  // namespace

std::string_view name_of(DmarcPolicy policy) {
    switch (policy) {
        case DmarcPolicy::none:
            return "none";
        case DmarcPolicy::quarantine:
            return "quarantine";
        case DmarcPolicy::reject:
            return "reject";
    }
    return "none";
}

DmarcRecord parse_dmarc_record(std::string_view text) {
    DmarcRecord record;
    record.text = text;
    const std::vector<std::string_view> specs = split(text, ';');
    if (!begins_with_version(specs)) {
        record.fault = "it does not begin with v=DMARC1";
        return record;
    }
    record.aggregate_reports_to = read_uris(tag_value(specs, "rua"), DmarcLimits().uris_max);
    record.failure_reports_to = read_uris(tag_value(specs, "ruf"), DmarcLimits().uris_max);
    record.strict_dkim = same_text(tag_value(specs, "adkim"), "s");
    record.strict_spf = same_text(tag_value(specs, "aspf"), "s");
    record.testing = same_text(tag_value(specs, "t"), "y");
    if (same_text(tag_value(specs, "psd"), "y")) record.psd = DmarcRecord::Psd::yes;
    if (same_text(tag_value(specs, "psd"), "n")) record.psd = DmarcRecord::Psd::no;
    if (!tag_value(specs, "fo").empty()) record.failure_options = tag_value(specs, "fo");

    bool wrong = false;
    const auto policy = [&](std::string_view name, DmarcPolicy otherwise) {
        const std::string_view word = tag_value(specs, name);
        if (word.empty()) return otherwise;
        const std::optional<DmarcPolicy> read = read_policy(word);
        wrong = wrong || !read;
        return read.value_or(otherwise);
    };
    record.policy = policy("p", DmarcPolicy::none);
    record.subdomain_policy = policy("sp", record.policy);
    record.nonexistent_policy = policy("np", record.subdomain_policy);
    if (!wrong) return record;
    // Section 4.7: a policy that cannot be read is "none" for who asks for reports, and else no record.
    record.policy = record.subdomain_policy = record.nonexistent_policy = DmarcPolicy::none;
    if (record.aggregate_reports_to.empty())
        record.fault = "a policy that is none of none, quarantine and reject";
    return record;
}

}  // namespace mailauth

#include "filter/blacklist.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "filter/facts.hpp"

namespace filter {
namespace {

bool is_entry(std::string_view entry) {
    if (entry.empty() || entry.size() > 320) return false;
    const bool printable = std::ranges::none_of(
        entry, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '*'; });
    if (!printable) return false;
    const std::size_t at = entry.rfind('@');
    if (at == std::string_view::npos) return entry != "." && entry.back() != '.';
    return at != 0 && at + 1 < entry.size();
}

}  // namespace

std::string Blacklist::add(const std::vector<std::string>& senders, const std::vector<std::string>& domains) {
    std::vector<std::string> whose = domains;
    if (whose.empty()) whose.emplace_back();
    for (const std::string& domain : whose) {
        if (domain.find('@') != std::string::npos || (domains.size() != 0 && domain.empty()))
            return "not a domain: " + domain;
        Entries& entries = by_domain_[base::lowered(domain)];
        for (const std::string& sender : senders) {
            if (!is_entry(sender)) return "not a domain or an address: " + sender;
            entries.insert(base::lowered(sender));
        }
    }
    return {};
}

/// By the address, its domain, and each domain above it.
std::string Blacklist::find_in(const Entries& entries, const std::string& sender) {
    if (entries.contains(sender)) return sender;
    std::string domain = domain_of(sender);
    if (entries.contains(domain)) return domain;
    domain.insert(0, ".");
    for (std::size_t labels = 0; labels < 128; ++labels) {
        if (entries.contains(domain)) return domain;
        const std::size_t dot = domain.find('.', 1);
        if (dot == std::string::npos) break;
        domain.erase(0, dot);
    }
    return {};
}

std::string Blacklist::find(std::string_view sender, std::string_view recipient) const {
    if (sender.empty() || by_domain_.empty()) return {};
    const std::string who = base::lowered(sender);
    for (const std::string& domain : {std::string(), domain_of(recipient)}) {
        const auto found = by_domain_.find(domain);
        if (found == by_domain_.end()) continue;
        std::string entry = find_in(found->second, who);
        if (!entry.empty()) return entry;
    }
    return {};
}

}  // namespace filter

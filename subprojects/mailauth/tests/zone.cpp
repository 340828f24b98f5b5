#include "zone.hpp"

#include <algorithm>

#include "mailauth/domain.hpp"

namespace mailauth::test {

void Zone::add(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        std::string_view line = trim(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.empty()) continue;
        const std::size_t name_end = line.find_first_of(" \t");
        const std::string name = lower(line.substr(0, name_end));
        line = trim(line.substr(name_end));
        const std::size_t type_end = std::min(line.find_first_of(" \t"), line.size());
        records_[name].emplace_back(line.substr(0, type_end), trim(line.substr(type_end)));
    }
}

Answer Zone::resolve(const Query& query) {
    asked.push_back(query);
    Answer answer;
    std::string name = query.name;
    for (int hops = 0; hops < 10; ++hops) {
        const auto found = records_.find(name);
        if (found == records_.end()) {
            const bool above = std::any_of(records_.begin(), records_.end(),
                                           [&](const auto& entry) { return is_within(entry.first, name); });
            answer.status = above ? DnsStatus::nodata : DnsStatus::nxdomain;
            return answer;
        }
        std::string alias;
        for (const auto& [type, value] : found->second) {
            const bool all = value.empty() || value == name_of(query.type);
            if (type == "TEMPERROR" && all) return Answer();
            if (type == "BOGUS" && all) {
                answer.status = DnsStatus::bogus;
                return answer;
            }
            if (type == "CNAME") alias = value;
            if (type == "SECURE") answer.secure = true;
            if (type != name_of(query.type)) continue;
            answer.status = DnsStatus::found;
            if (type == "TXT") {
                for (std::size_t begin = 0; begin <= value.size();) {
                    const std::size_t end = std::min(value.find(" | ", begin), value.size());
                    answer.texts.push_back(value.substr(begin, end - begin));
                    begin = end + 3;
                }
            } else if (type == "MX") {
                const std::size_t blank = value.find(' ');
                const auto preference = static_cast<std::uint16_t>(value.front() - '0');
                answer.mx.push_back({preference, value.substr(blank + 1)});
            } else if (type == "PTR") {
                answer.names.push_back(value);
            } else {
                answer.addresses.push_back(*IpAddress::parse(value));
            }
        }
        if (answer.found()) return answer;
        if (alias.empty()) {
            answer.status = DnsStatus::nodata;
            return answer;
        }
        name = alias;
    }
    return Answer();
}

}  // namespace mailauth::test

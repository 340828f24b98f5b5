// A zone in memory for tests: lines of "name TYPE value", CNAMEs followed, faults by name.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/dns.hpp"

namespace mailauth::test {

/// TXT values stand as they are, "a | b" are two records. TEMPERROR and BOGUS as a type: every question about
/// that name fails so; "TEMPERROR MX" as type and value: only questions about MX do.
class Zone : public Resolver {
public:
    Zone() = default;
    explicit Zone(std::string_view lines) { add(lines); }
    void add(std::string_view lines);
    Answer resolve(const Query& query) override;

    std::vector<Query> asked;

private:
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> records_;
};

}  // namespace mailauth::test

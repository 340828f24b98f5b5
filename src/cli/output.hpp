// Tables and numbers for people.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cli {

/// "1.5 MiB"
std::string human_bytes(std::uint64_t octets);
/// "90 s", "12 min", "3 h", "5 d"
std::string human_seconds(std::uint64_t seconds);
/// Text from outside, safe for a terminal: control characters become '?'.
std::string printable(std::string_view text);

/// Columns as wide as they need to be; numbers are aligned to the right.
class Table {
public:
    explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    void print() const;

private:
    std::vector<std::string> titles_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace cli

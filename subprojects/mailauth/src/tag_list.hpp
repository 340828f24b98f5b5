// tag=value lists of RFC 6376 section 3.2, for DKIM, ARC, keys and DMARC records.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

struct Tag {
    std::string_view name;
    std::string_view value;  // without the blanks around it; folding within it stays
    std::size_t begin = 0;   // of all that stands between "=" and ";" in the text
    std::size_t end = 0;
};

class TagList {
public:
    /// \p text must outlive the list. A fault in the grammar or a tag that stands twice sets fault().
    explicit TagList(std::string_view text);
    const std::string& fault() const { return fault_; }
    const std::vector<Tag>& tags() const { return tags_; }
    /// Null when there is none. Names are case-sensitive.
    const Tag* find(std::string_view name) const;
    /// Empty when there is none.
    std::string_view value(std::string_view name) const;

private:
    bool add(std::string_view text, std::size_t begin, std::size_t end);

    std::vector<Tag> tags_;
    std::string fault_;
};

/// Without blanks, tabs and line ends.
std::string without_blanks(std::string_view text);
/// The parts between \p separator, trimmed.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace mailauth

// Blacklist: envelope senders whose mail nobody, or nobody of a domain, wants.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace filter {

class Blacklist {
public:
    /// `senders`: "spam.test" (the domain), ".spam.test" (it and all below), "who@spam.test". `domains` are
    /// those of recipients; none: all. \return empty, or what is wrong with an entry
    std::string add(const std::vector<std::string>& senders, const std::vector<std::string>& domains);

    /// \p sender and \p recipient are addresses; <> is on no list. The entry that has it; empty: none.
    std::string find(std::string_view sender, std::string_view recipient) const;
    bool empty() const { return by_domain_.empty(); }

private:
    using Entries = std::unordered_set<std::string>;
    static std::string find_in(const Entries& entries, const std::string& sender);

    std::unordered_map<std::string, Entries> by_domain_;  ///< of recipients; "": all
};

}  // namespace filter

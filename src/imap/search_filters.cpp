#include "imap/search_filters.hpp"

#include <algorithm>
#include <utility>

namespace imap {

namespace {

using Op = SearchKey::Op;

bool has_operands(const SearchKey& key) {
    return key.op == Op::all_of || key.op == Op::any_of || key.op == Op::negate;
}

/// Keys in prefix order, one after another, with the places of those whose operands are still to come.
class Copy {
public:
    explicit Copy(const std::vector<SearchKey>& source) : source_(source) {}

    /// Ends what ends before `at` in the source.
    void close_before(std::size_t at) {
        for (; !open_.empty() && open_.back().second <= at; open_.pop_back())
            out[open_.back().first].span = static_cast<std::uint32_t>(out.size() - open_.back().first);
    }
    void add(std::size_t at) {
        close_before(at);
        if (has_operands(source_[at])) open_.emplace_back(out.size(), at + source_[at].span);
        deepest = std::max(deepest, open_.size());
        out.push_back(source_[at]);
    }
    void add_all(const std::vector<SearchKey>& keys, bool fuzzy) {
        std::vector<std::size_t> ends;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            while (!ends.empty() && ends.back() <= i) ends.pop_back();
            if (has_operands(keys[i])) ends.push_back(i + keys[i].span);
            deepest = std::max(deepest, open_.size() + ends.size());
            out.push_back(keys[i]);
            out.back().fuzzy |= fuzzy && !has_operands(keys[i]);
        }
    }

    std::vector<SearchKey> out;
    std::size_t deepest = 0;

private:
    const std::vector<SearchKey>& source_;
    std::vector<std::pair<std::size_t, std::size_t>> open_;  // place in `out`, end in the source
};

}  // namespace

std::vector<std::string> filters_in(const SearchProgram& program) {
    std::vector<std::string> names;
    for (const SearchKey& key : program.keys)
        if (key.op == Op::filter && std::ranges::find(names, key.text) == names.end())
            names.push_back(key.text);
    return names;
}

bool put_filters(SearchProgram& program, const std::map<std::string, SearchProgram>& filters) {
    Copy copy(program.keys);
    for (std::size_t at = 0; at < program.keys.size(); ++at) {
        const SearchKey& key = program.keys[at];
        const auto known = key.op == Op::filter ? filters.find(key.text) : filters.end();
        if (known == filters.end()) {
            copy.add(at);
            continue;
        }
        const SearchProgram& filter = known->second;
        copy.close_before(at);
        copy.add_all(filter.keys, key.fuzzy);
        program.uses_mod_seq |= filter.uses_mod_seq;
        program.uses_seq |= filter.uses_seq;
        program.uses_fuzzy |= filter.uses_fuzzy;
        program.reads_content |= filter.reads_content;
        if (copy.out.size() > SearchLimits::keys_max || copy.deepest > SearchLimits::depth_max) return false;
    }
    copy.close_before(program.keys.size());
    program.keys = std::move(copy.out);
    program.uses_filter = std::ranges::any_of(program.keys, [](const auto& k) { return k.op == Op::filter; });
    return program.keys.size() <= SearchLimits::keys_max && copy.deepest <= SearchLimits::depth_max;
}

}  // namespace imap

// StoreDirectory: keys that mail of a domain is signed with. One row a domain, beside the domain's own.
#include <algorithm>

#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr std::size_t keys_max = 16;  ///< a key in use, its successor, two algorithms: four are many
constexpr std::size_t selector_max = 63;
constexpr Error no_key{Errc::not_found, "no such key"};
constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};

/// A name below _domainkey: labels as DNS has them.
bool is_selector(std::string_view text) {
    if (text.empty() || text.size() > selector_max || text.front() == '.' || text.back() == '.') return false;
    return text.find("..") == std::string_view::npos && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
           });
}

auto find_key(std::vector<DkimKey>& keys, std::string_view selector) {
    return std::ranges::find(keys, selector, &DkimKey::selector);
}

}  // namespace

awaitable<Result<std::vector<DkimKey>>> StoreDirectory::dkim_keys(std::string domain) {
    const std::string name = canonical_domain(domain);
    if (name.empty()) co_return DkimKeys();
    if (auto kept = dkim_.find(name)) co_return **kept;
    const std::uint64_t stamp = dkim_.stamp();
    std::vector<std::string> keys{row_key('k', name)};
    auto rows = co_await engine_.get(shard_of(name), std::move(keys));
    if (!rows) co_return rows.error();
    DkimKeys out;
    if (!rows->rows.empty()) {
        auto found = decode_dkim_keys(rows->rows.front().value);
        if (!found) co_return damaged;
        out = std::move(*found);
        reveal(name, out);
    }
    dkim_.keep(name, std::make_shared<const DkimKeys>(out), stamp);
    co_return out;
}

awaitable<Result<void>> StoreDirectory::change_dkim(std::string domain, ChangeKeys decide) {
    const std::string name = canonical_domain(domain);
    const auto pass = co_await changes_.enter();
    auto present = co_await this->domain(name, From::store);
    if (!present) co_return present.error();
    if (!*present) co_return Error(Errc::not_found, "the domain is not one of this server's");
    co_await allow_key(&secrets_);
    const std::string key = row_key('k', name);
    std::string written;
    Decide change_row = [&](const Rows& rows) -> Result<Change> {
        Change out;
        const std::string_view value = rows.rows.empty() ? std::string_view() : rows.rows.front().value;
        if (!written.empty() && value == written) return out;  // our own work, of an unknown end
        DkimKeys keys;
        if (!value.empty()) {
            auto found = decode_dkim_keys(value);
            if (!found) return damaged;
            keys = std::move(*found);
        }
        if (auto decided = decide(keys); !decided) return decided.error();
        std::ranges::sort(keys, {}, &DkimKey::selector);
        if (auto hidden = hide(name, keys); !hidden) return hidden.error();
        written = encode(keys);
        out.put.push_back(Row{key, written});
        return out;
    };
    std::vector<std::string> keys{key};
    auto done = co_await change(shard_of(name), std::move(keys), std::move(change_row));
    changed('k', name);
    co_return done;
}

awaitable<Result<void>> StoreDirectory::add_dkim_key(std::string domain, DkimKey key) {
    if (!is_selector(key.selector))
        co_return Error(Errc::invalid, "a selector is lower case letters, digits, '-', '_' and '.'");
    ChangeKeys add = [&key](DkimKeys& keys) -> Result<void> {
        if (find_key(keys, key.selector) != keys.end()) return Error(Errc::exists, "the selector is taken");
        if (keys.size() >= keys_max) return Error(Errc::limit, "a domain has at most 16 keys");
        keys.push_back(key);
        return {};
    };
    co_return co_await change_dkim(std::move(domain), std::move(add));
}

awaitable<Result<void>> StoreDirectory::set_dkim_key(std::string domain, DkimKey key) {
    ChangeKeys set = [&key](DkimKeys& keys) -> Result<void> {
        const auto found = find_key(keys, key.selector);
        if (found == keys.end()) return no_key;
        found->active = key.active;
        found->testing = key.testing;
        return {};
    };
    co_return co_await change_dkim(std::move(domain), std::move(set));
}

awaitable<Result<void>> StoreDirectory::remove_dkim_key(std::string domain, std::string selector) {
    ChangeKeys remove = [&selector](DkimKeys& keys) -> Result<void> {
        const auto found = find_key(keys, selector);
        if (found == keys.end()) return no_key;
        keys.erase(found);
        return {};
    };
    co_return co_await change_dkim(std::move(domain), std::move(remove));
}

// A directory that keeps no keys.
awaitable<Result<std::vector<DkimKey>>> Directory::dkim_keys(std::string) {
    co_return std::vector<DkimKey>();
}
awaitable<Result<void>> Directory::add_dkim_key(std::string, DkimKey) {
    co_return Error(Errc::invalid, "no keys here");
}
awaitable<Result<void>> Directory::set_dkim_key(std::string, DkimKey) { co_return no_key; }
awaitable<Result<void>> Directory::remove_dkim_key(std::string, std::string) { co_return no_key; }

}  // namespace directory

// What is in a folder of a real store, for tests of what comes in.
#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "store/store.hpp"

namespace support {

/// The messages of a folder, whole, in their order; none where there is no such folder.
inline boost::asio::awaitable<std::vector<std::string>> read_folder(store::Store* store, base::AccountId id,
                                                                    std::string name) {
    std::vector<std::string> out;
    const auto account = co_await store->account(id);
    if (!account) co_return out;
    const auto tree = (*account)->folders();
    if (tree->find(name) == nullptr) co_return out;
    const auto folder = co_await (*account)->open(tree->find(name)->id);
    if (!folder) co_return out;
    std::vector<store::Entry> entries;
    const auto snapshot = (*folder)->snapshot();
    for (std::uint32_t n = 1; n <= snapshot->totals().exists; ++n)
        entries.push_back(*snapshot->at(store::SeqNum(n)));
    const auto details = co_await (*folder)->details(std::move(entries));
    if (!details) co_return out;
    for (const auto& detail : *details) {
        auto octets = co_await (*folder)->read(detail, 0, std::size_t(detail->size));
        out.push_back(octets ? *octets : std::string("unreadable"));
    }
    co_return out;
}

}  // namespace support

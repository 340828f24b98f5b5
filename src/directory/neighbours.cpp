#include "directory/neighbours.hpp"

#include <algorithm>
#include <set>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace directory {

using store::Errc;

SpaceName space_of(std::string_view name) {
    SpaceName out;
    const auto level = [name](std::string_view prefix) {
        return name.starts_with(prefix) || name == prefix.substr(0, prefix.size() - 1);
    };
    if (level(public_prefix)) {
        out.space = Space::commons;
        out.rest = name.substr(std::min(name.size(), public_prefix.size()));
    } else if (level(others_prefix)) {
        out.space = Space::others;
        const std::string_view behind = name.substr(std::min(name.size(), others_prefix.size()));
        const std::size_t slash = std::min(behind.find('/'), behind.size());
        out.owner = behind.substr(0, slash);
        out.rest = behind.substr(std::min(slash + 1, behind.size()));
    } else {
        out.rest = name;
    }
    return out;
}

/// Asked anew each time: it comes from memory, and administration may change it at any time.
awaitable<store::Result<Neighbourhood>> Neighbours::around(base::AccountId account) const {
    Neighbourhood out;
    if (directory_ == nullptr) co_return out;
    const auto mailbox = co_await directory_->mailbox(account);
    if (!mailbox && mailbox.error().is(Errc::not_found)) co_return out;
    if (!mailbox) co_return mailbox.error();
    out.post_office = mailbox->post_office;
    const auto office = co_await directory_->post_office(out.post_office);
    if (!office && office.error().is(Errc::not_found)) co_return out;
    if (!office) co_return office.error();
    if (!office->commons) co_return out;
    auto commons = co_await store_.account(office->commons);
    // A public tree that is damaged is no reason to serve its office nothing.
    if (!commons && commons.error().temporary()) co_return commons.error();
    if (commons) out.commons = std::move(*commons);
    co_return out;
}

awaitable<store::Result<store::AccountPtr>> Neighbours::account_of(base::AccountId account,
                                                                   SpaceName name) const {
    auto near = co_await around(account);
    if (!near) co_return near.error();
    if (name.space == Space::commons) co_return near->commons;
    if (name.space == Space::personal || name.owner.empty() || near->post_office.empty())
        co_return store::AccountPtr();
    std::string login = name.owner + '@' + near->post_office;
    const auto owner = co_await directory_->login(std::move(login));
    if (!owner && !owner.error().is(Errc::not_found) && !owner.error().is(Errc::invalid))
        co_return owner.error();
    // An address of another post office may look the same.
    const bool found = owner && owner->mailbox.post_office == near->post_office &&
                       owner->mailbox.name == name.owner && owner->mailbox.account != account;
    if (!found) co_return store::AccountPtr();
    auto theirs = co_await store_.account(owner->mailbox.account);
    if (!theirs && theirs.error().is(Errc::not_found)) co_return store::AccountPtr();
    co_return theirs;
}

awaitable<store::Result<std::string>> Neighbours::prefix_of(base::AccountId account,
                                                            base::AccountId other) const {
    const auto near = co_await around(account);
    if (!near) co_return near.error();
    if (near->commons && near->commons->id() == other) co_return std::string(public_prefix);
    if (near->post_office.empty() || account == other) co_return std::string();
    co_return co_await prefix_in(near->post_office, other);
}

awaitable<store::Result<std::string>> Neighbours::prefix_in(std::string post_office,
                                                            base::AccountId other) const {
    const auto mailbox = co_await directory_->mailbox(other);
    if (!mailbox && !mailbox.error().is(Errc::not_found)) co_return mailbox.error();
    if (!mailbox || mailbox->post_office != post_office) co_return std::string();
    co_return std::string(others_prefix) + mailbox->name + '/';
}

awaitable<store::Result<std::vector<Neighbour>>> Neighbours::sharers(store::AccountPtr account,
                                                                     Neighbourhood near,
                                                                     std::size_t a_turn) const {
    std::vector<Neighbour> out;
    if (near.post_office.empty()) co_return out;
    std::set<base::AccountId> wanted = account->folders()->sharers;
    if (near.commons) {
        const store::FolderTreePtr tree = near.commons->folders();
        wanted.insert(tree->sharers.begin(), tree->sharers.end());
        wanted.erase(near.commons->id());
        if (near.commons->id() != account->id())
            out.push_back(Neighbour{near.commons, std::string(public_prefix)});
    }
    wanted.erase(account->id());
    std::size_t looked_at = 0;
    for (const base::AccountId id : wanted) {
        if (++looked_at % a_turn == 0) {
            const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
        }
        auto prefix = co_await prefix_in(near.post_office, id);
        if (!prefix) co_return prefix.error();
        if (prefix->empty()) continue;
        auto theirs = co_await store_.account(id);
        if (!theirs && theirs.error().temporary()) co_return theirs.error();
        // What is wrong with his mailbox is no reason to show of the others nothing.
        if (!theirs && !theirs.error().is(Errc::not_found))
            base::log::error("directory", "a sharer's mailbox cannot be opened",
                             {{"account", id.value}, {"why", theirs.error().what()}});
        if (theirs) out.push_back(Neighbour{std::move(*theirs), std::move(*prefix)});
    }
    co_return out;
}

}  // namespace directory

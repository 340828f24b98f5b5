// SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS: RFC 4314.
#include "directory/grantees.hpp"
#include "imap/session.hpp"
#include "store/sharing.hpp"

namespace imap {

namespace {

using store::AclWho;
using store::Right;
using store::Rights;

/// RFC 4314 section 4, the column "Any".
constexpr Rights any_right = Rights(Right::lookup) | Right::read | Right::insert | Right::create |
                             Right::remove_folder | Right::administer;

store::AclChange change_of(cmd::SetAcl::Change change) {
    switch (change) {
        case cmd::SetAcl::Change::replace:
            return store::AclChange::replace;
        case cmd::SetAcl::Change::add:
            return store::AclChange::add;
        case cmd::SetAcl::Change::remove:
            return store::AclChange::remove;
        case cmd::SetAcl::Change::erase:
            break;
    }
    return store::AclChange::erase;
}

}  // namespace

/// RFC 4314 section 3: who is meant. People of other post offices are nobody here. \errors not_found
awaitable<store::Result<AclWho>> Session::who_is(std::string identifier) {
    auto around = co_await neighbourhood();
    if (!around) co_return around.error();
    const auto who =
        co_await directory::grantee_of(services_.directory, around->post_office, std::move(identifier));
    if (!who && !who.error().temporary()) co_return store::Error(store::Errc::not_found, "No such user");
    co_return who;
}

/// Nothing: the account is gone.
awaitable<store::Result<std::optional<std::string>>> Session::name_of(AclWho who) {
    auto name = co_await directory::name_of(services_.directory, who);
    if (!name && name.error().is(store::Errc::not_found)) co_return std::optional<std::string>();
    if (!name) co_return name.error();
    co_return std::optional(std::move(*name));
}

awaitable<Reply> Session::handle(cmd::SetAcl command) {
    if (services_.directory == nullptr) co_return bad("Unknown command");
    const std::optional<Rights> rights = Rights::parse(command.rights);
    if (!rights) co_return bad("A right that does not exist here");
    Place place;
    Reply refused = co_await reach(std::move(command.mailbox), Right::administer, &place);
    if (refused.condition != Condition::ok) co_return refused;
    if (!place.rights.has(Right::lookup)) co_return refusal(place.rights);
    const auto who = co_await who_is(std::move(command.identifier));
    if (!who && who.error().is(store::Errc::not_found)) co_return no({}, "No such user");
    if (!who) co_return reply_of(who.error());
    store::ShareRequest request;
    request.owner = place.account;
    request.folder = place.info.id;
    request.entry.who = *who;
    request.entry.rights = *rights;
    request.change = change_of(command.change);
    auto commons = co_await make_commons(who->kind != AclWho::Kind::account);
    if (!commons) co_return reply_of(commons.error());
    request.commons = std::move(*commons);
    const auto changed = co_await store::share(&services_.store, std::move(request));
    if (!changed) co_return reply_of(changed.error());
    co_return ok(command.change == cmd::SetAcl::Change::erase ? "Deleteacl completed" : "Setacl completed");
}

/// The account of the public tree, which also keeps who shares with everybody. Made when somebody first needs
/// it.
awaitable<store::Result<store::AccountPtr>> Session::make_commons(bool needed) {
    auto around = co_await neighbourhood();
    if (!around) co_return around.error();
    if (around->commons || !needed) co_return around->commons;
    const auto id = co_await services_.directory->commons(around->post_office);
    if (!id) co_return id.error();
    co_return co_await services_.store.make_commons(*id);
}

awaitable<Reply> Session::handle(cmd::GetAcl command) {
    if (services_.directory == nullptr) co_return bad("Unknown command");
    Place place;
    Reply refused = co_await reach(std::move(command.mailbox), Right::administer, &place);
    if (refused.condition != Condition::ok) co_return refused;
    if (!place.rights.has(Right::lookup)) co_return refusal(place.rights);
    std::vector<AclPair> pairs;
    std::vector<store::AclEntry> entries;
    AclWho owner;
    owner.account = place.account->id();
    const bool owner_listed = place.info.acl && place.info.acl->find(owner) != nullptr;
    // What the owner has without being listed is said too: he has it.
    if (!owner_listed && place.space != Space::commons)
        entries.push_back(store::AclEntry{owner, Rights::all()});
    if (place.info.acl)
        entries.insert(entries.end(), place.info.acl->entries().begin(), place.info.acl->entries().end());
    for (const store::AclEntry& entry : entries) {
        auto name = co_await name_of(entry.who);
        if (!name) co_return reply_of(name.error());
        if (!*name) continue;
        Rights rights = entry.rights;
        if (entry.who == owner) rights = rights | store::owner_rights;
        AclPair pair;
        pair.identifier = std::move(**name);
        pair.rights = rights.letters(true);
        pairs.push_back(std::move(pair));
    }
    write_acl(out(), place.name(), pairs, write_mode());
    co_return ok("Getacl completed");
}

awaitable<Reply> Session::handle(cmd::ListRights command) {
    if (services_.directory == nullptr) co_return bad("Unknown command");
    Place place;
    Reply refused = co_await reach(std::move(command.mailbox), Right::administer, &place);
    if (refused.condition != Condition::ok) co_return refused;
    if (!place.rights.has(Right::lookup)) co_return refusal(place.rights);
    const std::string identifier = command.identifier;  // RFC 4314 section 3.4: in the client's own spelling
    const auto who = co_await who_is(std::move(command.identifier));
    if (!who && who.error().is(store::Errc::not_found)) co_return no({}, "No such user");
    if (!who) co_return reply_of(who.error());
    const bool owns = who->kind == AclWho::Kind::account && who->account == place.account->id();
    const Rights always = owns && !who->negative ? store::owner_rights : Rights();
    // No right is tied to another, so "c" and "d" stand by themselves (RFC 4314 section 2.1.1).
    std::string each = Rights::all().without(always).letters(true);
    if (owns) std::erase_if(each, [](char right) { return right == 'c' || right == 'd'; });
    write_list_rights(out(), place.name(), identifier, always.letters(owns), each, write_mode());
    co_return ok("Listrights completed");
}

awaitable<Reply> Session::handle(cmd::MyRights command) {
    if (services_.directory == nullptr) co_return bad("Unknown command");
    const auto place = co_await find(std::move(command.mailbox));
    if (!place) co_return reply_of(place.error());
    if (!place->rights.any(any_right)) co_return refusal(place->rights);
    write_my_rights(out(), place->name(), place->rights.letters(true), write_mode());
    co_return ok("Myrights completed");
}

}  // namespace imap

#include "directory/grantees.hpp"

namespace directory {

using store::AclWho;
using store::Errc;
using store::Error;

awaitable<store::Result<AclWho>> grantee_of(Directory* directory, std::string office, std::string text) {
    AclWho who;
    if (text.starts_with('-')) {
        who.negative = true;
        text.erase(0, 1);
    }
    if (text == "anyone") who.kind = AclWho::Kind::anyone;
    if (text == "authenticated") who.kind = AclWho::Kind::authenticated;
    if (who.kind != AclWho::Kind::account) co_return who;
    std::string own_name = text + '@' + office;
    const auto login = co_await directory->login(std::move(text));
    if (login && login->mailbox.post_office == office) {
        who.account = login->mailbox.account;
        co_return who;
    }
    if (!login && login.error().temporary()) co_return login.error();
    const auto by_name = co_await directory->login(std::move(own_name));
    if (!by_name && by_name.error().temporary()) co_return by_name.error();
    if (by_name && by_name->mailbox.post_office == office) {
        who.account = by_name->mailbox.account;
        co_return who;
    }
    if (!login) co_return login.error();
    co_return Error(Errc::invalid, "not a mailbox of this post office");
}

awaitable<store::Result<std::string>> name_of(Directory* directory, AclWho who) {
    const std::string sign = who.negative ? "-" : "";
    if (who.kind == AclWho::Kind::anyone) co_return sign + "anyone";
    if (who.kind == AclWho::Kind::authenticated) co_return sign + "authenticated";
    const auto mailbox = co_await directory->mailbox(who.account);
    if (!mailbox) co_return mailbox.error();
    const bool named = mailbox->addresses.empty();
    co_return sign + (named ? mailbox->name + '@' + mailbox->post_office : mailbox->addresses.front());
}

}  // namespace directory

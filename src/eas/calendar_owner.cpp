#include "eas/calendar_owner.hpp"

namespace eas {

awaitable<pim::itip::Owner> calendar_owner(directory::Directory* directory, base::AccountId account,
                                           std::string login) {
    pim::itip::Owner out;
    if (!login.empty()) out.addresses.push_back(std::move(login));
    const auto mailbox = co_await directory->mailbox(account);
    if (mailbox)
        for (const std::string& address : mailbox->addresses)
            if (!out.is(address)) out.addresses.push_back(address);
    co_return out;
}

}  // namespace eas

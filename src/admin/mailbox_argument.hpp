// The mailbox that an operation is about.
#pragma once
#include "admin/operations.hpp"

namespace admin {

/// By name or any address.
inline awaitable<base::Result<base::AccountId, Fault>> account_of(ServicesPtr services, std::string name) {
    const auto login = co_await services->directory.login(name);
    if (!login) co_return fault_of(login.error(), name);
    co_return login->mailbox.account;
}

}  // namespace admin

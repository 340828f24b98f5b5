// StoreDirectory: the recovery passwords of phones (MS-ASCMD section 2.2.3.46). One row a mailbox, beside its
// credentials, and gone with them.
#include <algorithm>

#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {

using store::engine::Row;

namespace {

constexpr std::size_t devices_max = 64;  ///< of a mailbox; ActiveSync lets in 20
constexpr Error no_mailbox{Errc::not_found, "no such mailbox"};
constexpr Error damaged{Errc::corrupt, "a row of the directory is damaged"};

}  // namespace

std::string label_of(base::AccountId account, const RecoveryPassword& of) {
    return "recovery password of " + account_key('r', account) + " " + of.device;
}

awaitable<Result<base::Secret>> StoreDirectory::recovery_password(base::AccountId account,
                                                                  std::string device) {
    std::vector<std::string> keys{account_key('r', account)};
    const auto rows = co_await engine_.get(shard_of(account), std::move(keys));
    if (!rows) co_return rows.error();
    if (rows->rows.empty()) co_return base::Secret();
    auto kept = decode_recovery_passwords(rows->rows.front().value);
    if (!kept) co_return damaged;
    const auto found = std::ranges::find(*kept, device, &RecoveryPassword::device);
    if (found == kept->end()) co_return base::Secret();
    reveal(label_of(account, *found), found->password);
    co_return base::Secret(std::move(found->password));
}

awaitable<Result<void>> StoreDirectory::set_recovery_password(base::AccountId account, std::string device,
                                                              base::Secret password) {
    const auto pass = co_await changes_.enter();
    RecoveryPassword wanted;
    wanted.device = std::move(device);
    if (!password.empty()) {
        // One that says to be sealed would be taken for one that is.
        if (is_sealed(password.reveal())) co_return Error(Errc::invalid, "no password begins so");
        co_await allow_key(&secrets_);
        wanted.password = password.reveal();
        const auto hidden = hide(label_of(account, wanted), wanted.password);
        if (!hidden) co_return hidden.error();
    }
    const std::string mailbox_key = account_key('m', account), key = account_key('r', account);
    Decide decide = [&](const Rows& rows) -> Result<Change> {
        if (find_row(rows, mailbox_key) == nullptr) return no_mailbox;
        const Row* const row = find_row(rows, key);
        RecoveryPasswords kept;
        if (row != nullptr) {
            // What is damaged opens no more; the devices send theirs again.
            kept = decode_recovery_passwords(row->value).value_or(RecoveryPasswords());
        }
        std::erase_if(kept, [&](const RecoveryPassword& one) { return one.device == wanted.device; });
        if (!wanted.password.empty()) kept.push_back(wanted);
        if (kept.size() > devices_max) return Error(Errc::limit, "a mailbox has at most 64 of these");
        Change out;
        if (kept.empty()) {
            if (row != nullptr) out.erase.push_back(key);
            return out;
        }
        std::string value = encode(kept);
        if (row == nullptr || row->value != value) out.put.push_back(Row{key, std::move(value)});
        return out;
    };
    std::vector<std::string> keys{mailbox_key, key};
    co_return co_await change(shard_of(account), std::move(keys), std::move(decide));
}

// A directory that keeps none.
awaitable<Result<base::Secret>> Directory::recovery_password(base::AccountId, std::string) {
    co_return base::Secret();
}
awaitable<Result<void>> Directory::set_recovery_password(base::AccountId, std::string, base::Secret) {
    co_return Error(Errc::unavailable, "no recovery passwords here");
}

}  // namespace directory

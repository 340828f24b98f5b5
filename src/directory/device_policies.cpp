#include "directory/device_policies.hpp"

#include "directory/codec.hpp"
#include "directory/keys.hpp"

namespace directory {
namespace {

constexpr unsigned attempts_max = 8;
const std::string office_row = "o";

std::string row_of(base::AccountId account) { return account ? account_key('m', account) : office_row; }

}  // namespace

awaitable<Result<DevicePolicy>> DevicePolicies::get(std::string post_office, base::AccountId account) {
    std::vector<std::string> keys{row_of(account)};
    const auto rows = co_await engine_.get(office_policies(post_office), std::move(keys));
    if (!rows) co_return rows.error();
    if (rows->rows.empty()) co_return DevicePolicy();
    auto policy = decode_policy(rows->rows.front().value);
    if (!policy) co_return Error(Errc::corrupt, "a policy for devices is damaged");
    co_return std::move(*policy);
}

awaitable<Result<DevicePolicy>> DevicePolicies::effective(std::string post_office, base::AccountId account) {
    std::vector<std::string> keys{office_row, row_of(account)};
    const auto rows = co_await engine_.get(office_policies(post_office), std::move(keys));
    if (!rows) co_return rows.error();
    DevicePolicy out;
    for (const store::engine::Row& row : rows->rows) {
        const auto policy = decode_policy(row.value);
        if (!policy) co_return Error(Errc::corrupt, "a policy for devices is damaged");
        for (const auto& [name, value] : *policy) out.insert_or_assign(name, value);
    }
    co_return out;
}

awaitable<Result<void>> DevicePolicies::set(std::string post_office, base::AccountId account,
                                            DevicePolicy policy) {
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        const auto version = co_await engine_.version(office_policies(post_office));
        if (!version) co_return version.error();
        if (*version == 0 && policy.empty()) co_return Result<void>();
        store::engine::Batch batch;
        batch.partition = office_policies(post_office);
        batch.expect = *version;
        if (policy.empty()) {
            batch.erase.push_back(row_of(account));
        } else {
            batch.put.push_back({row_of(account), encode(policy)});
        }
        const auto done = co_await engine_.commit(std::move(batch));
        if (done) co_return Result<void>();
        if (!done.error().is(Errc::conflict) && !done.error().is(Errc::unknown)) co_return done.error();
    }
    co_return Error(Errc::unavailable, "try again");
}

}  // namespace directory

// DeviceStore: the rows of devices in the store's engine. A partition for each device of a mailbox,
// "e/<account hex8>/<device>", and one for what its devices share, "e/<account hex8>".
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "eas/state/records.hpp"
#include "store/engine/engine.hpp"

namespace eas {

using boost::asio::awaitable;

struct DeviceKey {
    base::AccountId account;
    std::string device;  ///< its id: letters and digits
    auto operator<=>(const DeviceKey&) const = default;
};

/// What was read of a device, as of one version.
struct DeviceRows {
    store::engine::Version version = 0;  ///< 0: the device is new
    Device device;
    Device::Access access_before = Device::Access::allowed;  ///< as it was read or written last
    std::optional<Hierarchy> hierarchy;
    std::map<base::FolderId, Collection> collections;  ///< those that were asked for and exist
};

/// What is to be written.
struct DeviceChanges {
    bool device = false, hierarchy = false;
    std::vector<base::FolderId> collections, forgotten;
    bool all_collections_forgotten = false;
    bool empty() const {
        return !device && !hierarchy && collections.empty() && forgotten.empty() &&
               !all_collections_forgotten;
    }
};

class DeviceStore {
public:
    explicit DeviceStore(store::engine::Engine& engine) : engine_(engine) {}

    /// Rows that are damaged are as if they were not there: the device starts them anew.
    /// \errors unavailable
    awaitable<store::Result<DeviceRows>> load(DeviceKey key, std::vector<base::FolderId> collections);
    /// More collections of the same device. \errors conflict: it changed since
    awaitable<store::Result<void>> load_more(DeviceKey key, std::vector<base::FolderId> collections,
                                             DeviceRows* rows);
    /// An operator may have blocked the device meanwhile: his word stays. \errors unavailable, no_space
    awaitable<store::Result<void>> save(DeviceKey key, DeviceRows* rows, DeviceChanges changes);

    awaitable<store::Result<std::vector<std::string>>> names(base::AccountId account);
    awaitable<store::Result<std::vector<Device>>> list(base::AccountId account);
    /// \errors not_found
    awaitable<store::Result<void>> set_access(DeviceKey key, Device::Access access);
    awaitable<store::Result<void>> remove(DeviceKey key);

    awaitable<store::Result<OutOfOffice>> out_of_office(base::AccountId account);
    awaitable<store::Result<void>> set_out_of_office(base::AccountId account, OutOfOffice oof);

private:
    awaitable<store::Result<void>> attempt(DeviceKey key, DeviceRows* rows, const DeviceChanges* changes);
    store::engine::Engine& engine_;
};

}  // namespace eas

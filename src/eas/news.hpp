// News: waits until a folder, or the tree of folders, has something that a device does not know. What Ping
// and a Sync that waits have in common. Nothing is polled. Holds no turn of the device, and little memory: it
// stays for an hour.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "eas/mailbox_view.hpp"
#include "eas/state/cursor.hpp"
#include "eas/state/live_devices.hpp"
#include "http/exchange.hpp"

namespace eas {

class News {
public:
    enum class End : std::uint8_t {
        news,     ///< a folder has some
        tree,     ///< the folders are others than the device knows
        nothing,  ///< the time is over, a newer request of the device has come, or the server stops
        gone,     ///< the device hung up
    };

    /// `number`: of the request, among those of the device.
    News(http::Exchange exchange, MailboxViewPtr account, LiveDevicePtr live, std::uint64_t number)
        : exchange_(exchange), account_(std::move(account)), live_(std::move(live)), number_(number) {}

    /// The tree of folders that the device knows; none: any tree is news.
    void know_tree(const std::optional<Hierarchy>& hierarchy);
    /// Only a folder that the device synchronises can have news for it: answering "changed" for another would
    /// bring the same Ping again at once, for ever (eas.md section 1.4).
    void watch(const DeviceRows& rows, const std::vector<base::FolderId>& folders);

    /// From here on the request's fields are gone (http::Exchange::forget_request).
    awaitable<End> wait(std::uint32_t seconds);
    /// Those that have news now.
    awaitable<std::vector<base::FolderId>> changed();

private:
    struct Watched {
        base::FolderId folder;
        Cursor cursor;
    };
    bool tree_changed() const;
    awaitable<End> look();
    awaitable<bool> has_news(const Watched* watched);

    http::Exchange exchange_;
    MailboxViewPtr account_;
    LiveDevicePtr live_;
    std::uint64_t number_;
    std::vector<Watched> folders_;
    bool tree_known_ = false;
    std::uint64_t tree_ = 0;  // fingerprint of what the device knows
};

}  // namespace eas

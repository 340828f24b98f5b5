// Bus: publish and subscribe inside one process, for engines that have one node. Handlers run on the
// publisher's thread: they only wake or post. Thread-safe.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/engine/engine.hpp"

namespace store::engine {

class Bus {
public:
    using Handler = std::function<void(std::string_view payload, bool missed_some)>;

    void publish(const std::string& topic, std::string_view payload);
    /// Ending the subscription waits for a handler that runs on another thread: hold no lock then that it
    /// takes. A handler may end its own. It may outlive the bus.
    std::unique_ptr<Subscription> subscribe(std::string topic, Handler handler);

    struct Entry;
    struct Topics;

private:
    // Shared by the bus and by each subscription, since either may end first.
    std::shared_ptr<Topics> topics_ = make_topics();
    static std::shared_ptr<Topics> make_topics();
};

}  // namespace store::engine

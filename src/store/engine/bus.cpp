#include "store/engine/bus.hpp"

#include <algorithm>
#include <mutex>

namespace store::engine {

struct Bus::Entry {
    explicit Entry(Handler its_handler) : handler(std::move(its_handler)) {}
    std::recursive_mutex mutex;  // recursive: a handler may end its own subscription, or publish
    bool ended = false;
    Handler handler;
};

struct Bus::Topics {
    std::shared_mutex mutex;
    std::map<std::string, std::vector<std::shared_ptr<Entry>>, std::less<>> entries;
};

namespace {

class BusSubscription final : public Subscription {
public:
    BusSubscription(std::shared_ptr<Bus::Topics> topics, std::string topic, std::shared_ptr<Bus::Entry> entry)
        : topics_(std::move(topics)), topic_(std::move(topic)), entry_(std::move(entry)) {}
    BusSubscription(const BusSubscription&) = delete;
    BusSubscription& operator=(const BusSubscription&) = delete;
    ~BusSubscription() override {
        {
            const std::unique_lock lock(topics_->mutex);
            const auto topic = topics_->entries.find(topic_);
            if (topic != topics_->entries.end()) {
                std::erase(topic->second, entry_);
                if (topic->second.empty()) topics_->entries.erase(topic);
            }
        }
        const std::lock_guard lock(
            entry_->mutex);  // a publisher that found the entry earlier is in it or sees `ended`
        entry_->ended = true;
    }

private:
    std::shared_ptr<Bus::Topics> topics_;
    std::string topic_;
    std::shared_ptr<Bus::Entry> entry_;
};

}  // namespace

std::shared_ptr<Bus::Topics> Bus::make_topics() { return std::make_shared<Topics>(); }

void Bus::publish(const std::string& topic, std::string_view payload) {
    std::vector<std::shared_ptr<Entry>> listeners;
    {
        const std::shared_lock lock(topics_->mutex);
        const auto found = topics_->entries.find(topic);
        if (found == topics_->entries.end()) return;
        listeners = found->second;
    }
    for (const auto& listener : listeners) {
        const std::lock_guard lock(listener->mutex);
        if (!listener->ended) listener->handler(payload, false);  // nothing is missed inside one process
    }
}

std::unique_ptr<Subscription> Bus::subscribe(std::string topic, Handler handler) {
    auto entry = std::make_shared<Entry>(std::move(handler));
    {
        const std::unique_lock lock(topics_->mutex);
        topics_->entries[topic].push_back(entry);
    }
    return std::make_unique<BusSubscription>(topics_, std::move(topic), std::move(entry));
}

}  // namespace store::engine

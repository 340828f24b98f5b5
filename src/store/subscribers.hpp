// Subscribers: a list of those who want to be told. A subscription that ended is not called any more: ending
// waits for a call that is under way, since changed() runs under the list's lock.
#pragma once
#include <memory>
#include <mutex>
#include <unordered_set>

#include "store/folder.hpp"

namespace store {

class Subscribers {
public:
    SubscriptionPtr add(Subscriber& subscriber) {
        {
            const std::lock_guard lock(list_->mutex);
            list_->members.insert(&subscriber);
        }
        return std::make_unique<Membership>(list_, subscriber);
    }
    void notify() const noexcept {
        const std::lock_guard lock(list_->mutex);
        for (Subscriber* subscriber : list_->members) subscriber->changed();
    }
    std::size_t size() const {
        const std::lock_guard lock(list_->mutex);
        return list_->members.size();
    }

private:
    struct List {
        std::mutex mutex;
        std::unordered_multiset<Subscriber*> members;
    };
    class Membership final : public Subscription {
    public:
        Membership(std::shared_ptr<List> list, Subscriber& subscriber)
            : list_(std::move(list)), subscriber_(&subscriber) {}
        Membership(const Membership&) = delete;
        Membership& operator=(const Membership&) = delete;
        ~Membership() override {
            const std::lock_guard lock(list_->mutex);
            list_->members.erase(list_->members.find(subscriber_));
        }

    private:
        std::shared_ptr<List> list_;  // shared with the subscriptions, which may outlive the folder
        Subscriber* subscriber_;
    };
    std::shared_ptr<List> list_ = std::make_shared<List>();
};

}  // namespace store

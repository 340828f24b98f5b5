// What is kept of a device where an operator, or the store, comes between.
#include "eas/state/device_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "store/engine/memory/memory_engine.hpp"

namespace eas {
namespace {

using Access = Device::Access;
using store::engine::Fault;

template <class T>
T run(awaitable<T> work) {
    std::optional<T> answer;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
        if (thrown) std::rethrow_exception(thrown);
        answer.emplace(std::move(value));
    });
    io.run();
    return std::move(*answer);
}

class DeviceStoreTest : public testing::Test {
protected:
    DeviceRows load() {
        auto rows = run(devices_.load(key_, {}));
        EXPECT_TRUE(rows);
        return std::move(*rows);
    }
    bool save(DeviceRows& rows) {
        DeviceChanges changes;
        changes.device = true;
        return run(devices_.save(key_, &rows, std::move(changes))).has_value();
    }
    /// A device to which an operator has said this.
    void make(Access access) {
        DeviceRows rows = load();
        rows.device.access = access;
        ASSERT_TRUE(save(rows));
    }

    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids_{clock_};
    std::unique_ptr<store::engine::MemoryEngine> engine_ = store::engine::make_memory_engine(ids_);
    DeviceStore devices_{*engine_};
    const DeviceKey key_{base::AccountId(7), "phone"};
};

TEST_F(DeviceStoreTest, WhatTheDeviceSaysOfAWipeStays) {
    for (const Fault fault : {Fault::none, Fault::unknown_but_done, Fault::unknown_not_done}) {
        make(Access::wipe);
        DeviceRows rows = load();
        rows.device.access = Access::wiped;
        bool first = true;
        engine_->inject(
            [&](const store::engine::Step&) { return std::exchange(first, false) ? fault : Fault::none; });
        EXPECT_TRUE(save(rows));
        engine_->inject({});
        EXPECT_EQ(load().device.access, Access::wiped) << static_cast<int>(fault);
    }
}

TEST_F(DeviceStoreTest, AnOperatorsWordGoesBefore) {
    make(Access::allowed);
    DeviceRows rows = load();
    ASSERT_TRUE(run(devices_.set_access(key_, Access::blocked)));
    rows.device.user_agent = "another";
    EXPECT_TRUE(save(rows));
    const DeviceRows now = load();
    EXPECT_EQ(now.device.access, Access::blocked);
    EXPECT_EQ(now.device.user_agent, "another");
}

}  // namespace
}  // namespace eas

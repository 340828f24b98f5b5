// A Sync whose store fails anywhere: what the device has in the end is what the folder has, once.
#include "device_stage.hpp"

namespace eas {
namespace {

using store::engine::Fault;

class SyncFaults : public testing::TestWithParam<Fault> {};

TEST_P(SyncFaults, NothingIsLostAndNothingComesTwice) {
    Limits limits;
    limits.steps_at_once = 2;
    bool reached = true;
    unsigned troubled = 0;
    for (std::uint64_t at = 1; reached; ++at) {
        SCOPED_TRACE(at);
        DeviceStage stage(limits);
        ContactsDevice phone(stage, "phone"), tablet(stage, "tablet");
        ASSERT_NO_FATAL_FAILURE(phone.begin());
        ASSERT_NO_FATAL_FAILURE(tablet.begin());
        for (const char* name : {"Ada", "Ben", "Cleo", "Dora", "Emil"}) tablet.sync(name);
        const std::uint64_t fails = stage.engine().steps() + at;
        stage.engine().inject(store::engine::fault_at(fails, GetParam()));
        phone.sync("Zoe");
        reached = stage.engine().steps() >= fails;
        stage.engine().inject({});
        troubled += phone.broken();
        phone.sync();
        tablet.sync();
        std::multiset<std::string> names, others;
        for (const auto& [id, name] : phone.contacts()) names.insert(name);
        for (const auto& [id, name] : tablet.contacts()) others.insert(name);
        const std::multiset<std::string> all{"Ada", "Ben", "Cleo", "Dora", "Emil", "Zoe"};
        EXPECT_EQ(names, all);
        EXPECT_EQ(others, all);
        if (HasFailure()) break;
    }
    EXPECT_GT(troubled, 0U) << "no fault was felt";
}

INSTANTIATE_TEST_SUITE_P(Each, SyncFaults,
                         testing::Values(Fault::unavailable, Fault::unknown_but_done,
                                         Fault::unknown_not_done));

}  // namespace
}  // namespace eas

// The in-memory engine: the contract, and its faults and power cuts.
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/engine/memory/memory_engine.hpp"
#include "support/kept_io_context.hpp"
#include "unit/engine/conformance.hpp"

namespace store::engine {
namespace {

class MemorySubject final : public Subject {
public:
    explicit MemorySubject(Limits limits)
        : limits_(limits), engine_(make_memory_engine(ids_, nullptr, limits)) {}
    Engine& engine() override { return *engine_; }
    void reopen() override {
        engine_->close();
        engine_ = make_memory_engine(ids_, engine_->power_cut(Unsynced::kept), limits_);
    }

private:
    base::IdSource ids_{base::Clock::system()};
    Limits limits_;
    std::unique_ptr<MemoryEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Memory, Conformance,
                         testing::Values(SubjectKind{
                             "memory",
                             [](Limits limits) { return std::make_unique<MemorySubject>(limits); }}),
                         [](const auto& kind) { return kind.param.name; });

class MemoryFaults : public testing::Test {
protected:
    Result<Version> commit(MemoryEngine& engine, Version expect, std::string value) {
        Batch batch;
        batch.partition = "f/1";
        batch.expect = expect;
        batch.put.push_back({"h", std::move(value)});
        return run(engine.commit(std::move(batch)));
    }
    static std::string value(MemoryEngine& engine) {
        const auto rows = run(engine.get("f/1", {"h"}));
        return rows && !rows->rows.empty() ? rows->rows[0].value : "";
    }
    base::IdSource ids_{base::Clock::system()};
};

TEST_F(MemoryFaults, EachFaultDoesWhatItSays) {
    struct Case {
        Fault fault;
        Errc answer;
        bool done;
    };
    const Case cases[] = {{Fault::none, Errc::none, true},
                          {Fault::delay, Errc::none, true},
                          {Fault::conflict, Errc::conflict, false},
                          {Fault::unknown_but_done, Errc::unknown, true},
                          {Fault::unknown_not_done, Errc::unknown, false},
                          {Fault::unavailable, Errc::unavailable, false},
                          {Fault::no_space, Errc::no_space, false}};
    for (const Case& c : cases) {
        const auto engine = make_memory_engine(ids_);
        engine->inject(fault_at(1, c.fault));
        const auto answer = commit(*engine, 0, "new");
        EXPECT_EQ(answer ? Errc::none : answer.error().code(), c.answer);
        EXPECT_EQ(value(*engine), c.done ? "new" : "") << static_cast<int>(c.fault);
    }
}

TEST_F(MemoryFaults, ReadsFailOnlyInWaysThatReadsCan) {
    for (const Fault fault : {Fault::unknown_but_done, Fault::unknown_not_done, Fault::unavailable}) {
        const auto engine = make_memory_engine(ids_);
        engine->inject([fault](const Step&) { return fault; });
        EXPECT_TRUE(run(engine->get("f/1", {"h"})).error().is(Errc::unavailable));
    }
    for (const Fault fault : {Fault::conflict, Fault::no_space}) {
        const auto engine = make_memory_engine(ids_);
        engine->inject([fault](const Step&) { return fault; });
        EXPECT_TRUE(run(engine->get("f/1", {"h"})));
        EXPECT_TRUE(run(engine->scan("f/1", "", "", 0, 0)));
    }
}

TEST_F(MemoryFaults, StepsAreCountedSoThatEachCanFail) {
    std::uint64_t failed_at = 0;
    for (std::uint64_t n = 1;; ++n) {
        const auto engine = make_memory_engine(ids_);
        engine->inject(fault_at(n, Fault::unavailable));
        const auto first = commit(*engine, 0, "1");
        const auto second = commit(*engine, first ? *first : 0, "2");
        const auto read = run(engine->get("f/1", {"h"}));
        EXPECT_EQ(engine->steps(), 3U);
        if (first && second && read) break;
        failed_at += n;
    }
    EXPECT_EQ(failed_at, 1U + 2U + 3U);
}

TEST_F(MemoryFaults, ChanceRepeatsWithItsSeed) {
    const auto pattern = [&](std::uint64_t seed) {
        const auto engine = make_memory_engine(ids_);
        engine->inject(random_faults(seed, {.delay = 100, .unavailable = 300}));
        std::string out;
        for (int i = 0; i < 200; ++i) out += run(engine->version("f/1")) ? '.' : 'x';
        return out;
    };
    EXPECT_EQ(pattern(1), pattern(1));
    EXPECT_NE(pattern(1), pattern(2));
    EXPECT_NE(pattern(1).find('x'), std::string::npos);
    EXPECT_NE(pattern(1).find('.'), std::string::npos);
}

awaitable<void> note_when_done(MemoryEngine& engine, std::string key, std::vector<std::string>& order) {
    Batch batch;
    batch.partition = key;
    const auto answer = co_await engine.commit(std::move(batch));
    order.push_back(answer ? key : "failed");
}

TEST_F(MemoryFaults, ADelayedCallIsOvertaken) {
    const auto engine = make_memory_engine(ids_);
    engine->inject(fault_at(1, Fault::delay));
    std::vector<std::string> order;
    test::KeptIoContext kept;
    auto& io = *kept;
    const auto rethrow = [](std::exception_ptr thrown) { EXPECT_FALSE(thrown); };
    boost::asio::co_spawn(io, note_when_done(*engine, "first", order), rethrow);
    boost::asio::co_spawn(io, note_when_done(*engine, "second", order), rethrow);
    io.run();
    EXPECT_EQ(order, (std::vector<std::string>{"second", "first"}));
}

awaitable<void> read_version(MemoryEngine& engine, std::optional<Version>& seen) {
    const auto answer = co_await engine.version("p");
    if (answer) seen = *answer;
}

awaitable<void> commit_meanwhile(MemoryEngine& engine, const std::optional<Version>& seen, bool& unanswered) {
    const auto executor = co_await boost::asio::this_coro::executor;
    // Behind what comes before the call is done, and before what comes behind it.
    for (int round = 0; round < 12; ++round) co_await boost::asio::post(executor, boost::asio::use_awaitable);
    Batch batch;
    batch.partition = "p";
    const auto answer = co_await engine.commit(std::move(batch));
    unanswered = answer && !seen;
}

TEST_F(MemoryFaults, WhatADelayedCallHasReadMayBeOldWhenItIsAnswered) {
    const auto engine = make_memory_engine(ids_);
    engine->inject(fault_at(1, Fault::delay));
    std::optional<Version> seen;
    bool unanswered = false;
    test::KeptIoContext kept;
    auto& io = *kept;
    const auto rethrow = [](std::exception_ptr thrown) { EXPECT_FALSE(thrown); };
    boost::asio::co_spawn(io, read_version(*engine, seen), rethrow);
    boost::asio::co_spawn(io, commit_meanwhile(*engine, seen, unanswered), rethrow);
    io.run();
    EXPECT_TRUE(unanswered);
    EXPECT_EQ(seen, Version(0));
}

TEST_F(MemoryFaults, APowerCutKeepsWhatWasAcknowledgedAndUndoesUntag) {
    const auto engine = make_memory_engine(ids_);
    const auto writer = engine->new_blob();
    ASSERT_TRUE(run(writer->write("mail")));
    Prelude prelude;
    prelude.blobs.emplace_back(writer, std::vector<std::string>{"t1", "t2"});
    ASSERT_TRUE(run(engine->apply(prelude)));
    ASSERT_TRUE(commit(*engine, 0, "1"));
    const auto lost = engine->new_blob();
    ASSERT_TRUE(run(lost->write(std::string(1 << 20, 'x'))));
    ASSERT_TRUE(run(engine->untag({Tag{writer->id(), "t1"}, Tag{writer->id(), "t2"}})));
    EXPECT_TRUE(run(engine->blob_size(writer->id())).error().is(Errc::not_found));

    const auto after = make_memory_engine(ids_, engine->power_cut(Unsynced::lost));
    EXPECT_EQ(value(*after), "1");
    EXPECT_EQ(*run(after->blob_read(writer->id(), 0, 10)), "mail");
    EXPECT_EQ(*run(after->blob_tags(writer->id())), (std::vector<std::string>{"t1", "t2"}));
    EXPECT_EQ(run(after->blob_list(base::BlobId(), 10))->size(), 1U);

    const auto killed = make_memory_engine(ids_, engine->power_cut(Unsynced::kept));
    const auto blobs = run(killed->blob_list(base::BlobId(), 10));
    ASSERT_EQ(blobs->size(), 1U);
    EXPECT_EQ((*blobs)[0].id, lost->id());
    EXPECT_FALSE((*blobs)[0].finished);
}

}  // namespace
}  // namespace store::engine

// The RocksDB engine: the contract, and what is its own.
#include <atomic>

#include <rocksdb/db.h>

#include "store/engine/rocksdb/rocksdb_engine.hpp"
#include "unit/engine/conformance.hpp"
#include "unit/engine/rocksdb_fixture.hpp"

namespace store::engine {
namespace {

class RocksSubject final : public Subject {
public:
    explicit RocksSubject(Limits limits) {
        options_.limits = limits;
        options_.free_floor_bytes = 0;  // a full disk of the machine is not what is tested here
        open();
    }
    Engine& engine() override { return *engine_; }
    void reopen() override {
        engine_->close();
        engine_.reset();
        open();
    }

private:
    void open() { engine_ = open_rocks(folder_.path(), ids_, options_); }

    TempFolder folder_;
    base::IdSource ids_{base::Clock::system()};
    RocksOptions options_ = small_options();
    std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(RocksDB, Conformance,
                         testing::Values(SubjectKind{
                             "rocksdb",
                             [](Limits limits) { return std::make_unique<RocksSubject>(limits); }}),
                         [](const auto& kind) { return kind.param.name; });

class RocksTest : public testing::Test {
protected:
    std::unique_ptr<Engine> open() { return open_rocks(folder_.path(), ids_, options_); }
    static Result<Version> commit(Engine& engine, std::string partition, Version expect, std::string value) {
        Batch batch;
        batch.partition = std::move(partition);
        batch.expect = expect;
        batch.put.push_back({"h", std::move(value)});
        return run(engine.commit(std::move(batch)));
    }
    static std::uint64_t figure(const Engine& engine, std::string_view name) {
        for (const auto& [key, value] : engine.figures()) {
            if (key == name) return value;
        }
        ADD_FAILURE() << "no figure " << name;
        return 0;
    }

    TempFolder folder_;
    base::IdSource ids_{base::Clock::system()};
    RocksOptions options_ = small_options();
};

TEST_F(RocksTest, ASecondEngineCannotOpenTheSameFolder) {
    const auto first = open();
    const auto second = make_rocksdb_engine(folder_.path(), ids_, options_);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().is(Errc::unavailable));
}

TEST_F(RocksTest, ANewerFormatIsRefused) {
    open().reset();
    {
        std::vector<std::string> names;
        ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), folder_.path(), &names).ok());
        EXPECT_EQ(names, (std::vector<std::string>{"default", "meta", "stat", "blob"}));
        std::vector<rocksdb::ColumnFamilyDescriptor> families;
        for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
        std::vector<rocksdb::ColumnFamilyHandle*> handles;
        rocksdb::DB* db = nullptr;
        ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), folder_.path(), families, &handles, &db).ok());
        EXPECT_TRUE(db->Put(rocksdb::WriteOptions(), "format", "2").ok());
        for (auto* handle : handles) EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
        delete db;
    }
    const auto answer = make_rocksdb_engine(folder_.path(), ids_, options_);
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().is(Errc::invalid));
}

TEST_F(RocksTest, ReadsGoToThePoolWhenTheCacheHasNothing) {
    {
        const auto engine = open();
        std::vector<Row> rows;
        for (int i = 100; i < 900; ++i) rows.push_back({"p" + std::to_string(i), text_octets(1000, 1)});
        Batch batch;
        batch.partition = "f/1";
        batch.put = rows;
        ASSERT_TRUE(run(engine->commit(std::move(batch))));
        EXPECT_EQ(run(engine->get("f/1", {"p100"}))->rows.size(), 1U);
        EXPECT_EQ(figure(*engine, "reads_inline"), 1U);
        EXPECT_EQ(run(engine->scan("f/1", "", "", 0, 0))->rows.size(), 800U);
        EXPECT_EQ(figure(*engine, "reads_pooled"), 1U);
    }
    options_.memtable_bytes = 64 << 10;  // smaller than what the log holds: opening writes it out as files
    const auto engine = open();
    EXPECT_EQ(run(engine->get("f/1", {"p700"}))->rows.size(), 1U);
    EXPECT_EQ(figure(*engine, "reads_pooled"), 1U);
    EXPECT_EQ(run(engine->get("f/1", {"p700"}))->rows.size(), 1U);  // now the cache has it
    EXPECT_EQ(figure(*engine, "reads_pooled"), 1U);
    EXPECT_EQ(figure(*engine, "reads_inline"), 1U);
}

TEST_F(RocksTest, MoreFilesThanMayBeOpenChangeNoAnswer) {
    options_.memtable_bytes = 256 << 10;
    options_.cache_bytes = 1 << 20;
    options_.open_files_max = 20;  // the least that RocksDB takes
    const auto value = [](int n) { return random_octets(50'000, static_cast<unsigned>(n)); };
    constexpr int partitions = 250;
    auto engine = open();
    for (int n = 0; n < partitions; ++n) {
        ASSERT_TRUE(commit(*engine, "f/" + std::to_string(n), 0, value(n)));
        ASSERT_TRUE(commit(*engine, "s/" + std::to_string(n), 0, ""));  // an empty row is a row
    }
    for (int twice = 0; twice < 2; ++twice) {
        for (int n = 0; n < partitions; ++n) {
            const auto rows = run(engine->get("f/" + std::to_string(n), {"h", "none"}));
            ASSERT_EQ(rows->rows.size(), 1U) << n;
            ASSERT_TRUE(rows->rows[0].value == value(n)) << n;
            ASSERT_EQ(run(engine->scan("f/" + std::to_string(n), "", "", 0, 0))->rows.size(), 1U) << n;
            ASSERT_EQ(run(engine->get("s/" + std::to_string(n), {"h"}))->rows.size(), 1U) << n;
        }
        engine.reset();
        engine = open();
    }
}

TEST_F(RocksTest, NearlyFullNothingIsAcknowledgedAndLaterAllGoesOn) {
    auto free = std::make_shared<std::atomic<std::uint64_t>>(1U << 30);
    options_.free_floor_bytes = 100 << 20;
    options_.free_space = [free](const std::string&) { return std::optional<std::uint64_t>(free->load()); };
    const auto engine = open();
    const auto deliver = [&](std::string folder) {
        const auto writer = engine->new_blob();
        EXPECT_TRUE(run(writer->write("mail")));
        Prelude prelude;
        prelude.blobs.emplace_back(writer, std::vector<std::string>{"t"});
        Batch batch;
        batch.partition = std::move(folder);
        return run(engine->commit(std::move(prelude), std::move(batch)));
    };
    const auto wait_for_measure = [&](Errc wanted, auto attempt) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        for (;;) {
            const auto answer = attempt();
            const Errc code = answer ? Errc::none : answer.error().code();
            if (code == wanted || std::chrono::steady_clock::now() > deadline) return code;
        }
    };
    int n = 0;
    const auto next = [&n](const char* start) { return start + std::to_string(++n); };
    ASSERT_TRUE(deliver(next("f/")));
    *free = 70 << 20;  // below the floor: no mail, but rows still go, so that mail can be expunged
    EXPECT_EQ(wait_for_measure(Errc::no_space, [&] { return deliver(next("f/")); }), Errc::no_space);
    ASSERT_TRUE(commit(*engine, next("f/"), 0, "1"));
    *free = 20 << 20;
    EXPECT_EQ(wait_for_measure(Errc::no_space, [&] { return commit(*engine, next("f/"), 0, "1"); }),
              Errc::no_space);
    EXPECT_TRUE(run(engine->drop("f/1")));
    EXPECT_GT(figure(*engine, "refused"), 0U);
    *free = 1U << 30;
    EXPECT_EQ(wait_for_measure(Errc::none, [&] { return deliver(next("f/")); }), Errc::none);
}

}  // namespace
}  // namespace store::engine

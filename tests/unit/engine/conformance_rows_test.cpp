// Partitions, rows, versions and preludes of the engine contract.
#include "unit/engine/conformance.hpp"

namespace store::engine {
namespace {

using Names = std::vector<std::string>;

TEST_P(Conformance, APartitionThatDoesNotExistHasVersionZero) {
    EXPECT_EQ(*run(engine().version("f/1")), 0U);
    const auto rows = run(engine().get("f/1", {"h"}));
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->version, 0U);
    EXPECT_TRUE(rows->rows.empty());
    const auto scanned = run(engine().scan("f/1", "", "", 0, 0));
    ASSERT_TRUE(scanned);
    EXPECT_EQ(scanned->version, 0U);
    EXPECT_TRUE(scanned->rows.empty());
}

TEST_P(Conformance, CommitNeedsTheVersionThatWasRead) {
    const auto first = commit("f/1", 0, {{"h", "1"}});
    ASSERT_TRUE(first);
    EXPECT_GT(*first, 0U);
    EXPECT_EQ(*run(engine().version("f/1")), *first);
    EXPECT_TRUE(commit("f/1", 0, {{"h", "2"}}).error().is(Errc::conflict));
    EXPECT_TRUE(commit("f/1", *first + 1, {{"h", "2"}}).error().is(Errc::conflict));
    EXPECT_TRUE(commit("f/2", *first, {{"h", "2"}}).error().is(Errc::conflict));
    EXPECT_EQ(*run(engine().version("f/2")), 0U);
    EXPECT_EQ(text(run(engine().get("f/1", {"h"}))), "h=1");
    const auto second = commit("f/1", *first, {{"h", "2"}});
    ASSERT_TRUE(second);
    EXPECT_GT(*second, *first);
    EXPECT_TRUE(commit("f/1", *first, {{"h", "3"}}).error().is(Errc::conflict));
    EXPECT_EQ(text(run(engine().get("f/1", {"h"}))), "h=2");
}

TEST_P(Conformance, AnEmptyBatchMovesTheVersionAndMakesThePartition) {
    const auto first = commit("f/1", 0, {});
    ASSERT_TRUE(first);
    EXPECT_EQ(*run(engine().version("f/1")), *first);
    const auto second = commit("f/1", *first, {});
    ASSERT_TRUE(second);
    EXPECT_GT(*second, *first);
}

TEST_P(Conformance, ABatchPutsAndErases) {
    const auto first = commit("f/1", 0, {{"a", "1"}, {"b", "2"}, {"c", ""}});
    ASSERT_TRUE(first);
    ASSERT_TRUE(commit("f/1", *first, {{"b", "3"}, {"d", "4"}}, {"a", "not-there"}));
    EXPECT_EQ(text(run(engine().scan("f/1", "", "", 0, 0))), "b=3 c= d=4");
}

TEST_P(Conformance, ValuesHoldAnyOctets) {
    const std::string value = random_octets(100'000, 7) + std::string("\0\xFF\r\n", 4);
    ASSERT_TRUE(commit("f/1", 0, {{"h", value}}));
    const auto rows = run(engine().get("f/1", {"h"}));
    ASSERT_EQ(rows->rows.size(), 1U);
    EXPECT_EQ(rows->rows[0].value, value);
}

TEST_P(Conformance, GetAnswersInTheOrderAsked) {
    const auto version = commit("a/1", 0, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
    const auto rows = run(engine().get("a/1", {"c", "x", "a", "c"}));
    EXPECT_EQ(text(rows), "c=3 a=1 c=3");
    EXPECT_EQ(rows->version, *version);
    const auto none = run(engine().get("a/1", {}));
    EXPECT_EQ(none->version, *version);
    EXPECT_TRUE(none->rows.empty());
}

TEST_P(Conformance, PartitionsDoNotMix) {
    // Names that are prefixes of each other, on both sides of every border of the key order.
    const Names names{"f/1", "f/1!", "f/10", "f/1~", "f/2", "f", "s/1/0", "s/1/00", "b/1", "z", "t"};
    for (const auto& name : names) ASSERT_TRUE(commit(name, 0, {{"!", name}, {"~", name}}));
    for (const auto& name : names) {
        EXPECT_EQ(text(run(engine().scan(name, "", "", 0, 0))), "!=" + name + " ~=" + name);
    }
    ASSERT_TRUE(run(engine().drop("f/1")));
    for (const auto& name : names) {
        EXPECT_EQ(run(engine().scan(name, "", "", 0, 0))->rows.size(), name == "f/1" ? 0U : 2U) << name;
    }
}

TEST_P(Conformance, ScanPagesInOrder) {
    std::vector<Row> put;
    for (int i = 999; i >= 100; --i) put.push_back({"p" + std::to_string(i), std::to_string(i)});
    put.push_back({"h", "head"});
    put.push_back({"q1", "tail"});
    const auto version = commit("f/1", 0, put);
    ASSERT_TRUE(version);

    std::string after;
    int next = 100;
    for (bool more = true; more;) {
        const auto page = run(engine().scan("f/1", after, "p", 70, *version));
        ASSERT_TRUE(page);
        EXPECT_EQ(page->version, *version);
        for (const Row& row : page->rows) EXPECT_EQ(row.key, "p" + std::to_string(next++));
        ASSERT_FALSE(page->rows.empty());
        after = page->rows.back().key;
        more = page->more;
        EXPECT_EQ(more, next < 1000);
    }
    EXPECT_EQ(next, 1000);
}

TEST_P(Conformance, ScanBorders) {
    const auto version = commit("f/1", 0, {{"a", "1"}, {"ab", "2"}, {"b", "3"}, {"~", "4"}, {"~~", "5"}});
    const auto scan = [&](std::string after, std::string prefix, std::size_t max) {
        return run(engine().scan("f/1", std::move(after), std::move(prefix), max, 0));
    };
    EXPECT_EQ(text(scan("", "", 0)), "a=1 ab=2 b=3 ~=4 ~~=5");
    EXPECT_EQ(text(scan("a", "", 0)), "ab=2 b=3 ~=4 ~~=5");
    EXPECT_EQ(text(scan("aa", "", 0)), "ab=2 b=3 ~=4 ~~=5");
    EXPECT_EQ(text(scan("", "a", 0)), "a=1 ab=2");
    EXPECT_EQ(text(scan("a", "a", 0)), "ab=2");
    EXPECT_EQ(text(scan("ab", "a", 0)), "");
    EXPECT_EQ(text(scan("c", "a", 0)), "");
    EXPECT_EQ(text(scan("", "~", 0)), "~=4 ~~=5");
    EXPECT_EQ(text(scan("", "zz", 0)), "");
    EXPECT_TRUE(scan("", "", 4)->more);
    EXPECT_FALSE(scan("", "", 5)->more);
    EXPECT_FALSE(scan("", "a", 2)->more);
    EXPECT_EQ(scan("zz", "", 0)->version, *version);
}

TEST_P(Conformance, ScanExpectsTheVersionOfAnEarlierPage) {
    const auto first = commit("f/1", 0, {{"a", "1"}, {"b", "2"}});
    ASSERT_TRUE(run(engine().scan("f/1", "", "", 1, *first)));
    const auto second = commit("f/1", *first, {{"c", "3"}});
    EXPECT_TRUE(run(engine().scan("f/1", "a", "", 1, *first)).error().is(Errc::conflict));
    EXPECT_EQ(text(run(engine().scan("f/1", "a", "", 1, *second))), "b=2");
    ASSERT_TRUE(run(engine().drop("f/1")));
    EXPECT_TRUE(run(engine().scan("f/1", "a", "", 1, *second)).error().is(Errc::conflict));
}

TEST_P(Conformance, DropRemovesRowsAndVersionAndVersionsDoNotComeBack) {
    const auto first = commit("f/1", 0, {{"a", "1"}});
    ASSERT_TRUE(run(engine().drop("f/1")));
    ASSERT_TRUE(run(engine().drop("f/1")));  // idempotent
    EXPECT_EQ(*run(engine().version("f/1")), 0U);
    EXPECT_TRUE(commit("f/1", *first, {{"b", "2"}}).error().is(Errc::conflict));
    const auto again = commit("f/1", 0, {{"b", "2"}});
    ASSERT_TRUE(again);
    EXPECT_GT(*again, *first);
    EXPECT_EQ(text(run(engine().scan("f/1", "", "", 0, 0))), "b=2");
}

TEST_P(Conformance, ListNamesPartitions) {
    for (const auto& name : Names{"a/2", "f/1", "f/10", "f/2", "s/1/0", "s/1/1", "z/members", "s"}) {
        ASSERT_TRUE(commit(name, 0, {{"r", "1"}, {"s", "2"}}));
    }
    const auto list = [&](std::string prefix, std::string after, std::size_t max) {
        return *run(engine().list(std::move(prefix), std::move(after), max));
    };
    EXPECT_EQ(list("", "", 100), (Names{"a/2", "f/1", "f/10", "f/2", "s", "s/1/0", "s/1/1", "z/members"}));
    EXPECT_EQ(list("f/", "", 100), (Names{"f/1", "f/10", "f/2"}));
    EXPECT_EQ(list("f/", "f/1", 1), (Names{"f/10"}));
    EXPECT_EQ(list("s", "", 2), (Names{"s", "s/1/0"}));
    EXPECT_EQ(list("", "s", 2), (Names{"s/1/0", "s/1/1"}));
    EXPECT_EQ(list("q", "", 2), Names{});
    ASSERT_TRUE(run(engine().drop("f/10")));
    EXPECT_EQ(list("f/", "", 100), (Names{"f/1", "f/2"}));
}

TEST_P(Conformance, LimitsAreKept) {
    Limits limits;
    limits.value_bytes_max = 1000;
    limits.batch_bytes_max = 5000;
    limits.batch_rows_max = 20;
    limits.scan_rows_max = 10;
    use_limits(limits);
    const auto is_limit = [](const Result<Version>& answer) {
        return !answer && answer.error().is(Errc::limit);
    };
    EXPECT_TRUE(is_limit(commit("f/1", 0, {{"a", std::string(1001, 'x')}})));
    EXPECT_TRUE(is_limit(commit("f/1", 0, {{std::string(201, 'k'), "x"}})));
    EXPECT_TRUE(is_limit(commit(std::string(201, 'p'), 0, {{"a", "x"}})));
    EXPECT_TRUE(is_limit(commit("f/1", 0, std::vector<Row>(6, Row{"a", std::string(1000, 'x')}))));
    EXPECT_TRUE(is_limit(commit("f/1", 0, std::vector<Row>(10, Row{"a", "x"}), Names(11, "b"))));
    EXPECT_EQ(*run(engine().version("f/1")), 0U);

    std::vector<Row> most;
    for (int i = 10; i < 30; ++i) most.push_back({"k" + std::to_string(i), "v"});
    ASSERT_TRUE(commit(std::string(200, 'p'), 0, most));
    const auto page = run(engine().scan(std::string(200, 'p'), "", "", 0, 0));
    EXPECT_EQ(page->rows.size(), 10U);
    EXPECT_TRUE(page->more);
    EXPECT_EQ(run(engine().scan(std::string(200, 'p'), "", "", 11, 0))->rows.size(), 10U);
}

TEST_P(Conformance, NamesMustBePrintable) {
    const auto invalid = [](const auto& answer) { return !answer && answer.error().is(Errc::invalid); };
    EXPECT_TRUE(invalid(commit("", 0, {{"a", "1"}})));
    EXPECT_TRUE(invalid(commit("f 1", 0, {{"a", "1"}})));
    EXPECT_TRUE(invalid(commit(std::string("f\0", 2), 0, {{"a", "1"}})));
    EXPECT_TRUE(invalid(commit("f/1", 0, {{"", "1"}})));
    EXPECT_TRUE(invalid(commit("f/1", 0, {{"\xC3\xA9", "1"}})));
    EXPECT_TRUE(invalid(commit("f/1", 0, {}, {std::string("a\0b", 3)})));
    EXPECT_TRUE(invalid(run(engine().get("f/1", {""}))));
    EXPECT_TRUE(invalid(run(engine().version(""))));
    EXPECT_TRUE(invalid(run(engine().drop(""))));
}

TEST_P(Conformance, PatchesAreAtomicWithTheBatch) {
    Prelude prelude;
    prelude.patches.push_back(Patch{"s/1/0", {{"m1", "one"}, {"m2", "two"}}, {}});
    const auto version = commit(prelude, "f/1", 0, {{"h", "1"}});
    ASSERT_TRUE(version);
    EXPECT_EQ(text(run(engine().scan("s/1/0", "", "m", 0, 0))), "m1=one m2=two");

    Prelude second;
    second.patches.push_back(Patch{"s/1/0", {{"m3", "three"}}, {"m1"}});
    EXPECT_TRUE(commit(second, "f/1", 0, {{"h", "2"}}).error().is(Errc::conflict));
    EXPECT_EQ(text(run(engine().scan("s/1/0", "", "m", 0, 0))), "m1=one m2=two");  // nothing was done
    ASSERT_TRUE(commit(second, "f/1", *version, {{"h", "2"}}));
    EXPECT_EQ(text(run(engine().scan("s/1/0", "", "m", 0, 0))), "m2=two m3=three");

    ASSERT_TRUE(run(engine().apply(second)));
    ASSERT_TRUE(run(engine().apply(second)));  // idempotent
    EXPECT_EQ(text(run(engine().scan("s/1/0", "", "m", 0, 0))), "m2=two m3=three");
}

TEST_P(Conformance, APatchMakesAPartitionAndMovesItsVersion) {
    Prelude put;
    put.patches.push_back(Patch{"s/1/0", {{"m1", "one"}}, {}});
    ASSERT_TRUE(run(engine().apply(put)));
    const auto first = *run(engine().version("s/1/0"));
    EXPECT_GT(first, 0U);
    ASSERT_TRUE(run(engine().apply(put)));
    EXPECT_GT(*run(engine().version("s/1/0")), first);
    Prelude erase;
    erase.patches.push_back(Patch{"s/1/1", {}, {"m1"}});
    ASSERT_TRUE(run(engine().apply(erase)));
    EXPECT_EQ(*run(engine().version("s/1/1")), 0U);  // erasing makes nothing
    Prelude own;
    own.patches.push_back(Patch{"f/1", {{"x", "1"}}, {}});
    EXPECT_TRUE(commit(own, "f/1", 0, {{"h", "1"}}).error().is(Errc::invalid));
}

TEST_P(Conformance, WhatIsCommittedIsThereAfterReopening) {
    const auto first = commit("f/1", 0, {{"a", "1"}});
    ASSERT_TRUE(commit("f/2", 0, {{"a", "2"}}));
    ASSERT_TRUE(run(engine().drop("f/2")));
    reopen();
    EXPECT_EQ(*run(engine().version("f/1")), *first);
    EXPECT_EQ(*run(engine().version("f/2")), 0U);
    const auto second = commit("f/1", *first, {{"a", "3"}});
    ASSERT_TRUE(second);
    EXPECT_GT(*second, *first);
    reopen();
    EXPECT_EQ(text(run(engine().get("f/1", {"a"}))), "a=3");
    const auto made = commit("f/2", 0, {});
    EXPECT_GT(*made, *second);
}

TEST_P(Conformance, AfterCloseEveryCallIsUnavailable) {
    const auto version = commit("f/1", 0, {{"a", "1"}});
    auto writer = blob_of("late");
    engine().close();
    const auto closed = [](const auto& answer) { return !answer && answer.error().is(Errc::unavailable); };
    EXPECT_TRUE(closed(commit("f/1", *version, {})));
    EXPECT_TRUE(closed(run(engine().apply(finish(writer, {"t"})))));
    EXPECT_TRUE(closed(run(engine().get("f/1", {"a"}))));
    EXPECT_TRUE(closed(run(engine().scan("f/1", "", "", 0, 0))));
    EXPECT_TRUE(closed(run(engine().version("f/1"))));
    EXPECT_TRUE(closed(run(engine().drop("f/1"))));
    EXPECT_TRUE(closed(run(engine().list("", "", 1))));
    EXPECT_TRUE(closed(run(engine().blob_read(base::BlobId(1), 0, 1))));
    EXPECT_TRUE(closed(run(engine().untag({}))));
    EXPECT_TRUE(closed(run(engine().blob_list(base::BlobId(0), 1))));
    EXPECT_FALSE(engine().figures().empty());
}

}  // namespace
}  // namespace store::engine

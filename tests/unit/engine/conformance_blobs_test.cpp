// Blobs and their tags of the engine contract.
#include <algorithm>
#include <random>

#include "unit/engine/conformance.hpp"

namespace store::engine {
namespace {

using Names = std::vector<std::string>;

TEST_P(Conformance, BlobsOfEverySizeReadBackWhole) {
    for (const std::size_t size :
         {0U, 1U, 255U, 4'096U, 20'000U, 65'535U, 65'536U, 65'537U, 200'000U, 1'500'000U}) {
        for (const bool random : {false, true}) {
            const auto octets = random ? random_octets(size, 3) : text_octets(size, 3);
            const auto id = stored(octets, "1.1");
            EXPECT_EQ(*run(engine().blob_size(id)), size);
            EXPECT_TRUE(read(id, 0, size) == octets) << size;
            EXPECT_TRUE(read(id, 0, SIZE_MAX) == octets) << size;
            EXPECT_EQ(read(id, size, 10), "");
            EXPECT_EQ(read(id, size + 1000, 10), "");
            EXPECT_EQ(read(id, 0, 0), "");
            if (size != 0) EXPECT_EQ(read(id, size - 1, SIZE_MAX), octets.substr(size - 1));
        }
    }
}

TEST_P(Conformance, ALargeBlobReadsAtAnyOffset) {
    const std::size_t size = 20 << 20;
    std::string octets = text_octets(size / 2, 5);
    octets += random_octets(size - octets.size(), 6);
    const auto writer = engine().new_blob();
    std::mt19937 chance(11);
    for (std::size_t at = 0; at < size;) {  // pieces as sockets bring them, and some much larger
        const std::size_t piece = chance() % 8 == 0 ? 900'000 : 1 + chance() % 70'000;
        ASSERT_TRUE(run(writer->write(std::string_view(octets).substr(at, piece))));
        at += piece;
        if (at > 100'000 && at < 200'000) writer->cut();
    }
    EXPECT_EQ(writer->size(), size);
    ASSERT_TRUE(run(engine().apply(finish(writer, {"1.1"}))));
    for (int i = 0; i < 300; ++i) {
        const std::size_t offset = chance() % size, length = chance() % 300'000;
        ASSERT_TRUE(read(writer->id(), offset, length) == octets.substr(offset, length))
            << offset << ' ' << length;
    }
    EXPECT_TRUE(read(writer->id(), 0, size) == octets);
    reopen();
    EXPECT_TRUE(read(writer->id(), 0, size) == octets);
}

TEST_P(Conformance, CutChangesNothingThatIsRead) {
    const auto octets = text_octets(150'000, 8);
    const auto writer = engine().new_blob();
    writer->cut();  // of nothing
    ASSERT_TRUE(run(writer->write(std::string_view(octets).substr(0, 700))));
    writer->cut();
    ASSERT_TRUE(run(writer->write(std::string_view(octets).substr(700))));
    writer->cut();
    writer->cut();
    ASSERT_TRUE(run(engine().apply(finish(writer, {"t"}))));
    EXPECT_TRUE(read(writer->id(), 0, SIZE_MAX) == octets);
    EXPECT_EQ(read(writer->id(), 0, 700), octets.substr(0, 700));
    EXPECT_EQ(read(writer->id(), 690, 20), octets.substr(690, 20));
}

TEST_P(Conformance, AttachmentsAmongTextReadBackInAnyPart) {
    std::string octets = text_octets(3'000, 12) + "\r\n";
    for (unsigned part = 0; part < 40; ++part) {
        octets += base64_text(random_octets(57 * (part * part), part), 76) + "--=_b\r\n";
        octets += text_octets(part % 4 * 3'000, part) + "\r\n";
    }
    const auto writer = blob_of(octets, 7'001);
    EXPECT_EQ(writer->size(), octets.size());
    ASSERT_TRUE(run(engine().apply(finish(writer, {"t"}))));
    EXPECT_TRUE(read(writer->id(), 0, SIZE_MAX) == octets);
    std::mt19937 chance(12);
    for (int i = 0; i < 300; ++i) {
        const std::size_t offset = chance() % octets.size(), length = chance() % 100'000;
        ASSERT_TRUE(read(writer->id(), offset, length) == octets.substr(offset, length))
            << offset << ' ' << length;
    }
    reopen();
    EXPECT_TRUE(read(writer->id(), 0, SIZE_MAX) == octets);
}

TEST_P(Conformance, ABlobIsSeenOnlyWhenItIsFinished) {
    auto writer = blob_of(random_octets(2'000'000, 1));
    EXPECT_TRUE(run(engine().blob_size(writer->id())).error().is(Errc::not_found));
    EXPECT_TRUE(run(engine().blob_read(writer->id(), 0, 1)).error().is(Errc::not_found));
    EXPECT_TRUE(run(engine().blob_tags(writer->id())).error().is(Errc::not_found));
    const auto listed = run(engine().blob_list(base::BlobId(), 10));
    ASSERT_EQ(listed->size(), 1U);  // its chunks went ahead
    EXPECT_FALSE((*listed)[0].finished);
    const auto id = writer->id();
    writer.reset();  // abandoned: the chunks go
    ASSERT_TRUE(commit("f/1", 0, {}));
    EXPECT_TRUE(run(engine().blob_list(base::BlobId(), 10))->empty()) << id.value;
}

TEST_P(Conformance, ABlobAndItsCommitAreOne) {
    auto writer = blob_of("mail");
    EXPECT_TRUE(commit(finish(writer, {"1.1"}), "f/1", 5, {{"h", "1"}}).error().is(Errc::conflict));
    EXPECT_TRUE(run(engine().blob_size(writer->id())).error().is(Errc::not_found));
    ASSERT_TRUE(commit(finish(writer, {"1.1"}), "f/1", 0, {{"h", "1"}}));  // the retry finishes it
    EXPECT_EQ(read(writer->id(), 0, 10), "mail");
    EXPECT_EQ(*run(engine().blob_tags(writer->id())), Names{"1.1"});
    EXPECT_FALSE(run(writer->write("more")));
}

TEST_P(Conformance, OneBlobInManyCommitsGainsTheirTags) {
    for (const std::size_t size : {500U, 3'000'000U}) {
        const auto octets = random_octets(size, 2);
        auto writer = blob_of(octets);
        const std::string folder = "f/" + std::to_string(size) + ".";
        for (const char n : {'1', '2', '3'}) {
            ASSERT_TRUE(commit(finish(writer, {std::string("t") + n}), folder + n, 0, {{"h", "1"}}));
        }
        ASSERT_TRUE(run(engine().apply(finish(writer, {"t4", "t5"}))));
        EXPECT_EQ(*run(engine().blob_tags(writer->id())), (Names{"t1", "t2", "t3", "t4", "t5"}));
        EXPECT_EQ(*run(engine().blob_tags(writer->id(), "t3")), (Names{"t3", "t4", "t5"}));
        EXPECT_EQ(*run(engine().blob_tags(writer->id(), "t2x", 1)), Names{"t3"});
        EXPECT_TRUE(run(engine().blob_tags(writer->id(), "t6", 1))->empty());
        EXPECT_TRUE(run(engine().blob_tags(writer->id(), "", 0))->empty());
        EXPECT_TRUE(read(writer->id(), 0, size) == octets);
        ASSERT_TRUE(run(engine().untag({{writer->id(), "t5"}, {writer->id(), "t2"}})));
        EXPECT_EQ(*run(engine().blob_tags(writer->id())), (Names{"t1", "t3", "t4"}));
    }
}

TEST_P(Conformance, ABlobGoesWithItsLastTag) {
    for (const std::size_t size : {500U, 3'000'000U}) {
        const auto id = stored(random_octets(size, 2), "a");
        Prelude more;
        more.tags.push_back({id, "b"});
        ASSERT_TRUE(commit(more, "f/" + std::to_string(size), 0, {}));
        EXPECT_EQ(*run(engine().blob_tags(id)), (Names{"a", "b"}));
        ASSERT_TRUE(run(engine().untag({{id, "a"}, {id, "never-there"}})));
        ASSERT_TRUE(run(engine().untag({{id, "a"}})));  // idempotent
        EXPECT_EQ(*run(engine().blob_tags(id)), Names{"b"});
        EXPECT_EQ(*run(engine().blob_size(id)), size);
        ASSERT_TRUE(run(engine().untag({{id, "b"}})));
        EXPECT_TRUE(run(engine().blob_size(id)).error().is(Errc::not_found));
        EXPECT_TRUE(run(engine().blob_read(id, 0, 1)).error().is(Errc::not_found));
        ASSERT_TRUE(run(engine().untag({{id, "b"}})));
    }
    EXPECT_TRUE(run(engine().blob_list(base::BlobId(), 10))->empty());
}

TEST_P(Conformance, SeveralTagsGoInOneCall) {
    const auto first = stored("one", "a"), second = stored("two", "a");
    ASSERT_TRUE(run(engine().untag({{first, "a"}, {second, "a"}, {second, "b"}})));
    EXPECT_TRUE(run(engine().blob_list(base::BlobId(), 10))->empty());
}

TEST_P(Conformance, TaggingABlobThatIsGoneFailsTheWholeCall) {
    const auto alive = stored("alive", "a");
    auto writer = blob_of("gone");
    ASSERT_TRUE(run(engine().apply(finish(writer, {"a"}))));
    ASSERT_TRUE(run(engine().untag({{writer->id(), "a"}})));

    Prelude prelude;
    prelude.tags = {{alive, "b"}, {writer->id(), "b"}};
    prelude.patches.push_back(Patch{"s/1/0", {{"m", "1"}}, {}});
    EXPECT_TRUE(commit(prelude, "f/1", 0, {{"h", "1"}}).error().is(Errc::not_found));
    EXPECT_TRUE(run(engine().apply(prelude)).error().is(Errc::not_found));
    EXPECT_EQ(*run(engine().version("f/1")), 0U);
    EXPECT_EQ(*run(engine().version("s/1/0")), 0U);
    EXPECT_EQ(*run(engine().blob_tags(alive)), Names{"a"});
    // The same through the writer that had finished it: its chunks may be gone, so it cannot come back.
    EXPECT_TRUE(commit(finish(writer, {"b"}), "f/1", 0, {}).error().is(Errc::not_found));
    EXPECT_TRUE(run(engine().blob_size(writer->id())).error().is(Errc::not_found));
}

TEST_P(Conformance, BlobListPagesInOrderOfId) {
    std::vector<base::BlobId> ids;
    for (int i = 0; i < 25; ++i)
        ids.push_back(stored(text_octets(static_cast<std::size_t>(i) * 5000, 1), "t"));
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    std::vector<base::BlobId> seen;
    for (base::BlobId after;;) {
        const auto page = run(engine().blob_list(after, 7));
        ASSERT_TRUE(page);
        if (page->empty()) break;
        for (const auto& info : *page) {
            EXPECT_TRUE(info.finished);
            EXPECT_EQ(info.size, seen.size() * 5000);
            seen.push_back(info.id);
        }
        after = page->back().id;
    }
    EXPECT_EQ(seen, ids);
}

TEST_P(Conformance, BlobRemoveIgnoresTags) {
    const auto small = stored("small", "a"), large = stored(random_octets(2'000'000, 1), "a");
    const auto kept = stored("kept", "a");
    for (int twice = 0; twice < 2; ++twice) {
        ASSERT_TRUE(run(engine().blob_remove(small)));
        ASSERT_TRUE(run(engine().blob_remove(large)));
    }
    EXPECT_TRUE(run(engine().blob_tags(large)).error().is(Errc::not_found));
    const auto left = run(engine().blob_list(base::BlobId(), 10));
    ASSERT_EQ(left->size(), 1U);
    EXPECT_EQ((*left)[0].id, kept);
}

TEST_P(Conformance, BlobIdsGoOnAfterReopening) {
    const auto before = stored("one", "a");
    reopen();
    EXPECT_GT(engine().new_blob()->id(), before);
}

TEST_P(Conformance, AWriterMayOutliveItsEngine) {
    auto writer = blob_of(random_octets(1'000'000, 9));
    engine().close();
    reopen();
    const auto late = run(writer->write(random_octets(3'000'000, 9)));
    if (!late) EXPECT_TRUE(late.error().is(Errc::unavailable));
    writer.reset();
    EXPECT_TRUE(run(engine().blob_list(base::BlobId(), 10)));
}

TEST_P(Conformance, MessagesAreHeardUntilTheSubscriptionEnds) {
    Names heard;
    const auto listen = [&](std::string_view payload, bool) { heard.emplace_back(payload); };
    auto first = engine().subscribe("f/1", listen);
    auto second = engine().subscribe("f/1", listen);
    auto other = engine().subscribe("f/2", listen);
    engine().publish("f/1", "a");
    EXPECT_EQ(heard, (Names{"a", "a"}));
    first.reset();
    engine().publish("f/1", "b");
    EXPECT_EQ(heard, (Names{"a", "a", "b"}));
    second.reset();
    engine().publish("f/1", "c");
    EXPECT_EQ(heard, (Names{"a", "a", "b"}));
    engine().publish("f/2", "d");
    EXPECT_EQ(heard.back(), "d");
}

TEST_P(Conformance, AHandlerMayEndItsOwnSubscription) {
    std::unique_ptr<Subscription> mine;
    int heard = 0;
    mine = engine().subscribe("t", [&](std::string_view, bool) {
        ++heard;
        mine.reset();
    });
    engine().publish("t", "1");
    engine().publish("t", "2");
    EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace store::engine

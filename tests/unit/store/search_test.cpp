// The search index: it never misses a message, whatever was indexed, moved, deleted, damaged or cut off.
#include "store/search.hpp"

#include <algorithm>

#include "search_fixture.hpp"

namespace store::test {
namespace {

TEST_F(SearchTest, SaysWhichMessagesMayHaveAText) {
    append_body(inbox, "the quick brown fox\r\n");
    append_body(inbox, "lazy dogs\r\n", "Fox hunting");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "fox"), "none");  // nothing is indexed yet
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "FOX"), "mn");
    EXPECT_EQ(verdicts(inbox, SearchField::text, "fox"), "mm");
    EXPECT_EQ(verdicts(inbox, SearchField::subject, "fox"), "nm");
    EXPECT_EQ(verdicts(inbox, SearchField::from, "ann@"), "mm");
    EXPECT_EQ(verdicts(inbox, SearchField::to, "ann@"), "nn");
    EXPECT_EQ(verdicts(inbox, SearchField::cc, "three"), "mm");
    EXPECT_EQ(verdicts(inbox, SearchField::bcc, "zebra"), "nn");
    EXPECT_EQ(verdicts(inbox, SearchField::header, "odd", "x-thing"), "mm");
    EXPECT_EQ(verdicts(inbox, SearchField::header, "", "X-Thing"), "mm");
    EXPECT_EQ(verdicts(inbox, SearchField::header, "", "X-Other"), "nn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "q"), "mn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "gs"), "nm");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "elephant"), "nn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, ""), "none");
    append_body(inbox, "not indexed yet");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "elephant"), "nnm");
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "elephant"), "nnn");
    EXPECT_EQ(status().waiting, 0U);
    EXPECT_EQ(status().documents, 3U);
}

TEST_F(SearchTest, EncodedTextIsFoundAsItReads) {
    const std::vector<std::string> texts{
        "Subject: =?utf-8?B?w4lsw6lwaGFudA==?=\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n0J/RgNC40LLQtdGCINC80LjRgA==\r\n",
        "Subject: x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\n<p>Gr=FC=DFe</p>\r\n",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream; "
        "name=\"zebra.bin\"\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\nc2VjcmV0IHdvcmRz\r\n--b\r\nContent-Type: "
        "message/rfc822\r\n\r\nSubject: inner giraffe\r\n\r\ninside text\r\n--b--\r\n"};
    for (const std::string& text : texts) ASSERT_TRUE(run(append_text(store.get(), inbox, text)));
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::subject, "ÉLÉPHANT"), "mnn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "привет МИР"), "mnn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "GRÜSSE"), "nmn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "zebra.bin"), "nnm");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "giraffe"), "nnm");
    EXPECT_EQ(verdicts(inbox, SearchField::text, "inside"), "nnm");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "secret words"), "nnn");  // no text: an attachment
}

TEST_F(SearchTest, FrequentWordsNeedNoLook) {
    for (int i = 0; i < 20; ++i) append_body(inbox, i % 2 == 0 ? "Every meeting counts" : "meetings, never");
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "Meeting"), "ymymymymymymymymymym");
    EXPECT_EQ(verdicts(inbox, SearchField::subject, "plain"), std::string(20, 'y'));
    EXPECT_EQ(verdicts(inbox, SearchField::subject, "subject"), std::string(20, 'm'));  // TEXT would have it
}

TEST_F(SearchTest, CopiesAndMovesAreNotReadAgain) {
    append_body(inbox, "a walrus");
    append_body(inbox, "a narwhal");
    catch_up();
    const std::uint64_t indexed = store->search()->progress().messages_indexed;
    const FolderPtr archive = open_folder("Archive");
    ASSERT_TRUE(run(inbox->copy_to(archive, one(1))));
    ASSERT_TRUE(run(inbox->move_to(archive, one(2))));
    EXPECT_EQ(verdicts(archive, SearchField::body, "walrus"), "none");
    catch_up();
    EXPECT_EQ(store->search()->progress().messages_indexed, indexed);
    EXPECT_EQ(verdicts(archive, SearchField::body, "walrus"), "mn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "walrus"), "m");
}

TEST_F(SearchTest, CopiesInOneFolderAreOneDocument) {
    append_body(inbox, "a walrus");
    ASSERT_TRUE(run(inbox->copy_to(inbox, one(1))));
    ASSERT_TRUE(run(inbox->copy_to(inbox, one(1))));
    append_body(inbox, "a narwhal");
    catch_up();
    EXPECT_EQ(status().documents, 2U);
    EXPECT_EQ(verdicts(inbox, SearchField::body, "walrus"), "mmmn");
    ASSERT_TRUE(run(store->search()->rebuild(account->id())));
    append_body(inbox, "an orca");
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "narwhal"), "nnnmn");
}

TEST_F(SearchTest, SegmentsStayFewAndForgetTheDeleted) {
    for (int i = 0; i < 40; ++i) {
        append_body(inbox, "note number " + std::to_string(i * 7'919));
        catch_up();
    }
    EXPECT_LE(segments().size(), 6U);
    EXPECT_EQ(status().documents, 40U);
    for (int i = 0; i < 260; ++i) append_body(inbox, "filler " + std::to_string(i * 104'729));
    catch_up();
    ASSERT_TRUE(run(inbox->remove({UidRange{Uid(1), Uid(200)}})));
    catch_up();
    EXPECT_EQ(status().documents, 100U);
    EXPECT_EQ(inbox->snapshot()->size(), 100U);
    const std::string found = verdicts(inbox, SearchField::body, std::to_string(259 * 104'729));
    EXPECT_LE(std::ranges::count(found, 'm'), 2);  // two are cheaper to read than to tell apart
    EXPECT_EQ(found.back(), 'm');
    expect_clean();
}

TEST_F(SearchTest, ALostSegmentIsMadeAnew) {
    append_body(inbox, "first text");
    catch_up();
    append_body(inbox, "second text");
    catch_up();
    const auto blobs = segments();
    ASSERT_EQ(blobs.size(), 2U);
    const std::uint64_t indexed = store->search()->progress().messages_indexed;
    ASSERT_TRUE(run(store->engine().blob_remove(blobs.front())));
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    ASSERT_EQ(report->problems.size(), 1U);
    EXPECT_TRUE(report->problems[0].starts_with("x/00000001: a segment is not there")) << report->problems[0];
    EXPECT_EQ(verdicts(inbox, SearchField::body, "first"), "none");
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "first"), "mn");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "second"), "nm");
    EXPECT_EQ(store->search()->progress().messages_indexed, indexed + 1);  // only what was lost
    EXPECT_EQ(store->search()->progress().segments_damaged, 1U);
    expect_clean();
}

TEST_F(SearchTest, RowsOfAnotherMakeAreNotTrusted) {
    append_body(inbox, "some text");
    catch_up();
    const auto version = run(store->engine().version("x/00000001"));
    engine::Batch batch;
    batch.partition = "x/00000001";
    batch.expect = *version;
    batch.put.push_back({"h", "nonsense"});
    ASSERT_TRUE(run(store->engine().commit(batch)));
    EXPECT_EQ(verdicts(inbox, SearchField::body, "zzz"), "none");
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "zzz"), "n");
    EXPECT_EQ(verdicts(inbox, SearchField::body, "text"), "m");
    EXPECT_EQ(segments().size(), 1U);
}

TEST_F(SearchTest, RebuildForgetsAndStartsOver) {
    append_body(inbox, "some text");
    catch_up();
    ASSERT_TRUE(run(store->search()->rebuild(account->id())));
    EXPECT_TRUE(segments().empty());
    EXPECT_EQ(status().waiting, 1U);
    EXPECT_EQ(verdicts(inbox, SearchField::body, "zzz"), "none");
    catch_up();
    EXPECT_EQ(verdicts(inbox, SearchField::body, "zzz"), "n");
    EXPECT_FALSE(run(store->search()->rebuild(base::AccountId(77))));
}

TEST_F(SearchTest, GoesWithItsAccount) {
    append_body(inbox, "some text");
    catch_up();
    const auto blob = segments().front();
    ASSERT_TRUE(run(store->remove_account(account->id())));
    inbox.reset();
    account.reset();
    clock.advance(std::chrono::hours(1));
    run(store->collect());
    EXPECT_TRUE(segments().empty());
    EXPECT_FALSE(run(store->engine().blob_size(blob)));
}

/// What a crash between a segment and its row leaves.
TEST_F(SearchTest, ASegmentThatNoRowNamesIsCollected) {
    append_body(inbox, "some text");
    catch_up();
    const auto kept = segments().front();
    engine::Engine& on = store->engine();
    const std::shared_ptr<engine::BlobWriter> blob = on.new_blob();
    ASSERT_TRUE(run(blob->write("half an index")));
    engine::Prelude prelude;
    prelude.blobs.emplace_back(blob, std::vector<std::string>{"x/00000001"});
    ASSERT_TRUE(run(on.apply(std::move(prelude))));
    clock.advance(std::chrono::hours(49));
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->leaked_blobs, 1U);
    run(store->collect());
    EXPECT_FALSE(run(on.blob_size(blob->id())));
    EXPECT_TRUE(run(on.blob_size(kept)));
    expect_clean();
}

/// Gone from one folder while the pass comes to it, and in another that is still to come: it is not known.
TEST_F(SearchTest, AMessageThatMovesWhileItIsIndexedIsFound) {
    const FolderPtr archive = open_folder("Archive");
    for (int round = 0; round < 60; ++round) {
        const std::string word = "walrus" + std::to_string(round);
        const Uid uid = append_body(inbox, word).front();
        bool indexed = false, moved = false;
        io.restart();
        const auto end = [&](std::exception_ptr, const Result<void>&) { indexed = true; };
        asio::co_spawn(io, store->search()->catch_up(account->id()), end);
        for (int step = 0; step < round * 3 && !indexed; ++step) io.poll_one();
        io.restart();  // the index may have been done already, which stopped it
        asio::co_spawn(io, inbox->move_to(archive, one(uid.value)),
                       [&](std::exception_ptr, const auto& done) { moved = bool(done); });
        while (!moved || !indexed) io.run_one();
        catch_up();
        const std::string found = verdicts(archive, SearchField::body, word);
        ASSERT_EQ(found.back(), 'm') << round << found;
    }
    EXPECT_EQ(status().waiting, 0U);
}

#ifndef STORE_TEST_ROCKSDB
/// The same work with each call of the engine failing in turn; then the power goes.
TEST_F(SearchTest, WhateverFailsNothingIsMissed) {
    const std::vector<std::string> bodies{"alpha one", "beta two", "gamma three", "delta four",
                                          "epsilon five"};
    using engine::Fault;
    unsigned failed = 0;
    for (const Fault fault : {Fault::unavailable, Fault::unknown_but_done, Fault::unknown_not_done,
                              Fault::conflict, Fault::no_space}) {
        bool reached_the_end = false;
        for (std::uint64_t number = 1; !reached_the_end && number < 400; ++number) {
            start_anew();
            open_account();
            const FolderPtr archive = open_folder("Archive");
            for (const std::string& body : bodies) append_body(inbox, body);
            ASSERT_TRUE(run(store->search()->catch_up(account->id())));
            ASSERT_TRUE(run(inbox->move_to(archive, one(2))));
            for (int i = 0; i < 3; ++i) append_body(archive, "zeta " + std::to_string(i));
            const std::uint64_t before = steps();
            inject(engine::fault_at(before + number, fault));
            failed += !run(store->search()->catch_up(account->id()));
            reached_the_end = steps() < before + number;
            inject({});
            append_body(inbox, "omega six");
            if (number % 2 == 0) {
                restart();
                open_account();
            }
            const auto sound = [&](const FolderPtr& folder) {
                const SnapshotPtr snapshot = folder->snapshot();
                for (const std::string word :
                     {"alpha", "beta", "gamma", "zeta", "omega", "five", "nowhere"}) {
                    const SearchHitsPtr hits = find(folder, SearchField::body, word);
                    if (!hits) continue;
                    snapshot->for_each(
                        SeqNum(1), SeqNum(snapshot->size()), [&](SeqNum seq, const Entry& entry) {
                            const bool there = text_of(folder, entry.uid).find(word) != std::string::npos;
                            if (there) EXPECT_NE(hits->of(seq), Verdict::no) << word << number;
                            if (!there) EXPECT_NE(hits->of(seq), Verdict::yes) << word << number;
                        });
                }
            };
            sound(inbox);
            sound(open_folder("Archive"));
            ASSERT_TRUE(run(store->search()->catch_up(account->id()))) << number;
            EXPECT_EQ(status().waiting, 0U);
            sound(inbox);
            sound(open_folder("Archive"));
            EXPECT_EQ(verdicts(inbox, SearchField::body, "nowhere"), "nnnnn");
        }
        EXPECT_TRUE(reached_the_end);
    }
    EXPECT_GT(failed, 0U);
}
#endif

}  // namespace
}  // namespace store::test

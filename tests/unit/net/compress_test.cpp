// Raw DEFLATE on connections: flushes of every kind, cuts at every octet, what cannot be inflated, what
// becomes far more than it was, and the way back to plain text.
#include <charconv>
#include <random>
#include <sys/ioctl.h>

#include "net/deflate.hpp"
#include "zip_client.hpp"

namespace net_test {
namespace {

std::string noise(std::size_t octets, unsigned seed) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::mt19937 random(seed);
    std::string out(octets, '\0');
    for (char& c : out) c = letters[random() % letters.size()];
    return out;
}

class Compressed : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(running.add({}), "");
        running.start();
        client.emplace(running.port());
        ASSERT_EQ(client->line(), "hello");
        ASSERT_EQ(client->ask("compress"), "go ahead");
        zip.emplace(*client);
    }
    Running running;
    std::optional<Client> client;
    std::optional<ZipClient> zip;
};

TEST_F(Compressed, EchoesLineByLine) {
    for (int i = 0; i < 100; ++i) {
        const std::string line = "line " + std::to_string(i) + noise(50, static_cast<unsigned>(i % 7));
        ASSERT_EQ(zip->ask(line), line);
    }
    EXPECT_LT(zip->received(), 100 * 40U);  // what was said before is referred to, over sleeps too
}

TEST_F(Compressed, EveryKindOfFlushIsHeardAtOnce) {
    for (const int flush :
         {Z_SYNC_FLUSH, Z_PARTIAL_FLUSH, Z_FULL_FLUSH, Z_BLOCK, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH}) {
        SCOPED_TRACE(flush);
        if (flush == Z_BLOCK) continue;  // holds back up to 7 bits: no flush
        zip->send("some words some words " + std::to_string(flush) + "\r\n", flush);
        EXPECT_EQ(zip->line(), "some words some words " + std::to_string(flush));
    }
}

TEST_F(Compressed, OctetsOneByOne) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += "piece " + std::to_string(i * i) + "\r\n";
    std::string sent = zip->deflated(text, Z_PARTIAL_FLUSH) + zip->deflated(text, Z_SYNC_FLUSH);
    for (const char c : sent) ASSERT_TRUE(client->send(std::string_view(&c, 1)));
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 30; ++i) ASSERT_EQ(zip->line(), "piece " + std::to_string(i * i));
    }
}

TEST_F(Compressed, LongWaysBack) {
    // 40 KiB that cannot be packed, twice: the second time most of it is referred to from over a sleep.
    const std::string text = noise(20'000, 1);
    for (int i = 0; i < 6; ++i) ASSERT_EQ(zip->ask(text), text);
}

TEST_F(Compressed, LargeOutput) {
    zip->send("big 3000000\r\n");
    const std::string all = zip->octets(3'000'000);
    ASSERT_EQ(all.size(), 3'000'000U);
    for (std::size_t at = 0; at < all.size(); at += 8)
        ASSERT_EQ(all.substr(at, 8), std::to_string(at + 10'000'000).substr(0, 8));
    EXPECT_LT(zip->received(), 1'500'000U);
}

TEST_F(Compressed, SlowReaderHoldsTheServerBack) {
    zip->send("big 200000000\r\n");
    // The server cannot send it all: it waits for us, and says no more than the kernel takes.
    const auto seen_before = zip->octets(1000);
    ::poll(nullptr, 0, 100);
    int waiting = 0;
    EXPECT_EQ(::ioctl(client->descriptor(), FIONREAD, &waiting), 0);
    EXPECT_LT(waiting, 16 << 20);
    EXPECT_EQ(seen_before.substr(0, 8), "10000000");
}

TEST_F(Compressed, BombIsInflatedInSmallPieces) {
    // 64 MiB of one octet, some 64 KB to send.
    zip->send("count 67108864\r\n");
    const std::string zeros(67108864, 'x');
    ASSERT_TRUE(zip->send(zeros));
    const std::string most = zip->line();
    std::size_t octets = 0;
    ASSERT_EQ(std::from_chars(most.data(), most.data() + most.size(), octets).ec, std::errc()) << most;
    EXPECT_LE(octets, 2 * net::InputBuffer::large_bytes);
    EXPECT_EQ(zip->ask("still here"), "still here");
}

TEST_F(Compressed, EmptyBlocksWithoutEnd) {
    std::string empty;
    for (int i = 0; i < 400'000; ++i) empty.append("\x00\x00\x00\xff\xff", 5);
    ASSERT_TRUE(client->send(empty));
    EXPECT_EQ(zip->ask("still here"), "still here");
}

TEST_F(Compressed, DamagedOctetsEndIt) {
    ASSERT_EQ(zip->ask("one"), "one");
    ASSERT_TRUE(client->send("a1 NOOP\r\n"));  // no deflate block begins so
    EXPECT_EQ(zip->line(), "<closed>");
}

TEST_F(Compressed, WaysBackTooFarEndIt) {
    // A static block that refers to what never was: 3 octets from a distance of 1.
    ASSERT_TRUE(client->send(std::string_view("\x03\x02\x00\x00\x00", 5)));
    EXPECT_EQ(zip->line(), "<closed>");
}

TEST_F(Compressed, EndOfTheStreamIsTheEnd) {
    ASSERT_TRUE(zip->send("last words\r\n", Z_FINISH));
    EXPECT_EQ(zip->line(), "last words");
    EXPECT_EQ(zip->line(), "<closed>");
}

TEST_F(Compressed, BackToPlainAndAgain) {
    EXPECT_EQ(zip->ask("plain"), "go ahead");
    EXPECT_EQ(zip->ask_end(), "<ended>");
    EXPECT_EQ(client->ask("two"), "two");
    EXPECT_EQ(client->ask("compress"), "go ahead");
    ZipClient again(*client);
    EXPECT_EQ(again.ask("three"), "three");
    // What follows the flush at once is plain: RFC 8437 section 3 allows it to be sent ahead.
    // (A partial flush may keep some bits back, so that it cannot be the last.)
    for (const int flush : {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH}) {
        SCOPED_TRACE(flush);
        ZipClient more(*client);
        if (flush != Z_SYNC_FLUSH) {
            ASSERT_EQ(client->ask("compress"), "go ahead");
        }
        ZipClient& one = flush == Z_SYNC_FLUSH ? again : more;
        ASSERT_TRUE(client->send(one.deflated("plain\r\n", flush) + "ahead\r\n"));
        EXPECT_EQ(one.line(), "go ahead");
        EXPECT_EQ(one.ask_end(), "<ended>");
        EXPECT_EQ(client->line(), "ahead");
    }
}

TEST_F(Compressed, TheFlushComesLate) {
    const std::string sent = zip->deflated("plain\r\n");
    ASSERT_TRUE(client->send(std::string_view(sent).substr(0, sent.size() - 2)));
    EXPECT_EQ(zip->line(), "go ahead");
    EXPECT_EQ(zip->ask_end(), "<ended>");
    ASSERT_TRUE(client->send(sent.substr(sent.size() - 2) + "behind\r\n"));
    EXPECT_EQ(client->line(), "behind");
}

TEST(CompressedStart, WhatIsHereAlreadyIsDeflated) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    ASSERT_EQ(client.line(), "hello");
    ZipClient zip(client);
    ASSERT_TRUE(client.send("compress\r\n" + zip.deflated("ahead\r\n")));
    EXPECT_EQ(client.line(), "go ahead");
    EXPECT_EQ(zip.line(), "ahead");
}

// ---- without a socket ----

std::string inflated(net::Inflater& inflater, std::string_view octets, std::size_t piece) {
    net::InputBuffer plain;
    std::string out;
    unsigned reads = 0;
    while (!octets.empty() || inflater.has_input()) {
        inflater.received().append(octets.substr(0, piece));
        octets.remove_prefix(std::min(piece, octets.size()));
        const auto status = inflater.read(plain, 100);
        out += plain.view();
        plain.release();
        if (status == net::Inflater::Status::failed) return "failed";
        inflater.park();
        if (++reads % 64 == 0 && inflater.can_pack()) inflater.pack();
    }
    return out;
}

TEST(Deflate, ThereAndBackWithAnyCuts) {
    std::string text;
    for (unsigned i = 0; i < 300; ++i)
        text += "A" + std::to_string(i) + " UID FETCH " + noise(i % 40, i % 5) + "\r\n";
    text += noise(40'000, 9);
    for (const std::size_t piece : {3U, 100U, 5'000U, 100'000U}) {
        SCOPED_TRACE(piece);
        net::Deflater deflater, other;
        net::Inflater inflater;
        std::string deflated, between;
        for (std::size_t at = 0; at < text.size(); at += piece * 3) {
            deflater.write(std::string_view(text).substr(at, piece * 3), deflated);
            if (at % 2 == 0) other.write("something else", between);  // takes the thread's state in turns
        }
        ASSERT_EQ(inflated(inflater, deflated, piece), text);
    }
}

TEST(Deflate, DamageAtEveryPlaceIsNoHarm) {
    net::Deflater deflater;
    std::string deflated;
    for (unsigned i = 0; i < 20; ++i)
        deflater.write("A" + std::to_string(i) + " NOOP\r\n" + noise(30, i), deflated);
    std::mt19937 random(3);
    for (std::size_t at = 0; at < deflated.size(); ++at) {
        std::string damaged = deflated;
        damaged[at] = static_cast<char>(random());
        net::Inflater inflater;
        inflated(inflater, damaged, 1 + random() % 50);  // ends, whatever it gives
    }
}

}  // namespace
}  // namespace net_test

// Programs: what they get, what comes of their end, time, number; spools and turns.
#include "filter/program.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>

#include "stand.hpp"

namespace filter_test {
namespace {

class ProgramRuns : public ::testing::Test {
protected:
    /// A shell that the test itself asks for, as the program.
    Ran run(const std::string& script, const std::string& message = some_message,
            std::chrono::milliseconds time_max = std::chrono::milliseconds(10'000)) {
        auto settings = std::make_shared<ProgramSettings>();
        settings->argv = {"/bin/sh", "-c", script};
        settings->time_max = time_max;
        settings->folder = folder.path().string();
        return stand.run(programs.run(settings, programs.turns_for(*settings), facts, make_message(message)));
    }
    Stand stand;
    support::TemporaryFolder folder;
    Programs programs{stand.pool};
    std::shared_ptr<Facts> facts = some_facts();
};

TEST_F(ProgramRuns, GetsTheMessageAsItsInput) {
    const std::string copy = (folder.path() / "copy").string();
    for (const std::size_t size : {std::size_t{0}, std::size_t{1'000}, std::size_t{3'000'000}}) {
        const std::string message = some_message + std::string(size, 'x');
        const Ran ran = run("cat > " + copy, message);
        EXPECT_EQ(ran.text(), "exit status 0") << ran.output;
        std::ifstream in(copy, std::ios::binary);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), message);
    }
}

TEST_F(ProgramRuns, IsToldOfTheEnvelopeAndNothingElse) {
    facts->sender = "a;touch /tmp/rel_pwned$(x)`y`\n@client.test";
    // Neither by a pipe nor into a file: while the shell makes these it has more files open.
    const Ran ran = run("env | grep -v '^PWD\\|^_\\|^SHLVL' | sort | tr '\\n' '|'; ls -m /proc/$$/fd");
    EXPECT_EQ(ran.output,
              "BARID_ACCOUNT=|BARID_CLIENT=203.0.113.7|BARID_CLIENT_NAME=|BARID_DKIM=|BARID_DMARC=|"
              "BARID_HELO=client.test|BARID_QUEUE_ID=Q1|BARID_RECIPIENTS=anna@acme.test bert@acme.test|"
              "BARID_SENDER=a;touch /tmp/rel_pwned$(x)`y`?@client.test|BARID_SPF=|LC_ALL=C.UTF-8|"
              "PATH=/usr/local/bin:/usr/bin:/bin|0, 1, 2");
    EXPECT_FALSE(std::filesystem::exists("/tmp/rel_pwned"));
}

TEST_F(ProgramRuns, EndsInItsWay) {
    EXPECT_EQ(run("exit 77").text(), "exit status 77");
    EXPECT_EQ(run("kill -9 $$").text(), "killed by signal 9");
    EXPECT_EQ(run("echo first; echo second >&2; exit 3").output, "first");
    EXPECT_EQ(run("printf 'a\\033b'").output, "a?b");
    const Ran much = run("head -c 5000000 /dev/zero | tr '\\0' x; exit 5");
    EXPECT_EQ(much.text(), "exit status 5");  // what it writes holds nothing up
    EXPECT_EQ(much.output.size(), ProgramLimits().output_bytes_max);
    // One that does not read its input.
    EXPECT_EQ(run("exec 0<&-; exit 0", std::string(3'000'000, 'x')).text(), "exit status 0");
}

TEST_F(ProgramRuns, TimeEndsWithAllThatItStarted) {
    const std::string mark = (folder.path() / "mark").string();
    const auto start = std::chrono::steady_clock::now();
    const Ran ran =
        run("(sleep 3; touch " + mark + ") & sleep 60; exit 0", some_message, std::chrono::milliseconds(300));
    EXPECT_EQ(ran.text(), "not done in time");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    // One that leaves a child behind with its outputs ends when it ends.
    const auto later = std::chrono::steady_clock::now();
    EXPECT_EQ(run("sleep 30 & exit 0").text(), "exit status 0");
    EXPECT_LT(std::chrono::steady_clock::now() - later, std::chrono::seconds(20));
    EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST_F(ProgramRuns, WhatIsNoProgram) {
    auto settings = std::make_shared<ProgramSettings>();
    settings->argv = {"/nowhere/program"};
    const Ran ran =
        stand.run(programs.run(settings, programs.turns_for(*settings), facts, make_message("x")));
    EXPECT_EQ(ran.text(), "not started");
    EXPECT_EQ(ran.output, "No such file or directory");
}

TEST_F(ProgramRuns, NoMoreThanAllowedAtOneTime) {
    auto settings = std::make_shared<ProgramSettings>();
    const std::string counter = (folder.path() / "n").string();
    // Each leaves a line when it begins and one when it ends; the most that were open at one time is read
    // off.
    settings->argv = {"/bin/sh", "-c", "echo + >> " + counter + "; sleep 0.1; echo - >> " + counter};
    settings->running_max = 2;
    const auto turns = std::make_shared<Turns>(2, 3);
    std::vector<std::future<Ran>> all;
    for (int i = 0; i < 8; ++i) {
        auto promise = std::make_shared<std::promise<Ran>>();
        all.push_back(promise->get_future());
        boost::asio::co_spawn(boost::asio::make_strand(stand.io),
                              programs.run(settings, turns, facts, make_message("x")),
                              [promise](std::exception_ptr, Ran ran) { promise->set_value(std::move(ran)); });
    }
    int no_room = 0, done = 0;
    for (auto& one : all) {
        const Ran ran = one.get();
        no_room += ran.end == Ran::End::no_room ? 1 : 0;
        done += ran.end == Ran::End::exited ? 1 : 0;
    }
    EXPECT_EQ(done, 5);  // two that run, three in line
    EXPECT_EQ(no_room, 3);
    std::ifstream in(counter);
    int open = 0, most = 0;
    for (std::string line; std::getline(in, line);) most = std::max(most, open += line == "+" ? 1 : -1);
    EXPECT_EQ(open, 0);
    EXPECT_LE(most, 2);
}

TEST_F(ProgramRuns, Words) {
    EXPECT_EQ(split_words("/bin/x  a \"b c\" \"\" d\"e f\""),
              (std::vector<std::string>{"/bin/x", "a", "b c", "", "de f"}));
    EXPECT_TRUE(split_words("/bin/x \"a").empty());
    EXPECT_TRUE(split_words("  ").empty());
}

TEST_F(ProgramRuns, SpoolsKeepWhatTheyGet) {
    for (const std::size_t pieces : {1U, 10U, 200U}) {
        auto spool = std::make_shared<Spool>(stand.pool, folder.path().string());
        std::string all;
        for (std::size_t i = 0; i < pieces; ++i) {
            const std::string piece(5'000, static_cast<char>('a' + i % 26));
            ASSERT_TRUE(stand.run(spool->write(piece)));
            all += piece;
        }
        EXPECT_EQ(spool->size(), all.size());
        EXPECT_EQ(stand.text_of(spool), all);
        EXPECT_EQ(*stand.run(spool->read(4'999, 2)), all.substr(4'999, 2));
        EXPECT_EQ(*stand.run(spool->read(all.size() - 1, 100)), all.substr(all.size() - 1));
        EXPECT_EQ(*stand.run(spool->read(all.size(), 100)), "");
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    auto nowhere = std::make_shared<Spool>(stand.pool, "/nowhere");
    const std::string large(1U << 20, 'x');
    EXPECT_FALSE(stand.run(nowhere->write(large)));
}

}  // namespace
}  // namespace filter_test

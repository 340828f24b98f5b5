// One test case for each transcript of a folder and each cut. Include it in the test program of a protocol
// and write
//
//   REGISTER_TRANSCRIPTS(Imap, IMAP_TRANSCRIPTS, make_stage)   // folder: a define of the build file
#pragma once
#include <gtest/gtest.h>

#include "support/transcript.hpp"

namespace support {

class TranscriptTest : public testing::Test {
public:
    TranscriptTest(Transcript transcript, std::size_t cut, MakeStage make)
        : transcript_(std::move(transcript)), cut_(cut), make_(std::move(make)) {}
    void TestBody() override {
        const std::string fault = play(transcript_, cut_, make_);
        EXPECT_TRUE(fault.empty()) << fault;
    }

private:
    Transcript transcript_;
    std::size_t cut_;
    MakeStage make_;
};

inline bool register_transcripts(const char* suite, const char* folder, const MakeStage& make) {
    for (const Transcript& transcript : load_transcripts(folder)) {
        for (const std::size_t cut : cuts_of(transcript)) {
            const std::string name = transcript.name + (cut == 0 ? "/whole" : "/cut" + std::to_string(cut));
            testing::RegisterTest(
                suite, name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                [=]() -> testing::Test* { return new TranscriptTest(transcript, cut, make); });
        }
    }
    return true;
}

}  // namespace support

#define REGISTER_TRANSCRIPTS(suite, folder, make) \
    static const bool suite##_transcripts = ::support::register_transcripts(#suite, folder, make)

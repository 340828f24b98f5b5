// Plays every transcript of this folder: see imap_stage.hpp for what they may ask for.
#include "imap/imap_stage.hpp"
#include "support/transcript_test.hpp"

namespace {

std::unique_ptr<support::Stage> make_stage(const support::StageOptions& options) {
    return std::make_unique<imap_test::ImapStage>(options);
}

REGISTER_TRANSCRIPTS(ImapTranscript, IMAP_TRANSCRIPTS, make_stage);

}  // namespace

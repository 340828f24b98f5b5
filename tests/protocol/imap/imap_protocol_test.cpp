// Plays every transcript of this folder: see imap_stage.hpp for what they may ask for.
#include "imap/imap_stage.hpp"
#include "support/transcript_test.hpp"

namespace {

std::unique_ptr<support::Stage> make_stage(const support::StageOptions& options) {
    return std::make_unique<imap_test::ImapStage>(options);
}

/// The same with the search index: no answer may change.
std::unique_ptr<support::Stage> make_indexed_stage(const support::StageOptions& options) {
    support::StageOptions indexed = options;
    // How far a search is by the clock depends on what it must read.
    if (!options.contains("clock_step")) indexed[imap_test::indexed_option] = "";
    return make_stage(indexed);
}

REGISTER_TRANSCRIPTS(ImapTranscript, IMAP_TRANSCRIPTS, make_stage);
REGISTER_TRANSCRIPTS(ImapTranscriptIndexed, IMAP_TRANSCRIPTS, make_indexed_stage);

}  // namespace

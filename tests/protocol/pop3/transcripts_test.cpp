// Plays every transcript of this folder.
#include "stage.hpp"
#include "support/transcript_test.hpp"

namespace {
std::unique_ptr<support::Stage> make_stage(const support::StageOptions& options) {
    return std::make_unique<pop3_test::Stage>(options);
}
REGISTER_TRANSCRIPTS(Pop3, POP3_TRANSCRIPTS, make_stage);
}  // namespace

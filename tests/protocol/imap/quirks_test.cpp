// Plays the transcripts of quirks/, and sees that each of the thirty quirks has its test.
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>

#include "imap/imap_stage.hpp"
#include "support/transcript_test.hpp"

namespace {

std::unique_ptr<support::Stage> make_stage(const support::StageOptions& options) {
    return std::make_unique<imap_test::ImapStage>(options);
}

REGISTER_TRANSCRIPTS(ImapQuirk, IMAP_TRANSCRIPTS "/quirks", make_stage);

/// Every `name` of a row is a transcript beside the list or a file of the sources.
TEST(ImapQuirks, each_of_the_thirty_has_its_test) {
    const std::filesystem::path folder = std::filesystem::path(IMAP_TRANSCRIPTS) / "quirks";
    const std::filesystem::path root = folder / "../../../..";
    std::ifstream in(folder / "README.md");
    std::map<int, int> rows;
    std::size_t transcripts = 0;
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("| ") || line[2] < '0' || line[2] > '9') continue;
        int number = 0;
        std::from_chars(line.data() + 2, line.data() + line.size(), number);
        ++rows[number];
        std::size_t named = 0;
        for (std::size_t at = line.find('`'); at != std::string::npos; at = line.find('`', at + 1)) {
            const std::size_t end = line.find('`', at + 1);
            ASSERT_NE(end, std::string::npos) << line;
            const std::string name = line.substr(at + 1, end - at - 1);
            const bool here = std::filesystem::exists(folder / name);
            EXPECT_TRUE(here || std::filesystem::exists(root / name)) << name;
            transcripts += here ? 1 : 0;
            ++named;
            at = end;
        }
        EXPECT_GT(named, 0U) << line;
    }
    for (int number = 1; number <= 30; ++number) EXPECT_EQ(rows[number], 1) << "quirk " << number;
    EXPECT_EQ(support::load_transcripts(folder).size(), transcripts) << "a transcript is not in the list";
}

}  // namespace

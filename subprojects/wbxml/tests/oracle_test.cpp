// Another implementation reads our octets as we mean them: Debian's wbxml2xml, on the pages that it knows (0
// to 24).
#include <array>
#include <cctype>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "wbxml/encoder.hpp"
#include "wbxml/tag.hpp"

namespace wbxml {
namespace {

std::string folded(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (std::isalnum(static_cast<unsigned char>(c)))
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// libwbxml's name for the same token, folded, where it is not Microsoft's: prefixed where another tag has
/// the name, short for addresses, one slip of the pen; empty where libwbxml 0.11.8 does not know the token.
std::string expected_name(Tag tag) {
    static const std::map<std::string_view, std::string_view> others{
        {"Contacts:AssistantPhoneNumber", "assistanttelephonenumber"},
        {"Email:Status", "flagstatus"},
        {"Calendar:Email", "attendeeemail"},
        {"Calendar:Name", "attendeename"},
        {"Calendar:Deleted", "exceptiondeleted"},
        {"Provision:RequireStorageCardEncryption", "deviceencryptionenabled"},
        {"Settings:RightsManagementInformation", "ihsmanagementinformation"},
        {"RightsManagement:Owner", "rmowner"},
        {"RightsManagement:RemoveRightsManagementProtection", "removerightsmanagementdistribution"},
        {"MeetingResponse:ProposedStartTime", ""},
        {"MeetingResponse:ProposedEndTime", ""},
        {"Ping:Version", ""},
        {"Provision:AccountOnlyRemoteWipe", ""},
        {"Search:Stores", ""},
        {"ComposeMail:Type", ""}};
    static const std::set<std::string_view> recurrence{
        "Type",      "Start",       "Until",       "Occurrences", "Interval", "DayOfMonth",
        "DayOfWeek", "WeekOfMonth", "MonthOfYear", "Regenerate",  "DeadOccur"};
    const std::string_view space = page_namespace(tag.page());
    const std::string full = std::string(space) + ":" + std::string(name(tag));
    if (const auto other = others.find(full); other != others.end()) return std::string(other->second);
    const bool recurs = tag.page() == 9 || (tag.page() == 2 && tag.token() >= 0x20) || tag.page() == 4;
    if (recurs && recurrence.contains(name(tag)) && !(tag.page() == 4 && name(tag).starts_with("Start")))
        return "recurrence" + folded(name(tag));
    if (tag.page() == 4 && tag.token() >= 0x2B && tag.token() <= 0x32)
        return "";  // attachments of an old draft
    std::string plain = folded(name(tag));
    if (tag.page() == 1)
        if (const std::size_t address = plain.find("address"); address != std::string::npos && address > 0 &&
                                                               plain.size() > address + 7 &&
                                                               !plain.starts_with("email"))
            plain.erase(address, 7);
    return plain;
}

/// The names of the elements of an XML text, in order, without their prefixes.
std::vector<std::string> element_names(const std::string& xml) {
    std::vector<std::string> names;
    for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
        if (at + 1 >= xml.size() || !std::isalpha(static_cast<unsigned char>(xml[at + 1]))) continue;
        std::string found = xml.substr(at + 1, xml.find_first_of(" />", at + 1) - at - 1);
        if (const std::size_t colon = found.find(':'); colon != std::string::npos) found.erase(0, colon + 1);
        names.push_back(folded(found));
    }
    return names;
}

/// Runs it without a shell and with no output. \errors nullopt: there is no such program.
std::optional<int> run(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) return std::nullopt;
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Oracle, LibwbxmlReadsOurTags) {
    std::string octets;
    Encoder out(octets);
    out.open(Tag(0, 0x05));
    std::vector<Tag> written;
    for (std::uint8_t page = 0; page <= 24; ++page)
        for (std::uint8_t token = 5; token < 64; ++token) {
            const Tag tag(page, token);
            if (name(tag).empty()) continue;
            out.text(tag, "x");
            written.push_back(tag);
        }
    out.close();
    std::string pattern = (std::filesystem::temp_directory_path() / "wbxml-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(pattern.data()));
    const std::filesystem::path folder = pattern;
    std::ofstream(folder / "in.wbxml", std::ios::binary) << octets;
    const auto code = run({"wbxml2xml", "-l", "ACTIVESYNC", "-o", folder / "out.xml", folder / "in.wbxml"});
    if (!code) {
        std::filesystem::remove_all(folder);
        GTEST_SKIP() << "wbxml2xml is not installed";
    }
    ASSERT_EQ(*code, 0);
    std::ifstream file(folder / "out.xml", std::ios::binary);
    const std::string xml(std::istreambuf_iterator<char>(file), {});
    const auto names = element_names(xml);
    std::filesystem::remove_all(folder);
    ASSERT_EQ(names.size(), written.size() + 1);
    std::string differences;
    for (std::size_t i = 0; i < written.size(); ++i) {
        const std::string expected = expected_name(written[i]);
        if (names[i + 1] != (expected.empty() ? "unknown" : expected))
            differences += std::string(page_namespace(written[i].page())) + ":" +
                           std::string(name(written[i])) + " is " + names[i + 1] + "\n";
    }
    EXPECT_EQ(differences, "");
}

}  // namespace
}  // namespace wbxml

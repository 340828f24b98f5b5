// What `barid config check|show|explain` print, and the reference page.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "config/config.hpp"

namespace config {
namespace {

class Texts : public testing::Test {
protected:
    Texts() : file_(std::filesystem::path(testing::TempDir()) / "config_texts.toml") {}
    ~Texts() override { std::filesystem::remove(file_); }
    std::string write(std::string_view text) {
        std::ofstream(file_, std::ios::trunc) << text;
        return file_.string();
    }
    std::filesystem::path file_;
};

constexpr std::string_view small =
    "hostname = \"m.test\"\nstore.path = \"/srv\"\n[[listener]]\nname = \"l\"\nprotocol = \"lmtp\"\n"
    "address = \"127.0.0.1:24\"\ntls = \"none\"\n";

TEST_F(Texts, Check) {
    std::string path = write(small);
    Text text = check_text(path);
    EXPECT_TRUE(text.good);
    EXPECT_EQ(text.text, path + ": ok\n");
    path = write("hostname = \"m.test\"");
    text = check_text(path);
    EXPECT_TRUE(text.good);
    EXPECT_TRUE(text.text.ends_with(path + ": ok, 1 warning\n")) << text.text;
    path = write("hostnam = \"m.test\"");
    text = check_text(path);
    EXPECT_FALSE(text.good);
    EXPECT_NE(text.text.find(path + ":1:1: error: unknown key 'hostnam'; the nearest is 'hostname'\n"),
              std::string::npos)
        << text.text;
    EXPECT_NE(text.text.find(path + ": 2 errors"), std::string::npos) << text.text;
}

TEST_F(Texts, ShowWithOrigin) {
    const std::string path = write(small);
    const Text text = show_text(path, true);
    EXPECT_TRUE(text.good);
    EXPECT_TRUE(text.text.starts_with("hostname = \"m.test\"  # " + path + ":1\n")) << text.text;
    EXPECT_NE(text.text.find("\n[store]\npath = \"/srv\"  # " + path + ":2\ncache = \"256MiB\"  # default\n"),
              std::string::npos)
        << text.text;
    EXPECT_NE(text.text.find("\n[[listener]]\nname = \"l\"  # " + path + ":4\n"), std::string::npos)
        << text.text;
    EXPECT_EQ(show_text(path, false).text.find('#'), std::string::npos);
    EXPECT_FALSE(show_text(write("x"), false).good);
}

TEST_F(Texts, ShownIsAConfigurationOfTheSameMeaning) {
    for (const std::string_view text :
         {small, std::string_view("hostname = \"m.test\"\nlog.modules = { a = \"debug\" }")}) {
        const std::string once = show_text(write(text), false).text;
        const Text again = show_text(write(once), false);
        EXPECT_TRUE(again.good) << again.text;
        EXPECT_EQ(again.text, once);
    }
}

TEST_F(Texts, Explain) {
    Text text = explain_text("store.cache");
    EXPECT_TRUE(text.good);
    EXPECT_EQ(
        text.text,
        "store.cache\n    Memory for what was read from the store.\n    is a size (\"64MiB\", or a number of "
        "octets), from 1MiB to 4TiB\n    default: \"256MiB\"\n");
    text = explain_text("tls");
    EXPECT_NE(text.text.find("tls.certificate\n"), std::string::npos);
    EXPECT_NE(text.text.find("tls.key\n"), std::string::npos);
    EXPECT_EQ(text.text.find("store."), std::string::npos);
    EXPECT_NE(explain_text("").text.find("listener.address\n"), std::string::npos);
    EXPECT_NE(explain_text("listener.tls").text.find("none|starttls|implicit"), std::string::npos);
    text = explain_text("store.cach");
    EXPECT_FALSE(text.good);
    EXPECT_EQ(text.text, "no key 'store.cach'; the nearest is 'store.cache'\n");
}

TEST_F(Texts, TheReferencePageIsUpToDate) {
    const auto page = std::filesystem::path(BARID_SOURCE_ROOT) / "docs" / "configuration.md";
    if (std::getenv("BARID_WRITE") != nullptr) std::ofstream(page, std::ios::trunc) << reference_markdown();
    std::ostringstream kept;
    kept << std::ifstream(page).rdbuf();
    EXPECT_EQ(kept.str(), reference_markdown()) << page << ": write it anew with BARID_WRITE=1";
}

}  // namespace
}  // namespace config

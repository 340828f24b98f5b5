#include "cli/mailbox_files.hpp"

#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace cli {
namespace {

namespace fs = std::filesystem;

class MailboxFiles : public testing::Test {
protected:
    MailboxFiles() {
        std::string pattern = (fs::temp_directory_path() / "barid-mailbox-XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
    }
    ~MailboxFiles() override { fs::remove_all(root_); }

    void write(const fs::path& name, const std::string& octets) {
        fs::create_directories((root_ / name).parent_path());
        std::ofstream(root_ / name, std::ios::binary) << octets;
    }

    OnMail collect() {
        return [this](MailFile mail) -> Result<void> {
            mails_.push_back(std::move(mail));
            return {};
        };
    }

    fs::path root_;
    std::vector<MailFile> mails_;
};

TEST(Maildir, FlagsAreLetters) {
    EXPECT_EQ(maildir_flags("1.M2P3.host,S=5:2,FS"), (std::vector<std::string>{"\\Flagged", "\\Seen"}));
    EXPECT_TRUE(maildir_flags("1.M2P3.host").empty());
    EXPECT_TRUE(maildir_flags("1.M2P3.host:1,FS").empty());
    EXPECT_EQ(maildir_info({"\\Seen", "$Forwarded", "\\Draft", "other"}), ":2,DPS");
}

TEST(Mbox, FromLinesHaveATimeAndAYear) {
    EXPECT_TRUE(is_from_line("From a@b.test Fri Nov 20 10:00:00 2026"));
    EXPECT_TRUE(is_from_line("From MAILER-DAEMON Thu Jul  9 02:07:09 1998 -0700"));
    EXPECT_TRUE(is_from_line("From - Wed Dec 06 15:53:00 2000"));
    EXPECT_FALSE(is_from_line("From the beginning it was clear"));
    EXPECT_FALSE(is_from_line("From 2026 on everything at 10 changed"));
    EXPECT_FALSE(is_from_line("from a@b.test Fri Nov 20 10:00:00 2026"));
    EXPECT_FALSE(is_from_line(">From a@b.test Fri Nov 20 10:00:00 2026"));
}

TEST_F(MailboxFiles, MaildirWithSubfolders) {
    write("cur/1.a:2,S", "Subject: one\n\nbody\n");
    write("new/2.b", "Subject: two\n\nbody\n");
    write(".Work.2026/cur/3.c:2,F", "Subject: three\n\nbody\n");
    write("tmp/4.d", "half");
    ASSERT_TRUE(read_maildir(root_, "", collect()));
    ASSERT_EQ(mails_.size(), 3U);
    EXPECT_EQ(mails_[0].folder, "INBOX");
    EXPECT_EQ(mails_[0].flags, std::vector<std::string>{"\\Seen"});
    EXPECT_EQ(mails_[0].octets, "Subject: one\r\n\r\nbody\r\n");
    EXPECT_TRUE(mails_[0].date);
    EXPECT_EQ(mails_[2].folder, "Work/2026");
    mails_.clear();
    ASSERT_TRUE(read_maildir(root_, "Old", collect()));
    EXPECT_EQ(mails_[2].folder, "Old/Work/2026");
    EXPECT_FALSE(read_maildir(root_ / "tmp", "", collect()));
}

TEST_F(MailboxFiles, MboxSplitsAtFromLinesAfterAnEmptyLineOnly) {
    write("box",
          "From a@b.test Fri Nov 20 10:00:00 2026\nSubject: one\nStatus: RO\n\nFrom here on it is body\n"
          "text\nFrom x@y.test Fri Nov 20 10:00:00 2026\n>From quoted\n>>From twice\n\n"
          "From a@b.test Fri Nov 20 10:00:00 2026\nSubject: two\nX-Status: AF\n\nbody");
    ASSERT_TRUE(read_mbox(root_ / "box", "Archive", collect()));
    ASSERT_EQ(mails_.size(), 2U);
    EXPECT_EQ(mails_[0].octets,
              "Subject: one\r\nStatus: RO\r\n\r\nFrom here on it is body\r\ntext\r\n"
              "From x@y.test Fri Nov 20 10:00:00 2026\r\nFrom quoted\r\n>From twice\r\n");
    EXPECT_EQ(mails_[0].flags, std::vector<std::string>{"\\Seen"});
    EXPECT_EQ(mails_[1].flags, (std::vector<std::string>{"\\Answered", "\\Flagged"}));
    EXPECT_EQ(mails_[1].folder, "Archive");
    write("nobox", "Subject: not an mbox\n\n");
    EXPECT_FALSE(read_mbox(root_ / "nobox", "", collect()));
}

TEST_F(MailboxFiles, EachFormatComesBackAsItWent) {
    MailFile mail;
    mail.folder = "Projects/A.B";
    mail.flags = {"\\Flagged", "\\Seen"};
    mail.date = 1'700'000'000;
    mail.octets = "Subject: x\r\n\r\nFrom the body\r\n>From too\r\n.dot\r\n";
    for (const std::string format : {"maildir", "mbox", "eml"}) {
        mails_.clear();
        const fs::path target = root_ / format;
        {
            auto writer = make_mail_writer(format, target);
            ASSERT_TRUE(writer);
            ASSERT_TRUE((*writer)->write(mail, 7));
            mail.folder = "INBOX";
            ASSERT_TRUE((*writer)->write(mail, 8));
            mail.folder = "Projects/A.B";
        }
        if (format == "maildir") {
            ASSERT_TRUE(read_maildir(target, "", collect()));
        } else if (format == "mbox") {
            ASSERT_TRUE(read_mbox(target / "INBOX.mbox", "", collect()));
            ASSERT_TRUE(read_mbox(target / "Projects/A.B.mbox", "Projects/A.B", collect()));
        } else {
            ASSERT_TRUE(read_eml(target, "", collect()));
        }
        ASSERT_EQ(mails_.size(), 2U) << format;
        for (const MailFile& got : mails_) {
            EXPECT_EQ(got.octets, mail.octets) << format;
            if (format != "mbox") {
                EXPECT_EQ(got.date, mail.date) << format;
            }
        }
    }
}

TEST_F(MailboxFiles, NoFolderNameLeavesTheTarget) {
    auto writer = make_mail_writer("eml", root_ / "out");
    ASSERT_TRUE(writer);
    MailFile mail;
    mail.octets = "x\r\n";
    for (const std::string folder : {"../../escape", "/etc/x", "a/../b", "..", "n\x01\n"}) {
        mail.folder = folder;
        ASSERT_TRUE((*writer)->write(mail, 1)) << folder;
    }
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
        const std::string below = entry.path().lexically_relative(root_).string();
        EXPECT_TRUE(below.starts_with("out")) << below;
    }
}

}  // namespace
}  // namespace cli

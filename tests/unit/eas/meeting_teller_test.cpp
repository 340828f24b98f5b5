// Whom the mails about a meeting reach, and whose they cannot: many at once, and some who are nobody.
#include <gtest/gtest.h>

#include "eas/stored_item.hpp"
#include "unit/eas/meeting_server.hpp"

namespace eas {
namespace {

using directory::run;
using People = std::vector<std::string>;

People people(std::size_t count) {
    People out;
    for (std::size_t i = 0; i < count; ++i) out.push_back("p" + std::to_string(i) + "@elsewhere.test");
    return out;
}

class MeetingTellerTest : public MeetingServerTest {
protected:
    /// A meeting that all of them are asked to is added, and told.
    boost::asio::awaitable<bool> invite(People all) {
        std::string asked;
        for (const std::string& one : all) asked += "ATTENDEE:mailto:" + one + "\r\n";
        const auto made = pim::parse(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n"
            "DTSTART:20900104T090000Z\r\nDTEND:20900104T100000Z\r\nSUMMARY:Plans\r\n"
            "ORGANIZER:mailto:anna@example.test\r\n" +
            asked + "END:VEVENT\r\nEND:VCALENDAR\r\n");
        if (!made) co_return false;
        MeetingTeller teller(Post(*services_, account_, "anna@example.test"));
        MeetingChange change;
        change.notices.push_back({pim::itip::Method::request, std::nullopt, std::move(all)});
        co_await teller.owe(&change, base::FolderId(), nullptr, nullptr, "uid-1");
        auto added = co_await services_->events.add(account_, *made);
        if (!added) co_return false;
        change.folder = added->folder;
        change.uid = added->entry.uid;
        co_await teller.tell(&change, nullptr, &*made);
        co_return true;
    }
    boost::asio::awaitable<std::size_t> count_in(store::SpecialUse use) {
        const store::FolderTreePtr tree = account_->folders();
        const store::FolderInfo* info = tree->find(use);
        if (info == nullptr) co_return 0;
        const auto folder = co_await account_->open(info->id);
        co_return folder ? (*folder)->snapshot()->size() : 0;
    }
    /// The text of the only mail in the Inbox.
    boost::asio::awaitable<std::string> report() {
        const store::FolderTreePtr tree = account_->folders();
        const auto folder = co_await account_->open(tree->find(store::SpecialUse::inbox)->id);
        if (!folder || (*folder)->snapshot()->size() != 1) co_return std::string();
        const store::Entry entry = *(*folder)->snapshot()->at(base::SeqNum(1));
        const auto detail = co_await read_detail(*folder, entry);
        if (!detail) co_return std::string();
        const auto text = co_await (*folder)->read(*detail, 0, entry.size);
        co_return text ? *text : std::string();
    }
};

// Mail has a thousand recipients, and a meeting two thousand attendees.
TEST_F(MeetingTellerTest, ManyAreToldInPortions) {
    const People all = people(1'999);
    ASSERT_TRUE(run(invite(all)));
    ASSERT_EQ(outgoing_.tried.size(), 2U);
    EXPECT_EQ(outgoing_.tried.front().recipients.size(), recipients_max);
    EXPECT_EQ(outgoing_.reached, all);
    EXPECT_EQ(run(count_in(store::SpecialUse::sent)), 1U);
    EXPECT_EQ(run(count_in(store::SpecialUse::inbox)), 0U);
    EXPECT_TRUE(services_->meeting_debts.debtors().empty());
}

TEST_F(MeetingTellerTest, OfManyOneWhoIsNobodyKeepsNobodyFromIt) {
    const People all = people(1'500);
    outgoing_.unknown = {all[3], all[700], all[701], all[1'499]};
    ASSERT_TRUE(run(invite(all)));
    EXPECT_LT(outgoing_.tried.size(), 90U);
    EXPECT_EQ(outgoing_.reached.size(), 1'496U);
    People reached = outgoing_.reached;
    std::ranges::sort(reached);
    EXPECT_EQ(std::ranges::adjacent_find(reached), reached.end());
    EXPECT_EQ(run(count_in(store::SpecialUse::sent)), 1U);
    const std::string told = run(report());
    for (const std::string& one : outgoing_.unknown)
        EXPECT_NE(told.find("\r\n" + one + "\r\n"), std::string::npos) << told;
    EXPECT_EQ(told.find("p4@"), std::string::npos);
}

TEST_F(MeetingTellerTest, WhatIsRefusedForWhatItIsIsNotTriedForEach) {
    outgoing_.answer = Submitted::refused;
    ASSERT_TRUE(run(invite(people(1'200))));
    EXPECT_EQ(outgoing_.tried.size(), 2U);
    EXPECT_NE(run(report()).find("p1199@"), std::string::npos);
}

TEST_F(MeetingTellerTest, OfStrangersNotMoreThanSomeAreLookedFor) {
    const People all = people(1'000);
    outgoing_.unknown.insert(all.begin(), all.end());
    ASSERT_TRUE(run(invite(all)));
    EXPECT_LE(outgoing_.tried.size(), 2 * MeetingTellerLimits().halvings_max + 1);
    EXPECT_NE(run(report()).find("p999@"), std::string::npos);
}

TEST_F(MeetingTellerTest, WhoseAddressNoMailCanNameIsReportedToo) {
    ASSERT_TRUE(run(invite({"bob@elsewhere.test", "e v e@elsewhere.test"})));
    EXPECT_EQ(outgoing_.reached, People{"bob@elsewhere.test"});
    EXPECT_NE(run(report()).find("e v e@elsewhere.test"), std::string::npos);
}

}  // namespace
}  // namespace eas

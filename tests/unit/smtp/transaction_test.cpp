// Transactions: which command is in order when, and who shares a copy.
#include "smtp/transaction.hpp"

#include <gtest/gtest.h>

namespace smtp {
namespace {

Recipient recipient(std::uint32_t account, const char* address = "a@b") {
    Recipient out;
    out.account = base::AccountId(account);
    out.address = address;
    return out;
}

/// What refuses MAIL, RCPT, DATA and BDAT, as codes; 0: in order.
std::vector<int> refusals(const Transaction& transaction) {
    const auto code = [](const std::optional<Reply>& reply) { return reply ? int(reply->code()) : 0; };
    return {code(transaction.refuse_mail()), code(transaction.refuse_rcpt()), code(transaction.refuse_data()),
            code(transaction.refuse_bdat())};
}

TEST(SmtpTransaction, order) {
    using Codes = std::vector<int>;
    Transaction transaction;
    EXPECT_EQ(refusals(transaction), (Codes{0, 503, 503, 503}));
    transaction.begin(Path(), MailParameters());
    EXPECT_EQ(refusals(transaction), (Codes{503, 0, 503, 503}));
    transaction.add(recipient(1));
    EXPECT_EQ(refusals(transaction), (Codes{503, 0, 0, 0}));
    transaction.take_chunk();
    EXPECT_EQ(refusals(transaction), (Codes{503, 503, 503, 0}));
    transaction.fail_chunks();
    EXPECT_EQ(refusals(transaction), (Codes{503, 503, 503, 503}));
    transaction.reset();
    EXPECT_EQ(refusals(transaction), (Codes{0, 503, 503, 503}));
    EXPECT_TRUE(transaction.envelope().recipients.empty());
    MailParameters binary;
    binary.body = Body::binary;
    transaction.begin(Path(), binary);
    transaction.add(recipient(1));
    EXPECT_EQ(refusals(transaction), (Codes{503, 0, 503, 0}));  // RFC 3030 section 3
}

TEST(SmtpTransaction, copies) {
    Envelope envelope;
    for (const std::uint32_t account : {7U, 3U, 7U, 9U, 3U, 7U})
        envelope.recipients.push_back(recipient(account));
    const auto copies = plan_copies(envelope);
    ASSERT_EQ(copies.size(), 3U);
    EXPECT_EQ(copies[0].account.value, 7U);
    EXPECT_EQ(copies[0].recipients, (std::vector<std::size_t>{0, 2, 5}));
    EXPECT_EQ(copies[1].recipients, (std::vector<std::size_t>{1, 4}));
    EXPECT_EQ(copies[2].recipients, (std::vector<std::size_t>{3}));
}

}  // namespace
}  // namespace smtp

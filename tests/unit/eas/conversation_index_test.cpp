// Where a message stands in its conversation.
#include "eas/mail/conversation_index.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "base/id_source.hpp"

namespace eas {
namespace {

/// 42 bits of milliseconds since 2020 above 22 others.
constexpr std::int64_t epoch = 1'577'836'800;
base::ThreadId thread_of_second(std::int64_t seconds) {
    const base::ThreadId out(static_cast<std::uint64_t>(seconds - epoch) * 1'000 << 22);
    EXPECT_EQ(base::IdSource::time_of(out.value), seconds * 1'000);
    return out;
}

std::uint64_t number(std::string_view octets) {
    std::uint64_t out = 0;
    for (const char octet : octets) out = out << 8 | static_cast<unsigned char>(octet);
    return out;
}

TEST(ConversationIndex, OfWhatIsKnown) {
    constexpr std::int64_t began = 1'800'000'000;
    IndexFacts facts;
    facts.thread = thread_of_second(began);
    facts.received = began + 1;
    const std::string first = conversation_index(facts);
    EXPECT_EQ(number(first), static_cast<std::uint64_t>(began + 11'644'473'600) * 10'000'000 >> 24);
    facts.is_answer = true;
    facts.received = began + 3'600;
    facts.salt = 0x1F;
    const std::string answer = conversation_index(facts);
    ASSERT_EQ(answer.size(), 10U);
    EXPECT_TRUE(answer.starts_with(first));
    const std::uint64_t passed = number(answer.substr(5, 4)) << 18;
    EXPECT_NEAR(static_cast<double>(passed), 3'600e7, 2e7);
    EXPECT_EQ(answer.back(), '\xF0');
    facts.received = began + 3 * 366 * 86'400;  // long ago is written coarsely
    const std::uint64_t late = number(conversation_index(facts).substr(5, 4));
    EXPECT_NE(late & 0x8000'0000U, 0U);
    EXPECT_NEAR(static_cast<double>((late & 0x7FFF'FFFFU) << 23), 3 * 366 * 86'400e7, 4e7);
    facts.received = began - 30;  // the clocks are apart
    EXPECT_EQ(number(conversation_index(facts).substr(5, 4)), 0U);
    facts.received = began - 86'400;  // brought from elsewhere, later
    EXPECT_EQ(number(conversation_index(facts)),
              static_cast<std::uint64_t>(facts.received + 11'644'473'600) * 10'000'000 >> 24);
}

TEST(ConversationIndex, AnswersGoOn) {
    constexpr std::int64_t began = 1'800'000'000;
    IndexFacts facts;
    facts.thread = thread_of_second(began);
    facts.received = began;
    std::string index = conversation_index(facts);
    for (int answers = 1; answers <= 120; ++answers) {
        IndexFacts next;
        next.thread = base::ThreadId(7);  // in another mailbox
        next.received = began + answers * 60;
        next.thread_index = thread_index_of_answer(index, facts.thread, began + answers * 60, 3);
        const std::string below = conversation_index(next);
        EXPECT_TRUE(below.starts_with(index));
        EXPECT_EQ(below.size(),
                  5U + 5U * static_cast<std::size_t>(std::min(answers, 100)));  // and no further
        index = below;
    }
}

TEST(ConversationIndex, FieldsThatAreNone) {
    IndexFacts facts;
    facts.thread = thread_of_second(1'800'000'000);
    facts.received = 1'800'000'000;
    const std::string own = conversation_index(facts);
    for (const std::string& octets :
         {std::string(), std::string(22, '\2'), std::string(21, '\1'), std::string(24, '\1')}) {
        facts.thread_index = base::base64_encode(octets);
        EXPECT_EQ(conversation_index(facts), own);
    }
    facts.thread_index = "no base64 !";
    EXPECT_EQ(conversation_index(facts), own);
    facts.thread_index = base::base64_encode(std::string(27, '\1'));
    EXPECT_EQ(conversation_index(facts), std::string(10, '\1'));
}

}  // namespace
}  // namespace eas

// THREAD: the steps of RFC 5256 section 3, what is written, the link-cut tree against plain walking, and what
// is built to be slow.
#include <algorithm>
#include <ctime>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "imap/sort/link_forest.hpp"
#include "imap/sort/threads.hpp"

namespace imap {
namespace {

struct Mail {
    std::uint32_t id = 0;
    std::vector<std::uint32_t> references;
    std::uint32_t subject = 0;  // 0: none
    bool is_reply = false;
    std::int64_t date = 0;
};

std::vector<std::uint32_t> order_of(const std::vector<Mail>& mails) {
    std::vector<std::uint32_t> order(mails.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
        return mails[a].date != mails[b].date ? mails[a].date < mails[b].date : a < b;
    });
    return order;
}

std::vector<ThreadMessage> subjects_of(const std::vector<Mail>& mails) {
    std::vector<ThreadMessage> out;
    for (const Mail& mail : mails)
        out.push_back(ThreadMessage{mail.subject, mail.subject != 0, mail.is_reply});
    return out;
}

std::string written(const ThreadTree& tree, std::size_t octets = 1'000) {
    std::vector<std::uint32_t> numbers(tree.messages);
    std::iota(numbers.begin(), numbers.end(), 1U);
    ThreadWriter writer(tree, numbers);
    std::string out;
    while (writer.write(out, octets)) {
    }
    EXPECT_TRUE(out.starts_with("* THREAD") && out.ends_with("\r\n"));
    out.resize(out.size() - 2);
    return out.substr(std::min<std::size_t>(out.size(), 9));
}

ReferenceThreads linked(const std::vector<Mail>& mails, std::uint32_t ids = 1'000) {
    ReferenceThreads threads(ids);
    for (const Mail& mail : mails) threads.add(mail.id, mail.references);
    return threads;
}

/// Also that the work is in pieces, as many as there must be.
ThreadTree made(ThreadSteps& steps, std::size_t mails, std::size_t passes = 6) {
    std::size_t pieces = 1;
    while (!steps.step()) ++pieces;
    EXPECT_GE(pieces, passes * mails / 8'192);
    return steps.take();
}
ThreadTree tree_of(const ReferenceThreads& threads, const std::vector<Mail>& mails) {
    const auto subjects = subjects_of(mails);
    const auto order = order_of(mails);
    return made(*threads.references(subjects, order), mails.size());
}
std::string references(const std::vector<Mail>& mails) { return written(tree_of(linked(mails), mails)); }
std::string refs(const std::vector<Mail>& mails) {
    const ReferenceThreads threads = linked(mails);
    const auto order = order_of(mails);
    return written(made(*threads.refs(order), mails.size()));
}
std::string by_subject(const std::vector<Mail>& mails) {
    const auto subjects = subjects_of(mails);
    const auto order = order_of(mails);
    return written(made(*thread_by_subject(subjects, order), mails.size(), 2));
}

TEST(Threads, written_as_in_the_rfc) {
    // RFC 5256 section 4: "* THREAD (2)(3 6 (4 23)(44 7 96))"
    ThreadTree tree;
    tree.messages = 8;
    const std::uint32_t no = ThreadTree::none;
    tree.roots = {0, 1};
    tree.first_child = {no, 2, 3, 4, no, 6, 7, no};
    tree.next_sibling = {no, no, no, 5, no, no, no, no};
    const std::vector<std::uint32_t> numbers{2, 3, 6, 4, 23, 44, 7, 96};
    for (const std::size_t octets : {1U, 3U, 1'000U}) {
        ThreadWriter writer(tree, numbers);
        std::string out;
        while (writer.write(out, octets)) {
        }
        EXPECT_EQ(out, "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n") << octets;
    }
    EXPECT_EQ(references({}), "");
}

TEST(Threads, ordered_subject) {
    EXPECT_EQ(by_subject({{.subject = 1, .date = 3}, {.subject = 2, .date = 2}, {.subject = 1, .date = 1}}),
              "(3 1)(2)");
    EXPECT_EQ(by_subject({{.subject = 1, .date = 1}, {.subject = 1, .date = 2}, {.subject = 1, .date = 3}}),
              "(1 (2)(3))");
}

TEST(Threads, references_link) {
    EXPECT_EQ(references({{.id = 1, .date = 1},
                          {.id = 2, .references = {1}, .date = 2},
                          {.id = 3, .references = {1, 2}, .date = 3},
                          {.id = 4, .references = {1}, .date = 4}}),
              "(1 (2 3)(4))");
    // The order of arrival does not matter, that of dates does.
    EXPECT_EQ(references({{.id = 3, .references = {1, 2}, .date = 3},
                          {.id = 2, .references = {1}, .date = 2},
                          {.id = 1, .date = 1}}),
              "(3 2 1)");
}

TEST(Threads, dummies) {
    // RFC 5256 section 4: "((3)(5))": siblings of a parent that is not there
    EXPECT_EQ(references({{.id = 1, .references = {9}, .date = 1}, {.id = 2, .references = {9}, .date = 2}}),
              "((1)(2))");
    EXPECT_EQ(references({{.id = 1, .references = {9}, .date = 1}}), "(1)");  // one child goes up to the root
    EXPECT_EQ(
        references({{.id = 1, .references = {9, 8}, .date = 1}, {.id = 2, .references = {9, 7}, .date = 2}}),
        "((1)(2))");  // dummies below a dummy
    EXPECT_EQ(references({{.id = 1, .date = 1}, {.id = 2, .references = {1, 8, 7}, .date = 2}}), "(1 2)");
}

TEST(Threads, same_id_twice) {
    EXPECT_EQ(
        references({{.id = 1, .date = 1}, {.id = 1, .date = 2}, {.id = 2, .references = {1}, .date = 3}}),
        "(1 3)(2)");
}

TEST(Threads, loops_are_not_made) {
    EXPECT_EQ(references({{.id = 1, .references = {2}, .date = 1}, {.id = 2, .references = {1}, .date = 2}}),
              "(2 1)");
    EXPECT_EQ(references({{.id = 1, .references = {1}, .date = 1}}), "(1)");
    EXPECT_EQ(references({{.id = 1, .references = {5, 6, 5, 6}, .date = 1}}), "(1)");
    EXPECT_EQ(
        references(
            {{.id = 1, .references = {2, 3, 1}, .date = 1}, {.id = 2, .date = 2}, {.id = 3, .date = 3}}),
        "(1)(2)(3)");
}

TEST(Threads, a_better_parent_replaces_a_guess) {
    // Step 1.B: its own references know better than those of others.
    EXPECT_EQ(references({{.id = 1, .date = 1},
                          {.id = 4, .references = {1, 3}, .date = 2},
                          {.id = 2, .date = 3},
                          {.id = 3, .references = {2}, .date = 4}}),
              "(1)(3 4 2)");
}

TEST(Threads, subjects_join) {
    // Step 5: a reply goes below what is none; two replies become siblings; a dummy takes all.
    EXPECT_EQ(references({{.subject = 1, .date = 1}, {.subject = 1, .is_reply = true, .date = 2}}), "(1 2)");
    EXPECT_EQ(references({{.subject = 1, .is_reply = true, .date = 1}, {.subject = 1, .date = 2}}), "(2 1)");
    EXPECT_EQ(references({{.subject = 1, .date = 1}, {.subject = 1, .date = 2}, {.subject = 1, .date = 3}}),
              "((1)(2)(3))");
    EXPECT_EQ(references(
                  {{.subject = 1, .is_reply = true, .date = 1}, {.subject = 1, .is_reply = true, .date = 2}}),
              "((1)(2))");
    EXPECT_EQ(references({{.id = 1, .references = {8}, .subject = 1, .date = 1},
                          {.id = 2, .references = {8}, .subject = 2, .date = 2},
                          {.id = 3, .references = {9}, .subject = 1, .date = 3},
                          {.id = 4, .references = {9}, .subject = 2, .date = 4},
                          {.id = 5, .subject = 1, .date = 0}}),
              "((5)(1)(2)(3)(4))");
    EXPECT_EQ(references({{.date = 1}, {.date = 2}}), "(1)(2)");  // no subject joins nothing
}

TEST(Threads, refs_go_by_the_latest_and_not_by_subject) {
    EXPECT_EQ(refs({{.id = 1, .subject = 1, .date = 1},
                    {.id = 2, .subject = 1, .date = 2},
                    {.id = 3, .references = {1}, .subject = 1, .date = 3}}),
              "(2)(1 3)");
    EXPECT_EQ(refs({{.id = 1, .references = {9}, .date = 1},
                    {.id = 2, .date = 2},
                    {.id = 3, .references = {9}, .date = 3}}),
              "(2)((1)(3))");
}

/// Walks, as LinkForest does before it has to be clever.
class Walker {
public:
    std::uint32_t add() {
        parent.push_back(LinkForest::none);
        return static_cast<std::uint32_t>(parent.size() - 1);
    }
    bool descends(std::uint32_t node, std::uint32_t root) const {
        while (parent[node] != LinkForest::none) node = parent[node];
        return node == root;
    }
    std::vector<std::uint32_t> parent;
};

TEST(LinkForest, agrees_with_walking) {
    std::mt19937 random(11);
    LinkForest forest;
    Walker walker;
    // A chain that is too long for walking makes the link-cut tree.
    for (std::uint32_t i = 0; i < 400; ++i) {
        forest.add();
        walker.add();
        if (i == 0) continue;
        forest.link(i, i - 1);
        walker.parent[i] = i - 1;
    }
    for (int step = 0; step < 30'000; ++step) {
        if (random() % 50 == 0) ASSERT_EQ(forest.add(), walker.add());
        const auto a = static_cast<std::uint32_t>(random() % walker.parent.size());
        const auto b = static_cast<std::uint32_t>(random() % walker.parent.size());
        if (random() % 3 == 0) {
            forest.cut(a);
            walker.parent[a] = LinkForest::none;
        }
        if (walker.parent[a] != LinkForest::none) continue;
        const bool below = walker.descends(b, a);
        ASSERT_EQ(forest.descends(b, a), below) << step;
        if (below) continue;
        forest.link(a, b);
        walker.parent[a] = b;
        ASSERT_EQ(forest.parent(a), b);
    }
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Threads 100,000 mails within seconds even without optimisation; what is quadratic takes minutes.
void expect_fast(const std::vector<Mail>& mails, std::uint32_t ids) {
    const double from = cpu_seconds();
    const std::string text = written(tree_of(linked(mails, ids), mails), 64U << 10);
    EXPECT_GT(text.size(), mails.size());
    EXPECT_LT(cpu_seconds() - from, 10.0);
}

constexpr std::uint32_t many = 100'000;

TEST(ThreadAbuse, a_reply_to_a_reply_a_hundred_thousand_times) {
    std::vector<Mail> upwards, downwards;
    for (std::uint32_t i = 1; i <= many; ++i) {
        upwards.push_back(Mail{.id = i, .references = {i - 1}, .date = i});
        downwards.push_back(Mail{.id = many + 1 - i, .references = {many - i}, .date = i});
    }
    expect_fast(upwards, many);
    expect_fast(downwards, many);
}

TEST(ThreadAbuse, loops_asked_for_again_and_again) {
    std::vector<Mail> mails;
    for (std::uint32_t i = 1; i <= many / 2; ++i)
        mails.push_back(Mail{.id = i, .references = {i - 1}, .date = i});
    // Each wants the head of the chain below its end.
    for (std::uint32_t i = 0; i < many / 2; ++i)
        mails.push_back(Mail{.id = 0, .references = {many / 2, 1}, .date = i});
    expect_fast(mails, many);
}

TEST(ThreadAbuse, a_comb) {
    // Each message has two children, one of which goes on: parentheses nest 50,000 deep.
    std::vector<Mail> mails;
    for (std::uint32_t i = 1; i <= many; ++i)
        mails.push_back(Mail{.id = i, .references = {i < 3 ? 0 : (i - 1) / 2 * 2 - 1}, .date = i});
    expect_fast(mails, many);
}

TEST(ThreadAbuse, long_references_that_all_differ) {
    std::vector<Mail> mails;
    std::mt19937 random(3);
    for (std::uint32_t i = 1; i <= 10'000; ++i) {
        Mail mail{.id = i, .date = i};
        for (int k = 0; k < 64; ++k)
            mail.references.push_back(static_cast<std::uint32_t>(random() % many) + 1);
        mails.push_back(std::move(mail));
    }
    expect_fast(mails, many);
}

TEST(ThreadAbuse, one_subject_and_one_parent) {
    std::vector<Mail> subject, parent;
    for (std::uint32_t i = 1; i <= many; ++i) {
        subject.push_back(Mail{.id = i, .subject = 1, .is_reply = i % 2 == 0, .date = i});
        parent.push_back(Mail{.id = i, .references = {many + 1}, .subject = 1 + i % 7, .date = many - i});
    }
    expect_fast(subject, many + 1);
    expect_fast(parent, many + 1);
}

}  // namespace
}  // namespace imap

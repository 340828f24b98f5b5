// What the tests of the search index share: mail with a text, and what the index says of it.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "fixture.hpp"
#include "store/keys.hpp"
#include "store/search.hpp"

namespace store::test {

using Verdict = SearchHits::Verdict;

class SearchTest : public StoreTest {
protected:
    void SetUp() override { open_account(); }

    std::vector<Uid> append_body(const FolderPtr& folder, const std::string& body,
                                 const std::string& subject = "plain") {
        const std::string text =
            "From: Ann <ann@one.test>\r\nTo: bob@two.test\r\nCc: cyd@three.test\r\nSubject: " + subject +
            "\r\nX-Thing: odd\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body;
        const auto result = run(append_text(store.get(), folder, text));
        EXPECT_TRUE(result) << result.error().what();
        return result ? result->uids : std::vector<Uid>();
    }
    SearchHitsPtr find(const FolderPtr& folder, SearchField field, std::string text, std::string name = {}) {
        SearchNeedle needle;
        needle.field = field;
        needle.text = std::move(text);
        needle.name = std::move(name);
        return run(store->search()->find(account->id(), folder->id(), folder->snapshot(), needle));
    }
    /// One letter a message: n, m(aybe), y.
    std::string verdicts(const FolderPtr& folder, SearchField field, std::string text,
                         std::string name = {}) {
        const SearchHitsPtr hits = find(folder, field, std::move(text), std::move(name));
        if (!hits) return "none";
        std::string out;
        for (std::uint32_t i = 1; i <= folder->snapshot()->size(); ++i)
            out += "nmy"[static_cast<int>(hits->of(SeqNum(i)))];
        return out;
    }
    void catch_up() {
        const auto done = run(store->search()->catch_up(account->id()));
        ASSERT_TRUE(done) << done.error().what();
    }
    AccountSearchStatus status() {
        const auto out = run(store->search()->status(account->id()));
        return out ? *out : AccountSearchStatus();
    }
    std::vector<base::BlobId> segments(const std::string& index = "x/00000001") {
        std::vector<base::BlobId> out;
        const auto rows = run(store->engine().scan(index, "", "s", 0, 0));
        for (const engine::Row& row : rows->rows) out.emplace_back(keys::number_in(row.key, 's').value_or(0));
        return out;
    }
};

}  // namespace store::test

// Who shares with whom: the public tree first, people of one post office only, and one mailbox that is
// damaged hides nobody else's.
#include "directory/neighbours.hpp"

#include <algorithm>

#include "fixture.hpp"
#include "store/sharing.hpp"

namespace directory {
namespace {

using store::engine::Fault;

class NeighboursTest : public DirectoryTest {
protected:
    void SetUp() override {
        base::log::set_level("store", base::log::Level::off);
        add_office();
        add_office("other", {"other.test"});
        make_store();
        commons_ = *run(store_->make_commons(*run(directory().commons("acme"))));
        for (const char* name : {"anna", "bob", "cleo"}) make(name, "acme", "example.test");
        make("dora", "other", "other.test");
    }
    void TearDown() override {
        accounts_.clear();
        commons_.reset();
        store_.reset();
    }
    void make_store() {
        TearDown();
        store_ = store::make_store(engine(), clock_, store::StoreLimits());
    }
    void make(const std::string& name, const std::string& office, const std::string& domain) {
        const auto id = add(name, {name + "@" + domain}, office);
        accounts_[name] = *run(store_->create_account(id));
    }
    void give(const std::string& from, const store::AclWho& who) {
        store::ShareRequest request;
        request.owner = accounts_.at(from);
        request.folder = request.owner->folders()->find("INBOX")->id;
        request.entry.who = who;
        request.entry.rights = *store::Rights::parse("lr");
        request.change = store::AclChange::replace;
        request.commons = commons_;
        ASSERT_TRUE(run(store::share(&*store_, std::move(request))));
    }
    void give(const std::string& from, const std::string& to) {
        store::AclWho who;
        who.account = accounts_.at(to)->id();
        give(from, who);
    }
    void give_all(const std::string& from) {
        store::AclWho who;
        who.kind = store::AclWho::Kind::anyone;
        give(from, who);
    }
    store::Result<std::vector<std::string>> prefixes(const store::AccountPtr& account, Neighbourhood near) {
        const Neighbours neighbours(*store_, &directory());
        const auto found = run(neighbours.sharers(account, std::move(near), 1));
        if (!found) return found.error();
        std::vector<std::string> out;
        for (const Neighbour& one : *found) out.push_back(one.prefix);
        return out;
    }
    store::Result<std::vector<std::string>> prefixes(const std::string& name) {
        const Neighbours neighbours(*store_, &directory());
        auto near = run(neighbours.around(accounts_.at(name)->id()));
        if (!near) return near.error();
        return prefixes(accounts_.at(name), std::move(*near));
    }

    using Prefixes = std::vector<std::string>;
    std::unique_ptr<store::Store> store_;
    store::AccountPtr commons_;
    std::map<std::string, store::AccountPtr> accounts_;
};

TEST_F(NeighboursTest, WhoSharesIsListed) {
    EXPECT_EQ(*prefixes("bob"), Prefixes{"Public/"});
    EXPECT_EQ(*prefixes("dora"), Prefixes());  // her office has no public tree
    give("anna", "bob");
    give("dora", "bob");  // of another office: no neighbour
    give_all("cleo");
    EXPECT_EQ(*prefixes("bob"), (Prefixes{"Public/", "Other Users/anna/", "Other Users/cleo/"}));
    EXPECT_EQ(*prefixes("anna"), (Prefixes{"Public/", "Other Users/cleo/"}));
    EXPECT_EQ(*prefixes("cleo"), Prefixes{"Public/"});  // not herself
    // The public tree stands for all of its office.
    Neighbourhood office;
    office.post_office = "acme";
    office.commons = commons_;
    EXPECT_EQ(*prefixes(commons_, office), Prefixes{"Other Users/cleo/"});
    ASSERT_TRUE(run(directory().remove_mailbox(accounts_.at("anna")->id())));
    EXPECT_EQ(*prefixes("bob"), (Prefixes{"Public/", "Other Users/cleo/"}));
}

TEST_F(NeighboursTest, OneThatIsDamagedHidesNobodyElses) {
    give("anna", "bob");
    give("cleo", "bob");
    const base::AccountId bob = accounts_.at("bob")->id(), office = commons_->id();
    bool hidden = false, reached = true;
    for (std::uint64_t at = 1; reached; ++at) {
        for (const Fault fault : {Fault::corrupt, Fault::unavailable}) {
            make_store();  // nothing is in memory
            accounts_["bob"] = *run(store_->account(bob));
            Neighbourhood near;
            near.post_office = "acme";
            near.commons = *run(store_->account(office));
            const std::uint64_t fails = engine().steps() + at;
            engine().inject(store::engine::fault_at(fails, fault));
            const auto found = prefixes(accounts_.at("bob"), near);
            reached = engine().steps() >= fails;
            engine().inject({});
            if (!reached) continue;
            if (fault == Fault::unavailable) {
                EXPECT_FALSE(found) << at;  // never less than there is
            } else if (found) {
                hidden |= *found == Prefixes{"Public/", "Other Users/cleo/"};
                EXPECT_GE(found->size(), 2U) << at;
            }
        }
    }
    EXPECT_TRUE(hidden);
}

}  // namespace
}  // namespace directory

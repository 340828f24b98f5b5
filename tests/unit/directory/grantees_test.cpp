// Names in access control lists: RFC 4314 sections 2 and 3.
#include "directory/grantees.hpp"

#include "fixture.hpp"

namespace directory {
namespace {

using store::AclWho;
using Kind = AclWho::Kind;

class GranteesTest : public DirectoryTest {
protected:
    GranteesTest() {
        add_office();
        add_office("other", {"other.test"});
        anna_ = add("anna", {"anna@example.test", "a.smith@example.test"});
        bare_ = add("bare", {});
        stranger_ = add("x", {"x@other.test"}, "other");
    }
    store::Result<AclWho> read(std::string text) {
        return run(grantee_of(&directory(), "acme", std::move(text)));
    }
    static AclWho account(base::AccountId id, bool negative = false) {
        AclWho who;
        who.account = id;
        who.negative = negative;
        return who;
    }
    base::AccountId anna_, bare_, stranger_;
};

TEST_F(GranteesTest, AreFoundByAddressByNameAndByBeingAnybody) {
    for (const char* text : {"anna@example.test", "A.Smith@example.test", "anna", "anna@acme"})
        EXPECT_EQ(*read(text), account(anna_)) << text;
    EXPECT_EQ(*read("-anna"), account(anna_, true));
    EXPECT_EQ(*read("bare"), account(bare_));
    AclWho anyone;
    anyone.kind = Kind::anyone;
    EXPECT_EQ(*read("anyone"), anyone);
    anyone.kind = Kind::authenticated;
    anyone.negative = true;
    EXPECT_EQ(*read("-authenticated"), anyone);
}

TEST_F(GranteesTest, OfOtherPostOfficesThereAreNone) {
    EXPECT_EQ(error_of(read("x@other.test")), Errc::invalid);
    EXPECT_EQ(error_of(read("x")), Errc::not_found);
    EXPECT_EQ(error_of(read("nobody@example.test")), Errc::not_found);
    EXPECT_FALSE(read(""));
    EXPECT_FALSE(read("-"));
}

TEST_F(GranteesTest, HaveOneSpelling) {
    const auto name = [this](AclWho who) { return run(name_of(&directory(), who)); };
    EXPECT_EQ(*name(account(anna_)), "anna@example.test");
    EXPECT_EQ(*name(account(anna_, true)), "-anna@example.test");
    EXPECT_EQ(*name(account(bare_)), "bare@acme");
    AclWho anyone;
    anyone.kind = Kind::anyone;
    EXPECT_EQ(*name(anyone), "anyone");
    EXPECT_EQ(error_of(name(account(base::AccountId(999)))), Errc::not_found);
}

}  // namespace
}  // namespace directory

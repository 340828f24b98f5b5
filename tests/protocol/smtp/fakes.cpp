#include "fakes.hpp"

#include "base/ascii.hpp"

namespace smtp_test {
namespace {

using store::Errc;
using store::Error;

class FakeContent final : public store::Content {
public:
    explicit FakeContent(std::string octets) : octets_(std::move(octets)) {}
    std::uint64_t size() const override { return octets_.size(); }
    std::uint64_t header_bytes() const override { return octets_.find("\r\n\r\n") + 4; }
    std::uint32_t received_fields() const override { return 0; }
    const std::string& octets() const { return octets_; }

private:
    std::string octets_;
};

class FakeWriter final : public store::MessageWriter {
public:
    explicit FakeWriter(FakeStore& store) : store_(store) { ++store_.writers; }
    FakeWriter(const FakeWriter&) = delete;
    ~FakeWriter() override { --store_.writers; }
    awaitable<store::Result<void>> write(std::string_view octets) override {
        if (store_.faults.write != Errc::none) co_return Error(store_.faults.write, "told to fail");
        octets_ += octets;
        co_return store::Result<void>();
    }
    std::uint64_t size() const override { return octets_.size(); }
    awaitable<store::Result<store::ContentPtr>> finish() override {
        if (store_.faults.finish != Errc::none) co_return Error(store_.faults.finish, "told to fail");
        store::ContentPtr content = std::make_shared<FakeContent>(std::move(octets_));
        co_return content;
    }

private:
    FakeStore& store_;
    std::string octets_;
};

/// Only its quota matters here: full.
class FakeAccount final : public store::Account {
public:
    explicit FakeAccount(base::AccountId id) : id_(id) {}
    base::AccountId id() const override { return id_; }
    store::FolderTreePtr folders() const override { return std::make_shared<store::FolderTree>(); }
    store::SubscriptionPtr subscribe(store::Subscriber&) override { return {}; }
    awaitable<store::Result<store::FolderInfo>> create(std::string, store::SpecialUse) override {
        co_return Error(Errc::invalid, "");
    }
    awaitable<store::Result<void>> remove(std::string) override { co_return Error(Errc::invalid, ""); }
    awaitable<store::Result<void>> rename(std::string, std::string) override {
        co_return Error(Errc::invalid, "");
    }
    awaitable<store::Result<void>> set_subscribed(std::string, bool) override {
        co_return Error(Errc::invalid, "");
    }
    awaitable<store::Result<store::AclPtr>> change_acl(base::FolderId, store::AclEntry,
                                                       store::AclChange) override {
        co_return Error(Errc::invalid, "");
    }
    awaitable<store::Result<void>> set_sharer(base::AccountId, bool) override {
        co_return Error(Errc::invalid, "");
    }
    awaitable<store::Result<store::FolderPtr>> open(base::FolderId) override {
        co_return Error(Errc::not_found, "");
    }
    awaitable<store::Result<store::FolderPtr>> open_for(base::FolderId, base::AccountId) override {
        co_return Error(Errc::not_found, "");
    }
    awaitable<store::Result<store::FolderTotals>> totals(base::FolderId) override {
        co_return Error(Errc::not_found, "");
    }
    awaitable<store::Result<store::Quota>> quota() override {
        store::Quota quota;
        quota.bytes = 900;
        quota.bytes_max = 1000;
        co_return quota;
    }
    awaitable<store::Result<void>> room_for(std::uint64_t bytes, std::uint64_t) override {
        if (bytes > 100) co_return Error(Errc::over_quota, "");
        co_return store::Result<void>();
    }
    awaitable<store::Result<void>> set_quota(std::uint64_t, std::uint64_t) override {
        co_return Error(Errc::invalid, "");
    }

private:
    base::AccountId id_;
};

const std::map<std::string, std::uint32_t>& mailboxes_by_address() {
    static const std::map<std::string, std::uint32_t> map{
        {"demo@example.test", 1},
        {"two@example.test", 2},
        {"alias@example.test", 1},
        {"full@example.test", 3},
        {"postmaster@mx.example.test", 1},
        {"\"a b\"@example.test", 2},
        {"gr\xc3\xbc"
         "n@example.test",
         2},
    };
    return map;
}

}  // namespace

awaitable<store::Result<store::AccountPtr>> FakeStore::create_account(base::AccountId) {
    co_return Error(Errc::exists, "");
}
awaitable<store::Result<store::AccountPtr>> FakeStore::account(base::AccountId account) {
    store::AccountPtr opened = std::make_shared<FakeAccount>(account);
    co_return opened;
}
awaitable<store::Result<void>> FakeStore::remove_account(base::AccountId) {
    co_return Error(Errc::not_found, "");
}

std::unique_ptr<store::MessageWriter> FakeStore::new_message() { return std::make_unique<FakeWriter>(*this); }

awaitable<std::vector<store::Result<store::Delivered>>> FakeStore::deliver(
    std::vector<store::Delivery> deliveries) {
    ++commits;
    std::vector<store::Result<store::Delivered>> results;
    for (const auto& delivery : deliveries) {
        auto fault = faults.deliver.find(delivery.account.value);
        if (fault == faults.deliver.end()) fault = faults.deliver.find(0);
        if (fault != faults.deliver.end()) {
            results.emplace_back(Error(fault->second, "told to fail"));
            continue;
        }
        const auto& content = dynamic_cast<const FakeContent&>(*delivery.message.content);
        DeliveredMessage message;
        message.account = delivery.account.value;
        message.octets = delivery.message.prefix + content.octets();
        delivered.push_back(std::move(message));
        store::Delivered done;
        done.id = base::MessageId(next_message_++);
        results.emplace_back(done);
    }
    co_return results;
}

awaitable<store::Result<store::CheckReport>> FakeStore::check(std::function<void(std::string_view)>) {
    co_return store::CheckReport();
}
awaitable<void> FakeStore::collect() { co_return; }

awaitable<store::Result<directory::Route>> FakeDirectory::route(std::string address) {
    if (broken) co_return Error(Errc::unavailable, "told to fail");
    address = base::lowered(address);
    directory::Route route;
    const auto found = mailboxes_by_address().find(address);
    if (found != mailboxes_by_address().end()) {
        route.kind = directory::Route::Kind::mailbox;
        route.account = base::AccountId(found->second);
    } else if (address == "off@example.test") {
        route.kind = directory::Route::Kind::disabled;
    } else if (address.ends_with("@catch.test")) {
        route.kind = directory::Route::Kind::mailbox;
        route.account = base::AccountId(1);
    } else if (address.ends_with("@example.test") || address.ends_with("@mx.example.test")) {
        route.kind = directory::Route::Kind::unknown_mailbox;
    }
    route.address = address;
    co_return route;
}
awaitable<store::Result<std::vector<directory::DkimKey>>> FakeDirectory::dkim_keys(std::string domain) {
    std::vector<directory::DkimKey> out;
    if (domain == "example.test") out = keys;
    co_return out;
}
awaitable<store::Result<directory::Login>> FakeDirectory::login(std::string) {
    co_return Error(Errc::not_found, "");
}
awaitable<store::Result<directory::Mailbox>> FakeDirectory::mailbox(base::AccountId account) {
    directory::Mailbox mailbox;
    mailbox.account = account;
    mailbox.quota_bytes = account.value == 3 ? 1000 : 0;
    co_return mailbox;
}
awaitable<store::Result<bool>> FakeDirectory::owns(base::AccountId account, std::string address) {
    if (broken) co_return Error(Errc::unavailable, "told to fail");
    const auto found = mailboxes_by_address().find(base::lowered(address));
    co_return found != mailboxes_by_address().end() && found->second == account.value;
}
awaitable<store::Result<bool>> FakeDirectory::is_local_domain(std::string domain) {
    co_return domain == "example.test";
}
awaitable<store::Result<void>> FakeDirectory::update_credentials(base::AccountId, directory::Credentials) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<void>> FakeDirectory::add_post_office(directory::PostOffice) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<void>> FakeDirectory::set_post_office(directory::PostOffice) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<directory::PostOffice>> FakeDirectory::post_office(std::string) {
    co_return Error(Errc::not_found, "");
}
awaitable<store::Result<std::vector<directory::PostOffice>>> FakeDirectory::post_offices() {
    co_return Error(Errc::not_found, "");
}
awaitable<store::Result<void>> FakeDirectory::remove_post_office(std::string) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<void>> FakeDirectory::add_domain(directory::Domain) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<void>> FakeDirectory::set_domain(directory::Domain) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<std::vector<directory::Domain>>> FakeDirectory::domains(std::string) {
    co_return Error(Errc::not_found, "");
}
awaitable<store::Result<void>> FakeDirectory::remove_domain(std::string) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<directory::Mailbox>> FakeDirectory::add_mailbox(directory::Mailbox,
                                                                        directory::Credentials) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<void>> FakeDirectory::set_mailbox(directory::Mailbox) {
    co_return Error(Errc::invalid, "");
}
awaitable<store::Result<std::vector<directory::Mailbox>>> FakeDirectory::mailboxes(std::string, std::string,
                                                                                   std::size_t) {
    co_return Error(Errc::not_found, "");
}
awaitable<store::Result<void>> FakeDirectory::remove_mailbox(base::AccountId) {
    co_return Error(Errc::invalid, "");
}

}  // namespace smtp_test

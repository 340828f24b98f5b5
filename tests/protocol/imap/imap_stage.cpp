// Builds the house for one play, and does what events ask for.
#include "imap/imap_stage.hpp"

#include <map>
#include <stdexcept>

#include "store/metadata.hpp"
#include "store/sharing.hpp"
#include "support/stage_tools.hpp"

namespace imap_test {
namespace asio = boost::asio;

using support::number_in;
using support::take_word;

namespace {

constexpr std::int64_t start_of_time = 1767323045;  // 2026-01-02 03:04:05 UTC

asio::awaitable<void> make_account(store::Store* store, base::AccountId id, store::AccountPtr* out) {
    auto made = co_await store->create_account(id);
    if (made && out != nullptr) *out = *made;
}

asio::awaitable<void> write_message(store::Store* store, std::string text, store::ContentPtr* out) {
    const auto writer = store->new_message();
    const auto written = co_await writer->write(text);
    if (!written) co_return;
    auto content = co_await writer->finish();
    if (content) *out = std::move(*content);
}

asio::awaitable<void> append_message(store::AccountPtr account, std::string mailbox, store::Incoming message,
                                     bool* done) {
    const store::FolderTreePtr tree = account->folders();
    const store::FolderInfo* info = tree->find(mailbox);
    if (info == nullptr) co_return;
    const auto folder = co_await account->open(info->id);
    if (!folder) co_return;
    std::vector<store::Incoming> messages;
    messages.push_back(std::move(message));
    const auto appended = co_await (*folder)->append(std::move(messages));
    *done = appended.has_value();
}

asio::awaitable<void> deliver_message(store::Store* store, store::Delivery delivery, bool* done) {
    std::vector<store::Delivery> all;
    all.push_back(std::move(delivery));
    const auto results = co_await store->deliver(std::move(all));
    *done = results.size() == 1 && results.front().has_value();
}

asio::awaitable<void> remove_mailbox(store::AccountPtr account, std::string name, bool* done) {
    const auto removed = co_await account->remove(std::move(name));
    *done = removed.has_value();
}

asio::awaitable<void> set_quota(store::AccountPtr account, std::uint64_t bytes, bool* done) {
    const auto set = co_await account->set_quota(bytes, 0);
    *done = set.has_value();
}

asio::awaitable<void> people(directory::Directory* directory) {
    directory::PostOffice office;
    office.name = "office";
    directory::Domain domain;
    domain.name = "example.test";
    domain.post_office = "office";
    const auto made = co_await directory->add_post_office(office);
    const auto known = co_await directory->add_domain(domain);
    if (!made || !known) throw std::runtime_error("no post office");
    for (const char* name : {"demo", "two", "off"}) {
        directory::Mailbox mailbox;
        mailbox.name = name;
        mailbox.post_office = "office";
        mailbox.addresses.push_back(std::string(name) + "@example.test");
        directory::Credentials credentials;
        const auto added = co_await directory->add_mailbox(mailbox, credentials);
        if (!added) throw std::runtime_error("no mailbox");
    }
}

asio::awaitable<void> make_administrator(directory::Directory* directory, base::AccountId id, bool* done) {
    auto mailbox = co_await directory->mailbox(id);
    if (!mailbox) co_return;
    mailbox->administrator = true;
    const auto set = co_await directory->set_mailbox(std::move(*mailbox));
    *done = set.has_value();
}

/// A mailbox of the office that shares its folder Team with demo.
asio::awaitable<void> make_sharer(store::Store* store, directory::Directory* directory, std::string name,
                                  bool* done) {
    directory::Mailbox mailbox;
    mailbox.name = name;
    mailbox.post_office = "office";
    mailbox.addresses.push_back(name + "@example.test");
    directory::Credentials credentials;
    const auto added = co_await directory->add_mailbox(std::move(mailbox), credentials);
    if (!added) co_return;
    const auto account = co_await store->create_account(added->account);
    if (!account) co_return;
    const auto team = co_await (*account)->create("Team", store::SpecialUse::none);
    if (!team) co_return;
    store::ShareRequest request;
    request.owner = *account;
    request.folder = team->id;
    request.entry.who.kind = store::AclWho::Kind::account;
    request.entry.who.account = base::AccountId(1);
    request.entry.rights = store::Rights(store::Right::lookup) | store::Right::read;
    const auto shared = co_await store::share(store, std::move(request));
    *done = shared.has_value();
}

asio::awaitable<void> make_public(store::Store* store, directory::Directory* directory, std::string name,
                                  bool* done) {
    const auto id = co_await directory->commons("office");
    if (!id) co_return;
    const auto commons = co_await store->make_commons(*id);
    if (!commons) co_return;
    const auto made = co_await (*commons)->create(std::move(name), store::SpecialUse::none);
    *done = made.has_value();
}

asio::awaitable<void> annotate_server(store::Store* store, directory::Directory* directory, std::string name,
                                      std::string value, bool* done) {
    const auto id = co_await directory->commons("office");
    if (!id) co_return;
    store::Metadata shared(store->engine(), *id);
    store::MetadataPlace place;
    place.owner = *id;
    store::MetadataEntries entries;
    entries.emplace_back(std::move(name), std::move(value));
    const auto written = co_await shared.write(place, std::move(entries));
    *done = written.has_value();
}

asio::awaitable<void> share_public(store::Store* store, directory::Directory* directory, std::string name,
                                   store::AclEntry entry, bool* done) {
    const auto id = co_await directory->commons("office");
    if (!id) co_return;
    const auto commons = co_await store->make_commons(*id);
    if (!commons) co_return;
    const store::FolderTreePtr tree = (*commons)->folders();
    const store::FolderInfo* info = tree->find(name);
    if (info == nullptr) co_return;
    store::ShareRequest request;
    request.owner = *commons;
    request.commons = *commons;
    request.folder = info->id;
    request.entry = entry;
    const auto shared = co_await store::share(store, std::move(request));
    *done = shared.has_value();
}

asio::awaitable<void> index(store::Store* store, base::AccountId account) {
    const auto indexed = co_await store->search()->catch_up(account);
    if (!indexed) co_return;  // no such account, or the store fails
}

asio::awaitable<void> set_quotas(store::AccountPtr account, std::uint64_t bytes, std::uint64_t messages,
                                 bool* done) {
    const auto set = co_await account->set_quota(bytes, messages);
    *done = set.has_value();
}

asio::awaitable<void> remove_account(store::Store* store, directory::Directory* directory, base::AccountId id,
                                     bool* done) {
    const auto left = co_await directory->remove_mailbox(id);
    const auto gone = co_await store->remove_account(id);
    *done = left.has_value() && gone.has_value();
}

}  // namespace

ImapStage::ImapStage(const support::StageOptions& options)
    : options_(options),
      clock_(base::SystemTime(std::chrono::seconds(start_of_time))),
      session_time_(base::SystemTime(std::chrono::seconds(start_of_time))),
      session_clock_(
          session_time_,
          std::chrono::milliseconds(options_.contains("clock_step") ? number_in(options_["clock_step"]) : 0)),
      ids_(clock_),
      engine_(store::engine::make_memory_engine(ids_)) {
    store::StoreLimits limits;
    if (options_.contains("message_bytes_max"))
        limits.message_bytes_max = number_in(options_["message_bytes_max"]);
    if (options_.contains("copy_messages_max"))
        limits.copy_messages_max = static_cast<std::uint32_t>(number_in(options_["copy_messages_max"]));
    store_ = store::make_store(*engine_, clock_, limits);
    imap::Services services{*store_, authenticator_, sessions_, "mail.example.test",
                            "Barid", "1.0",          {},        &clock_};
    if (options_.contains("clock_step")) services.clock = &session_clock_;
    directory_ = directory::make_directory(*engine_);
    run(people(directory_.get()));
    services.directory = directory_.get();
    if (options_.contains("relay")) {
        relay_ =
            std::make_unique<support::FakeRelay>(options_["relay"], "IMAP4rev1 XBACK UNAUTHENTICATE IDLE");
        services.relay = relay_.get();
    }
    authenticator_.modern = options_.contains("modern");
    authenticator_.users["away"] = {base::AccountId(4), "secret"};
    authenticator_.users["away"].node = "b1";
    services_ = std::make_shared<imap::Services>(std::move(services));
    for (const auto& [name, value] : options_) {
        if (name.starts_with("limit.")) set_limit(name.substr(6), value);
    }
    if (options_.contains(indexed_option)) services_->limits.unindexed_search_max = 0;
    authenticator_.users["demo"] = {base::AccountId(1), "secret"};
    authenticator_.users["two"] = {base::AccountId(2), "secret"};
    authenticator_.users["lost"] = {base::AccountId(3), "secret"};  // has no account in the store
    run(make_account(store_.get(), base::AccountId(1), &demo_));
    run(make_account(store_.get(), base::AccountId(2), nullptr));
}

ImapStage::~ImapStage() {
    io.stop();
    demo_.reset();
    directory_.reset();
    store_.reset();
    engine_->close();
}

void ImapStage::set_limit(const std::string& name, const std::string& value) {
    const std::uint64_t number = number_in(value);
    imap::Limits& limits = services_->limits;
    if (name == "fetch_batch") {
        limits.fetch_batch = number;
    } else if (name == "read_bytes") {
        limits.read_bytes = number;
    } else if (name == "append_messages_max") {
        limits.append_messages_max = number;
    } else if (name == "append_bytes_max") {
        limits.append_bytes_max = number;
    } else if (name == "sessions_per_user_max") {
        limits.per_user.sessions_max = number;
    } else if (name == "sessions_per_address_max") {
        limits.per_user.per_address_max = number;
    } else if (name == "uid_batch_min") {
        limits.uid_batch_min = static_cast<std::uint32_t>(number);
    } else if (name == "saved_ranges_max") {
        limits.saved_ranges_max = number;
    } else if (name == "sharers_a_turn") {
        limits.sharers_a_turn = number;
    } else if (name == "contexts_max") {
        limits.contexts_max = number;
    } else if (name == "command_messages_max") {
        limits.command_messages_max = static_cast<std::uint32_t>(number);
    } else if (name == "saved_messages_max") {
        limits.saved_messages_max = static_cast<std::uint32_t>(number);
    } else if (name == "context_messages_max") {
        limits.context_messages_max = number;
    } else {
        throw std::invalid_argument("no such limit: " + name);
    }
}

asio::awaitable<void> ImapStage::serve(std::unique_ptr<net::Connection> connection) {
    return imap::serve(std::move(connection), services_);
}

support::MemoryOptions ImapStage::connection_options(unsigned number) {
    support::MemoryOptions made = support::client_of(options_);
    made.peer.address = options_.contains("one_address") ? "192.0.2.1" : "192.0.2." + std::to_string(number);
    made.peer.listener = "imap";
    if (options_.contains("deflate")) made.deflate_flush = static_cast<int>(number_in(options_["deflate"]));
    return made;
}

std::string ImapStage::event(std::string_view text) {
    const std::string_view what = take_word(text);
    bool done = false;
    if (what == "append") {
        const std::string mailbox(take_word(text));
        run(append_message(demo_, mailbox, store::Incoming(content(text)), &done));
    } else if (what == "deliver") {
        store::Delivery delivery;
        delivery.account = base::AccountId(1);
        delivery.message = store::Incoming(content(text));
        delivery.message.prefix = "Delivered-To: demo@example.test\r\n";
        run(deliver_message(store_.get(), std::move(delivery), &done));
    } else if (what == "clock") {
        clock_.advance(std::chrono::seconds(number_in(text)));
        done = true;
    } else if (what == "quota") {
        run(set_quota(demo_, number_in(text), &done));
    } else if (what == "public") {
        run(make_public(store_.get(), directory_.get(), std::string(text), &done));
    } else if (what == "share") {
        const std::string name(take_word(text));
        const std::string_view who = take_word(text);
        store::AclEntry entry;
        entry.who.kind = store::AclWho::Kind::anyone;
        if (who == "demo" || who == "two") {
            entry.who.kind = store::AclWho::Kind::account;
            entry.who.account = base::AccountId(who == "demo" ? 1 : 2);
        }
        entry.rights = store::Rights::parse(text).value_or(store::Rights());
        run(share_public(store_.get(), directory_.get(), name, entry, &done));
    } else if (what == "annotate_server") {
        const std::string name(take_word(text));
        run(annotate_server(store_.get(), directory_.get(), name, std::string(text), &done));
    } else if (what == "annotations") {
        const store::FolderTreePtr tree = demo_->folders();
        std::vector<std::string> entries;
        for (std::uint64_t i = 0; i < number_in(text); ++i) entries.push_back("/shared/" + std::to_string(i));
        demo_->note_annotations(tree->find("INBOX")->id, base::AccountId(), entries);
        done = true;
    } else if (what == "quotas") {
        const std::uint64_t bytes = number_in(take_word(text));
        run(set_quotas(demo_, bytes, number_in(text), &done));
    } else if (what == "sharer") {
        run(make_sharer(store_.get(), directory_.get(), std::string(text), &done));
    } else if (what == "administrator") {
        run(make_administrator(directory_.get(), base::AccountId(text == "demo" ? 1 : 2), &done));
    } else if (what == "remove_two") {
        run(remove_account(store_.get(), directory_.get(), base::AccountId(2), &done));
    } else if (what == "mailbox_deleted") {
        run(remove_mailbox(demo_, std::string(text), &done));
    } else if (what == "login_fails_with") {
        const std::map<std::string_view, auth::Failure> names{{"temporary", auth::Failure::temporary},
                                                              {"too_many", auth::Failure::too_many},
                                                              {"disabled", auth::Failure::disabled}};
        const auto found = names.find(text);
        if (found == names.end()) return "no such failure";
        authenticator_.failure = found->second;
        done = true;
    } else if (what == "store_fails" || what == "store_works") {
        done = set_faults(what == "store_works" ? "" : text);
    } else {
        return Stage::event(what);
    }
    if (options_.contains(indexed_option)) index_all();
    return done ? "" : "the event could not be done";
}

/// Accounts that are not there, and a store that fails, are no matter.
void ImapStage::index_all() {
    for (std::uint32_t account = 1; account <= 8; ++account)
        run(index(store_.get(), base::AccountId(account)));
}

/// Empty: no faults any more.
bool ImapStage::set_faults(std::string_view how) {
    using store::engine::Fault;
    using store::engine::Op;
    if (how == "damaged") {
        engine_->inject([](const store::engine::Step& step) {
            return step.op == Op::blob_read ? Fault::corrupt : Fault::none;
        });
        return true;
    }
    const std::map<std::string_view, Fault> names{
        {"", Fault::none}, {"no_space", Fault::no_space}, {"unavailable", Fault::unavailable}};
    const auto found = names.find(how);
    if (found == names.end()) return false;
    const Fault fault = found->second;
    engine_->inject([fault](const store::engine::Step&) { return fault; });
    return true;
}

/// "|" stands for CRLF.
store::ContentPtr ImapStage::content(std::string_view text) {
    std::string octets;
    for (const char c : text) {
        if (c == '|') {
            octets += "\r\n";
        } else {
            octets += c;
        }
    }
    store::ContentPtr made;
    run(write_message(store_.get(), std::move(octets), &made));
    return made;
}

}  // namespace imap_test

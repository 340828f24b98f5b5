#include "device_stage.hpp"

#include <charconv>

#include "base/base64.hpp"
#include "wbxml/xml.hpp"

namespace eas {
namespace {

constexpr unsigned tries_max = 20;

boost::asio::awaitable<std::optional<ItemId>> append(store::Store* into, store::AccountPtr account,
                                                     base::FolderId id, std::string message) {
    auto folder = co_await account->open(id);
    if (!folder) co_return std::nullopt;
    const auto writer = into->new_message();
    const auto written = co_await writer->write(message);
    if (!written) co_return std::nullopt;
    auto content = co_await writer->finish();
    if (!content) co_return std::nullopt;
    std::vector<store::Incoming> one;
    one.emplace_back(std::move(*content));
    const auto appended = co_await (*folder)->append(std::move(one));
    if (!appended) co_return std::nullopt;
    co_return ItemId{id, appended->uids.front()};
}

boost::asio::awaitable<std::string> newest(store::AccountPtr account, base::FolderId id) {
    auto folder = co_await account->open(id);
    if (!folder) co_return std::string();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* last = now_there->at(base::SeqNum(now_there->size()));
    if (last == nullptr) co_return std::string();
    const auto detail = co_await read_detail(*folder, *last);
    if (!detail) co_return std::string();
    const auto octets = co_await (*folder)->read(*detail, 0, static_cast<std::size_t>((*detail)->size));
    co_return octets ? *octets : std::string();
}

}  // namespace

DeviceStage::DeviceStage(Limits limits) : limits_(limits) {
    base::log::set_level("eas", base::log::Level::off);  // faults make it talk
    base::log::set_level("directory", base::log::Level::off);
    base::log::set_level("store", base::log::Level::off);
    engine_ = store::engine::make_memory_engine(ids_);
    directory::Options options;
    options.clock = &clock_;
    directory_ = directory::make_directory(*engine_, std::move(options));
    EXPECT_TRUE(directory::run(directory_->add_post_office(directory::office_of("acme"))));
    EXPECT_TRUE(directory::run(directory_->add_domain(directory::domain_of("example.test"))));
    directory::Credentials credentials;
    credentials.password_hash = "hash";
    const auto mailbox = directory::run(directory_->add_mailbox(
        directory::mailbox_of("anna", {"anna@example.test"}), std::move(credentials)));
    EXPECT_TRUE(mailbox);
    store_ = store::make_store(*engine_, clock_, store::StoreLimits());
    auto account = directory::run(store_->create_account(mailbox->account));
    EXPECT_TRUE(account);
    account_ = *account;
    authenticator_.users["anna@example.test"] = {mailbox->account, "secret"};
    start();
}

DeviceStage::~DeviceStage() {
    disconnect();
    account_.reset();
}

void DeviceStage::start() {
    services_ = std::make_shared<Services>(*store_, *directory_, authenticator_, outgoing_, clock_);
    services_->limits = limits_;
    http_ = std::make_shared<http::Services>(sessions_, clock_);
    add_routes(http_->router, services_);
}

void DeviceStage::disconnect() {
    if (!pair_) return;
    pair_->peer.close();
    io_.restart();
    io_.poll();
    EXPECT_TRUE(ended_) << "a session outlived its peer";
}

void DeviceStage::restart() {
    disconnect();
    start();
}

void DeviceStage::connect() {
    if (pair_ && !ended_) return;
    support::MemoryOptions options;
    options.peer.address = "127.0.0.1";
    options.peer.loopback = true;
    pair_ = std::make_unique<support::MemoryPair>(support::make_memory_pair(io_, options));
    ended_ = false;
    boost::asio::co_spawn(io_, http::serve(std::move(pair_->connection), http_),
                          [this](std::exception_ptr failed) {
                              ended_ = true;
                              EXPECT_FALSE(failed);
                          });
}

DeviceStage::Answered DeviceStage::ask(std::string_view device, std::string_view command,
                                       std::string_view body) {
    connect();
    std::string request = "POST /Microsoft-Server-ActiveSync?Cmd=";
    request.append(command).append("&User=anna%40example.test&DeviceType=Phone&DeviceId=").append(device);
    request +=
        " HTTP/1.1\r\nHost: mail.example.test\r\nMS-ASProtocolVersion: 16.1\r\nAuthorization: Basic " +
        base::base64_encode("anna@example.test:secret") +
        "\r\nContent-Type: application/vnd.ms-sync.wbxml\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n";
    request += body;
    pair_->peer.send(request);
    io_.restart();
    io_.poll();
    const std::string answer = std::exchange(pair_->peer.received(), {});
    Answered out;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 ")) << answer;
    if (!answer.starts_with("HTTP/1.1 ")) return out;
    std::from_chars(answer.data() + 9, answer.data() + 12, out.status);
    out.body = answer.substr(answer.find("\r\n\r\n") + 4);
    return out;
}

ItemId DeviceStage::put(base::FolderId folder, std::string message) {
    const auto made = directory::run(append(store_.get(), account_, folder, std::move(message)));
    EXPECT_TRUE(made);
    return made.value_or(ItemId());
}

std::string DeviceStage::last_message(base::FolderId folder) {
    return directory::run(newest(account_, folder));
}

void SyncDevice::begin() {
    namespace folder = wbxml::folderhierarchy;
    std::string body;
    wbxml::Encoder to(body);
    to.open(folder::folder_sync);
    to.text(folder::sync_key, "0");
    to.close();
    const auto folders = stage_.ask(name_, "FolderSync", body);
    ASSERT_EQ(folders.status, 200U);
    const wbxml::Document read(folders.body);
    for (const wbxml::Element one : read.root().child(folder::changes))
        if (one.child(folder::type).text() == shelf_.type) folder_ = one.child(folder::server_id).text();
    ASSERT_FALSE(folder_.empty());
    sync();
}

std::multiset<std::string> SyncDevice::names() const {
    std::multiset<std::string> out;
    for (const auto& [id, name] : items_) out.insert(name);
    return out;
}

void SyncDevice::write_item(wbxml::Encoder& to, const std::string& item, const std::string& category) {
    to.open(airsync::application_data);
    to.text(shelf_.name, item);
    if (shelf_.name == wbxml::contacts::last_name) to.text(wbxml::contacts::file_as, item);
    if (shelf_.name == wbxml::email::subject) to.text(wbxml::email::to, "bob@elsewhere.test");
    if (!category.empty()) {
        to.open(wbxml::email::categories);
        to.text(wbxml::email::category, category);
        to.close();
    }
    if (shelf_.name == wbxml::calendar::subject) {
        to.text(wbxml::calendar::start_time, "20900104T090000Z");
        to.text(wbxml::calendar::end_time, "20900104T100000Z");
        to.open(wbxml::calendar::attendees);
        to.open(wbxml::calendar::attendee);
        to.text(wbxml::calendar::email, "bob@elsewhere.test");
        to.text(wbxml::calendar::name, "Bob");
        to.close();
        to.close();
    }
    to.close();
}

std::string SyncDevice::request(const Wish* wish) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(airsync::sync);
    to.open(airsync::collections);
    to.open(airsync::collection);
    to.text(airsync::sync_key, key_);
    to.text(airsync::collection_id, folder_);
    if (wish != nullptr) {
        to.open(airsync::commands);
        to.open(wish->command);
        to.text(wish->command == airsync::add ? airsync::client_id : airsync::server_id, wish->id);
        if (wish->command != airsync::delete_) write_item(to, wish->name, wish->category);
        to.close();
        to.close();
    }
    for (int i = 0; i < 3; ++i) to.close();
    return out;
}

void SyncDevice::apply(wbxml::Element commands) {
    for (const wbxml::Element one : commands) {
        const std::string id(one.child(airsync::server_id).text());
        const wbxml::Element data = one.child(airsync::application_data);
        const wbxml::Element name = data.child(shelf_.name);
        EXPECT_FALSE(id.empty());
        if (one.tag() == airsync::add) {
            EXPECT_FALSE(items_.contains(id)) << name.text() << " came twice";
        }
        if (one.tag() == airsync::change) ++changes_;
        if (one.tag() == airsync::delete_) {
            items_.erase(id);
        } else if (name) {  // of mail a Change tells the flags alone
            items_[id] = name.text();
        }
        if (const wbxml::Element flag = data.child(wbxml::email::flag)) {
            marks_[id].flag = flag.child(wbxml::email::status).text();
            marks_[id].flag.append(" ").append(flag.child(wbxml::tasks::due_date).text());
        }
        if (const wbxml::Element categories = data.child(wbxml::email::categories)) {
            marks_[id].categories.clear();
            for (const wbxml::Element category : categories)
                marks_[id].categories.append(" ").append(category.text());
        }
    }
}

std::string SyncDevice::marks_of(const std::string& name) const {
    std::string out;
    for (const auto& [id, item] : items_) {
        if (item != name || !marks_.contains(id)) continue;
        out += marks_.at(id).flag + marks_.at(id).categories;
    }
    return out;
}

bool SyncDevice::take(const std::string& body, const Wish* wish) {
    if (body.empty()) return false;
    const wbxml::Document read(body);
    EXPECT_EQ(read.fault(), wbxml::Fault::none) << wbxml::describe(read.fault()) << " at " << read.offset();
    const wbxml::Element collection = read.root().child(airsync::collections).child(airsync::collection);
    const auto status = collection.child(airsync::status).number();
    if (status != sync_status::ok) {
        EXPECT_EQ(status, sync_status::server_error) << wbxml::to_xml(read);
        EXPECT_EQ(collection.child(airsync::sync_key).text(), key_) << "there are devices that take any";
        EXPECT_FALSE(collection.child(airsync::commands)) << "nobody keeps that they were told";
        ++broken_;
        return true;
    }
    key_ = collection.child(airsync::sync_key).text();
    bool taken = true;
    for (const wbxml::Element one : collection.child(airsync::responses)) {
        if (wish == nullptr || one.tag() != wish->command) continue;
        taken = one.child(airsync::status).number() == sync_status::ok;
        if (taken && wish->command == airsync::add)
            items_[std::string(one.child(airsync::server_id).text())] = wish->name;
    }
    if (wish != nullptr && wish->command == airsync::add && taken) ++adds_;
    if (!taken) ++broken_;  // it is sent anew
    apply(collection.child(airsync::commands));
    return !taken || collection.child(airsync::more_available);
}

void SyncDevice::sync(std::string add) {
    const bool first = key_ == "0";
    const unsigned before = adds_;
    for (unsigned i = 0; i < tries_max; ++i) {
        const Wish wish{airsync::add, "c" + std::to_string(adds_), add};
        const Wish* now = add.empty() || adds_ != before ? nullptr : &wish;
        const auto answered = stage_.ask(name_, "Sync", request(now));
        if (answered.status != 200) {
            EXPECT_EQ(answered.status, 503U);
            ++broken_;
            continue;
        }
        const unsigned broken = broken_;
        const bool more = take(answered.body, now);
        if (broken_ == broken && !more && (!first || i != 0)) return;
    }
    ADD_FAILURE() << "it comes to no end";
}

void SyncDevice::add_unheard(const std::string& add) {
    const Wish wish{airsync::add, "c" + std::to_string(adds_), add};
    stage_.ask(name_, "Sync", request(&wish));
}

void SyncDevice::add_all(std::vector<std::string> names, const std::string& sent) {
    for (unsigned i = 0; i < tries_max && !names.empty(); ++i) {
        std::string body;
        wbxml::Encoder to(body);
        to.open(airsync::sync);
        to.open(airsync::collections);
        to.open(airsync::collection);
        to.text(airsync::sync_key, key_);
        to.text(airsync::collection_id, folder_);
        to.open(airsync::commands);
        for (const std::string& name : names) {
            to.open(airsync::add);
            to.text(airsync::client_id, name + std::to_string(adds_));
            write_item(to, name);
            if (name == sent) to.empty(wbxml::email2::send);
            to.close();
        }
        for (int open = 0; open < 4; ++open) to.close();
        const auto answered = stage_.ask(name_, "Sync", body);
        const std::string key = key_;
        if (answered.status == 200) take(answered.body, nullptr);
        if (key_ == key) continue;
        const wbxml::Document read(answered.body);
        const auto responses =
            read.root().child(airsync::collections).child(airsync::collection).child(airsync::responses);
        for (const wbxml::Element one : responses) {
            if (one.child(airsync::status).number() != sync_status::ok) continue;
            std::string name(one.child(airsync::client_id).text());
            name.resize(name.size() - std::to_string(adds_).size());
            if (name != sent) items_[std::string(one.child(airsync::server_id).text())] = name;
            std::erase(names, name);
        }
        ++adds_;
    }
    EXPECT_TRUE(names.empty());
}

bool SyncDevice::carry_out(const std::string& item, Wish wish) {
    for (const auto& [id, name] : items_) {
        if (name != item) continue;
        wish.id = id;
        if (wish.command == airsync::delete_) {
            items_.erase(wish.id);
        } else {
            items_[wish.id] = wish.name;
        }
        const auto answered = stage_.ask(name_, "Sync", request(&wish));
        EXPECT_EQ(answered.status, 200U);
        take(answered.body, &wish);
        sync();
        return true;
    }
    return false;
}

bool SyncDevice::rename(const std::string& from, const std::string& to, const std::string& category) {
    return carry_out(from, Wish{airsync::change, {}, to, category});
}

bool SyncDevice::remove(const std::string& name) {
    return carry_out(name, Wish{airsync::delete_, {}, {}, {}});
}

}  // namespace eas

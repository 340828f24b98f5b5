#include "device_stage.hpp"

#include <charconv>

#include "base/base64.hpp"
#include "wbxml/xml.hpp"

namespace eas {
namespace {

constexpr unsigned tries_max = 20;

}  // namespace

DeviceStage::DeviceStage(Limits limits) {
    base::log::set_level("eas", base::log::Level::off);  // faults make it talk
    base::log::set_level("directory", base::log::Level::off);
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
    services_ = std::make_shared<Services>(*store_, *directory_, authenticator_, outgoing_);
    services_->limits = limits;
    http_ = std::make_shared<http::Services>(sessions_, clock_);
    add_routes(http_->router, services_);
}

DeviceStage::~DeviceStage() {
    if (pair_) {
        pair_->peer.close();
        io_.restart();
        io_.poll();
        EXPECT_TRUE(ended_) << "a session outlived its peer";
    }
    account_.reset();
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

void ContactsDevice::begin() {
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
        if (one.child(folder::type).text() == "9") folder_ = one.child(folder::server_id).text();
    ASSERT_FALSE(folder_.empty());
    sync();
}

std::string ContactsDevice::request(const std::string& add) {
    std::string out;
    wbxml::Encoder to(out);
    to.open(airsync::sync);
    to.open(airsync::collections);
    to.open(airsync::collection);
    to.text(airsync::sync_key, key_);
    to.text(airsync::collection_id, folder_);
    if (!add.empty()) {
        to.open(airsync::commands);
        to.open(airsync::add);
        to.text(airsync::client_id, "c" + std::to_string(adds_));
        to.open(airsync::application_data);
        to.text(wbxml::contacts::file_as, add);
        to.text(wbxml::contacts::last_name, add);
        for (int i = 0; i < 3; ++i) to.close();
    }
    for (int i = 0; i < 3; ++i) to.close();
    return out;
}

void ContactsDevice::apply(wbxml::Element commands) {
    for (const wbxml::Element one : commands) {
        const std::string id(one.child(airsync::server_id).text());
        const std::string name(one.child(airsync::application_data).child(wbxml::contacts::last_name).text());
        EXPECT_FALSE(id.empty());
        if (one.tag() == airsync::add) {
            EXPECT_FALSE(contacts_.contains(id)) << name << " came twice";
        }
        if (one.tag() == airsync::delete_) {
            contacts_.erase(id);
        } else {
            contacts_[id] = name;
        }
    }
}

bool ContactsDevice::take(const std::string& body, const std::string& add) {
    if (body.empty()) return false;
    const wbxml::Document read(body);
    EXPECT_EQ(read.fault(), wbxml::Fault::none) << wbxml::describe(read.fault()) << " at " << read.offset();
    const wbxml::Element collection = read.root().child(airsync::collections).child(airsync::collection);
    const auto status = collection.child(airsync::status).number();
    if (status != sync_status::ok) {
        EXPECT_EQ(status, sync_status::server_error) << wbxml::to_xml(read);
        EXPECT_FALSE(collection.child(airsync::commands)) << "nobody keeps that they were told";
        ++broken_;
        return true;
    }
    key_ = collection.child(airsync::sync_key).text();
    bool taken = true;
    for (const wbxml::Element one : collection.child(airsync::responses)) {
        if (one.tag() != airsync::add) continue;
        taken = one.child(airsync::status).number() == sync_status::ok;
        if (taken) contacts_[std::string(one.child(airsync::server_id).text())] = add;
    }
    if (!add.empty() && taken) ++adds_;
    if (!taken) ++broken_;  // it is sent anew
    apply(collection.child(airsync::commands));
    return !taken || collection.child(airsync::more_available);
}

void ContactsDevice::sync(std::string add) {
    const bool first = key_ == "0";
    const unsigned before = adds_;
    for (unsigned i = 0; i < tries_max; ++i) {
        const std::string now = adds_ == before ? add : std::string();
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

}  // namespace eas

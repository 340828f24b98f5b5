// Whole devices against the ActiveSync service over buffers, and an engine in memory that fails where it is
// told to.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "eas/handler.hpp"
#include "eas/syntax/status.hpp"
#include "http/server.hpp"
#include "support/fake_authenticator.hpp"
#include "support/memory_connection.hpp"
#include "unit/directory/fixture.hpp"
#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace eas {

namespace airsync = wbxml::airsync;

class NoOutgoing final : public Outgoing {
public:
    boost::asio::awaitable<Submitted> submit(Submission) override { co_return Submitted::failed; }
};

/// A server, and the one connection that all of its devices use.
class DeviceStage {
public:
    explicit DeviceStage(Limits limits = {});
    ~DeviceStage();
    DeviceStage(const DeviceStage&) = delete;
    DeviceStage& operator=(const DeviceStage&) = delete;

    struct Answered {
        unsigned status = 0;
        std::string body;
    };
    Answered ask(std::string_view device, std::string_view command, std::string_view body);
    store::engine::MemoryEngine& engine() { return *engine_; }
    store::AccountPtr account() { return account_; }

private:
    void connect();

    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids_{clock_};
    std::unique_ptr<store::engine::MemoryEngine> engine_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<store::Store> store_;
    store::AccountPtr account_;
    support::FakeAuthenticator authenticator_;
    NoOutgoing outgoing_;
    net::SessionRegistry sessions_;
    std::shared_ptr<Services> services_;
    std::shared_ptr<http::Services> http_;
    boost::asio::io_context io_;
    std::unique_ptr<support::MemoryPair> pair_;
    bool ended_ = true;
};

/// What a device does with the answers to the Sync of one folder of contacts, as phones do it: what was not
/// answered is sent again to the letter.
class ContactsDevice {
public:
    ContactsDevice(DeviceStage& stage, std::string name) : stage_(stage), name_(std::move(name)) {}

    void begin();                     ///< the hierarchy and the first key
    void sync(std::string add = {});  ///< until there is no more; with a contact of this name
    const std::map<std::string, std::string>& contacts() const { return contacts_; }  ///< by ServerId
    unsigned broken() const { return broken_; }  ///< requests that got no answer of the collection's

private:
    std::string request(const std::string& add);
    /// False: there is no more.
    bool take(const std::string& body, const std::string& add);
    void apply(wbxml::Element commands);

    DeviceStage& stage_;
    const std::string name_;
    std::string folder_, key_ = "0";
    unsigned adds_ = 0, broken_ = 0;
    std::map<std::string, std::string> contacts_;
};

}  // namespace eas

// Whole devices against the ActiveSync service over buffers, and an engine in memory that fails where it is
// told to.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "eas/handler.hpp"
#include "eas/stored_item.hpp"
#include "eas/syntax/ids.hpp"
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

class KeptOutgoing final : public Outgoing {
public:
    boost::asio::awaitable<Submitted> submit(Submission submission) override {
        if (answer == Submitted::sent) sent.push_back(std::move(submission));
        co_return answer;
    }
    std::vector<Submission> sent;
    Submitted answer = Submitted::sent;
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
    /// A server that knows only what is kept.
    void restart();
    store::engine::MemoryEngine& engine() { return *engine_; }
    store::AccountPtr account() { return account_; }
    base::FolderId inbox() const { return account_->folders()->find("INBOX")->id; }
    /// A message into a folder, and the newest of one.
    ItemId put(base::FolderId folder, std::string message);
    std::string last_message(base::FolderId folder);
    base::ManualClock& clock() { return clock_; }
    boost::asio::io_context& io() { return io_; }  ///< of all sessions; runs while ask() does
    const Services& services() const { return *services_; }
    KeptOutgoing& outgoing() { return outgoing_; }
    /// What has left.
    const std::vector<Submission>& sent() const { return outgoing_.sent; }

private:
    void start();
    void disconnect();
    void connect();

    const Limits limits_;
    base::ManualClock clock_{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    base::IdSource ids_{clock_};
    std::unique_ptr<store::engine::MemoryEngine> engine_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<store::Store> store_;
    store::AccountPtr account_;
    support::FakeAuthenticator authenticator_;
    KeptOutgoing outgoing_;
    net::SessionRegistry sessions_;
    std::shared_ptr<Services> services_;
    std::shared_ptr<http::Services> http_;
    boost::asio::io_context io_;
    std::unique_ptr<support::MemoryPair> pair_;
    bool ended_ = true;
};

/// Which folder a device synchronises, by its FolderType, and in what of its items their name is.
struct Shelf {
    const char* type;
    wbxml::Tag name;
};
constexpr Shelf contacts{"9", wbxml::contacts::last_name}, drafts{"3", wbxml::email::subject},
    meetings{"8", wbxml::calendar::subject};

/// What a device does with the answers to the Sync of one folder, as phones do it: what was not answered is
/// sent again to the letter, unless its user has changed it meanwhile.
class SyncDevice {
public:
    SyncDevice(DeviceStage& stage, std::string name, const Shelf& shelf = contacts)
        : stage_(stage), name_(std::move(name)), shelf_(shelf) {}

    void begin();                              ///< the hierarchy and the first key
    void sync(std::string add = {});           ///< until there is no more; with an item of this name
    void add_unheard(const std::string& add);  ///< the answer is lost on its way
    /// Several at once, until each is done; one of them is sent and not kept.
    void add_all(std::vector<std::string> names, const std::string& sent);
    /// The item of that name gets another one, or is deleted. False: there is none of that name.
    bool rename(const std::string& from, const std::string& to, const std::string& category = {});
    bool remove(const std::string& name);
    const std::map<std::string, std::string>& items() const { return items_; }  ///< by ServerId
    std::multiset<std::string> names() const;
    /// Of the mail of that name: the Status and DueDate of its Flag, and its Categories.
    std::string marks_of(const std::string& name) const;
    unsigned changes() const { return changes_; }  ///< that it was told of
    const std::string& folder() const { return folder_; }
    unsigned broken() const { return broken_; }  ///< requests that got no answer of the collection's

private:
    struct Wish {
        wbxml::Tag command;
        std::string id, name, category;
    };
    std::string request(const Wish* wish);
    void write_item(wbxml::Encoder& to, const std::string& item, const std::string& category = {});
    bool carry_out(const std::string& item, Wish wish);
    /// False: there is no more.
    bool take(const std::string& body, const Wish* wish);
    void apply(wbxml::Element commands);

    DeviceStage& stage_;
    const std::string name_;
    const Shelf& shelf_;
    std::string folder_, key_ = "0";
    unsigned adds_ = 0, broken_ = 0, changes_ = 0;
    std::map<std::string, std::string> items_;
    struct Marks {
        std::string flag, categories;
    };
    std::map<std::string, Marks> marks_;  // by ServerId
};

}  // namespace eas

// ActiveSync: each connection is a device, which synchronises its inbox and then does a mix of commands, or
// waits in Ping for what is delivered.
#include <charconv>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "mailbench/load.hpp"
#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace mailbench {
namespace {

constexpr std::uint32_t devices_of_a_user = 20;  // more, and Barid answers 177
constexpr int inbox_type = 2;                    // MS-ASCMD section 2.2.3.186.3
constexpr int ping_seconds = 900;

class EasClient {
public:
    EasClient(RunPtr run, std::uint32_t number, boost::asio::io_context* context)
        : run_(std::move(run)),
          number_(number),
          user_(1 + number_ % run_->options.users),
          wire_(*context),
          random_(run_->options.seed * 1000 + number) {
        const std::string name = run_->options.user(user_);
        head_ = fmt::format(
            "&User={}&DeviceId=BENCH{}&DeviceType=mailbench HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic "
            "{}\r\nMS-ASProtocolVersion: 16.1\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n",
            name, number_ / run_->options.users % devices_of_a_user, run_->options.host,
            base::base64_encode(name + ":" + run_->options.password));
    }
    std::uint32_t user() const { return user_; }

    /// The folders, and all that is in the inbox.
    awaitable<bool> begin() {
        bool up = co_await wire_.connect(run_->options.host, run_->options.port);
        if (up) up = co_await folder_sync(Clock::now());
        if (!up || inbox_.empty()) co_return false;
        const Clock::time_point began = Clock::now();
        up = co_await sync(std::string(), Clock::now());
        while (up && ok_ && more_) up = co_await sync(std::string(), Clock::now());
        if (up) run_->statistics.add("FIRSTSYNC", Clock::now() - began, ok_);
        co_return up&& ok_;
    }

    awaitable<bool> step(std::string what, Clock::time_point due) {
        bool up = false;
        if (what == "FOLDERSYNC") {
            up = co_await folder_sync(due);
        } else if (what == "SENDMAIL") {
            up = co_await send_mail(due);
        } else if (what == "ESTIMATE") {
            up = co_await estimate(due);
        } else if (what == "FETCH" && !item_.empty()) {
            up = co_await fetch(due);
        } else {
            std::string item = what == "FLAG" ? item_ : std::string();
            up = co_await sync(std::move(item), due);
        }
        co_return up;
    }

    /// Waits in Ping once; what is new is fetched. `told`: something was.
    awaitable<bool> ping(bool* told) {
        namespace tags = wbxml::ping;
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::ping);
        to.number(tags::heartbeat_interval, ping_seconds);
        to.open(tags::folders);
        to.open(tags::folder);
        to.text(tags::id, inbox_);
        to.text(tags::class_, "Email");
        to.close();
        to.close();
        to.close();
        const bool up = co_await post("Ping", std::move(body));
        if (!up) co_return false;
        const wbxml::Document answer(body_);
        *told = answer.root().child(tags::status).text() == "2";
        if (!*told) run_->statistics.error("PING", std::string(answer.root().child(tags::status).text()));
        co_return true;
    }

    void done() {
        run_->statistics.traffic(wire_.octets_in(), wire_.octets_out());
        wire_.close();
    }

private:
    /// Sends a command; its answer is in body_. False: the connection is gone.
    awaitable<bool> post(std::string command, std::string body) {
        std::string request = "POST /Microsoft-Server-ActiveSync?Cmd=" + command + head_;
        request += fmt::format("Content-Length: {}\r\n\r\n", body.size()) + body;
        bool up = true;
        if (closing_) {
            wire_.close();
            up = co_await wire_.connect(run_->options.host, run_->options.port);
        }
        if (up) up = co_await wire_.send(std::move(request));
        if (up) up = co_await wire_.read_line();
        if (!up) co_return false;
        closing_ = false;
        ok_ = wire_.line().starts_with("HTTP/1.1 200");
        status_ = wire_.line();
        std::uint64_t length = 0;
        for (;;) {
            up = co_await wire_.read_line();
            if (!up) co_return false;
            const std::string& line = wire_.line();
            if (line.empty()) break;
            constexpr std::string_view name = "content-length: ";
            closing_ = closing_ || base::equals_nocase(line, "Connection: close");
            if (base::lowered(line).starts_with(name))
                std::from_chars(line.data() + name.size(), line.data() + line.size(), length);
        }
        body_.clear();
        up = co_await wire_.read(length, &body_);
        co_return up;
    }

    void note(const std::string& name, Clock::time_point due) {
        if (ok_) {
            run_->statistics.add(name, Clock::now() - due, true);
        } else {
            run_->statistics.error(name, status_);
        }
    }

    awaitable<bool> folder_sync(Clock::time_point due) {
        namespace tags = wbxml::folderhierarchy;
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::folder_sync);
        to.text(tags::sync_key, folder_key_);
        to.close();
        const bool up = co_await post("FolderSync", std::move(body));
        if (!up) co_return false;
        const wbxml::Document answer(body_);
        ok_ = ok_ && answer.root().child(tags::status).text() == "1";
        if (ok_) folder_key_ = answer.root().child(tags::sync_key).text();
        for (const wbxml::Element one : answer.root().child(tags::changes))
            if (one.tag() == tags::add && one.child(tags::type).number() == inbox_type)
                inbox_ = one.child(tags::server_id).text();
        note("FOLDERSYNC", due);
        co_return true;
    }

    /// What is new in the inbox; of an `item` that is given its mark of being read is changed.
    awaitable<bool> sync(std::string item, Clock::time_point due) {
        namespace tags = wbxml::airsync;
        const bool first = key_ == "0";
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::sync);
        to.open(tags::collections);
        to.open(tags::collection);
        to.text(tags::sync_key, key_);
        to.text(tags::collection_id, inbox_);
        if (!first) to.number(tags::window_size, 100);
        if (first) write_options(to);
        if (!item.empty()) {
            to.open(tags::commands);
            to.open(tags::change);
            to.text(tags::server_id, item);
            to.open(tags::application_data);
            to.number(wbxml::email::read, ++toggles_ % 2);
            to.close();
            to.close();
            to.close();
        }
        to.close();
        to.close();
        to.close();
        const bool up = co_await post("Sync", std::move(body));
        if (!up) co_return false;
        if (body_.empty()) more_ = false;  // nothing is new
        if (!body_.empty()) take_changes();
        note(first ? "PRIME" : item.empty() ? "SYNC" : "FLAG", due);
        more_ = first || more_;
        co_return true;
    }

    void take_changes() {
        namespace tags = wbxml::airsync;
        const wbxml::Document answer(body_);
        const wbxml::Element one = answer.root().child(tags::collections).child(tags::collection);
        status_ = one.child(tags::status).text();
        ok_ = ok_ && status_ == "1";
        if (!ok_) return;
        key_ = one.child(tags::sync_key).text();
        more_ = static_cast<bool>(one.child(tags::more_available));
        const std::string_view item =
            one.child(tags::commands).child(tags::add).child(tags::server_id).text();
        if (!item.empty()) item_ = item;
    }

    static void write_options(wbxml::Encoder& to) {
        namespace tags = wbxml::airsyncbase;
        to.open(wbxml::airsync::options);
        to.open(tags::body_preference);
        to.number(tags::type, 1);
        to.number(tags::truncation_size, 32'768);
        to.close();
        to.close();
    }

    awaitable<bool> estimate(Clock::time_point due) {
        namespace tags = wbxml::getitemestimate;
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::get_item_estimate);
        to.open(tags::collections);
        to.open(tags::collection);
        to.text(wbxml::airsync::sync_key, key_);
        to.text(tags::collection_id, inbox_);
        to.close();
        to.close();
        to.close();
        const bool up = co_await post("GetItemEstimate", std::move(body));
        if (up) note("ESTIMATE", due);
        co_return up;
    }

    awaitable<bool> fetch(Clock::time_point due) {
        namespace tags = wbxml::itemoperations;
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::item_operations);
        to.open(tags::fetch);
        to.text(tags::store, "Mailbox");
        to.text(wbxml::airsync::collection_id, inbox_);
        to.text(wbxml::airsync::server_id, item_);
        to.close();
        to.close();
        const bool up = co_await post("ItemOperations", std::move(body));
        if (up) note("FETCH", due);
        co_return up;
    }

    awaitable<bool> send_mail(Clock::time_point due) {
        namespace tags = wbxml::composemail;
        const std::string name = run_->options.user(user_);
        const std::string& text = run_->messages[random_() % run_->messages.size()];
        const std::size_t rest = text.find("Subject:");  // its own From and To are another's
        std::string body;
        wbxml::Encoder to(body);
        to.open(tags::send_mail);
        to.text(tags::client_id, fmt::format("{}-{}", number_, ++sent_));
        to.opaque(tags::mime, fmt::format("From: {0}\r\nTo: {0}\r\n", name) +
                                  text.substr(rest == std::string::npos ? 0 : rest));
        to.close();
        const bool up = co_await post("SendMail", std::move(body));
        if (!up) co_return false;
        if (!body_.empty()) {
            ok_ = false;
            status_ = wbxml::Document(body_).root().child(tags::status).text();
        }
        note("SENDMAIL", due);
        co_return true;
    }

    RunPtr run_;
    std::uint32_t number_, user_;
    Wire wire_;
    std::mt19937_64 random_;
    std::string head_;  ///< of each request, behind the command
    std::string body_, status_;
    std::string folder_key_ = "0", key_ = "0", inbox_, item_;
    std::uint64_t toggles_ = 0, sent_ = 0;
    bool ok_ = false, more_ = false, closing_ = false;
};

awaitable<void> wait_for_mail(RunPtr run, EasClient* client, bool measured) {
    bool up = true;
    while (up && !run->stopping) {
        bool told = false;
        up = co_await client->ping(&told);
        if (!up || !told) break;
        if (measured) note_push(run, client->user(), true);
        up = co_await client->step("SYNC", Clock::now());
    }
}

}  // namespace

awaitable<void> eas_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context) {
    EasClient client(run, number, context);
    bool up = co_await client.begin();
    if (!up) {
        run->statistics.error("CONNECT", "no connection, login or first Sync");
        co_return;
    }
    ++run->ready;
    if (waits_for_push(run->options)) {
        co_await wait_for_mail(run, &client, number < run->options.users);
        co_return;
    }
    const Mix mix(run->options.mix.empty() ? "FOLDERSYNC=1,SYNC=5,FLAG=3,FETCH=2,SENDMAIL=1"
                                           : run->options.mix);
    Schedule schedule(*run, number);
    std::mt19937_64 random(run->options.seed * 77 + number);
    while (up && !run->over() && !mix.empty()) {
        const Clock::time_point due = co_await schedule.next();
        std::string what = mix.pick(random);
        up = co_await client.step(std::move(what), due);
    }
    if (!up && !run->over()) run->statistics.error("CONNECT", "the server closed the connection");
    client.done();
}

}  // namespace mailbench

#include "cli/transfer.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/mailbox_files.hpp"
#include "cli/output.hpp"

namespace cli {
namespace {

constexpr std::size_t under_way_max = 16;  // messages sent whose answers are awaited: hides the sync of each

struct Counts {
    std::uint64_t messages = 0, octets = 0, refused = 0;
};

/// Counts per folder; a line that is rewritten on a terminal while the work goes on.
class Progress {
public:
    Progress(const char* verb, bool quiet) : verb_(verb), quiet_(quiet || isatty(STDERR_FILENO) == 0) {}

    void add(const std::string& folder, std::uint64_t octets) {
        Counts& counts = folders_[folder];
        ++counts.messages;
        counts.octets += octets;
        ++messages_;
        octets_ += octets;
        show(false);
    }
    void refuse(const std::string& folder) { ++folders_[folder].refused; }

    void finish() { show(true); }
    const std::map<std::string, Counts>& folders() const { return folders_; }
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    std::uint64_t messages() const { return messages_; }
    std::uint64_t octets() const { return octets_; }

private:
    void show(bool last) {
        const auto now = std::chrono::steady_clock::now();
        if (quiet_ || (!last && now - shown_ < std::chrono::milliseconds(100))) return;
        shown_ = now;
        fmt::print(stderr, "\r{} {} messages, {}, {:.0f}/s   {}", verb_, messages_, human_bytes(octets_),
                   static_cast<double>(messages_) / std::max(0.001, seconds()), last ? "\n" : "");
        std::fflush(stderr);
    }

    const char* verb_;
    bool quiet_;
    std::map<std::string, Counts> folders_;
    std::uint64_t messages_ = 0, octets_ = 0;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point shown_;
};

void print_counts(const Progress& progress, bool json) {
    if (json) {
        Json folders = Json::object();
        for (const auto& [name, counts] : progress.folders())
            folders[name] = {
                {"messages", counts.messages}, {"octets", counts.octets}, {"refused", counts.refused}};
        const Json out = {{"messages", progress.messages()},
                          {"octets", progress.octets()},
                          {"seconds", progress.seconds()},
                          {"folders", std::move(folders)}};
        fmt::print("{}\n", out.dump());
        return;
    }
    Table table({"folder", "messages", "size", "refused"});
    for (const auto& [name, counts] : progress.folders())
        table.add({name, std::to_string(counts.messages), human_bytes(counts.octets),
                   std::to_string(counts.refused)});
    table.print();
    fmt::print("{} messages, {} in {:.1f} s\n", progress.messages(), human_bytes(progress.octets()),
               progress.seconds());
}

/// Sends messages to the server, several under way, and takes the answers in order.
class Importer {
public:
    Importer(AdminClient client, std::string address, bool quiet)
        : client_(std::move(client)), address_(std::move(address)), progress_("imported", quiet) {}

    Result<void> take(MailFile mail) {
        while (waiting_.size() >= under_way_max) {
            auto answered = take_answer();
            if (!answered) return answered;
        }
        Json arguments = {{"address", address_}, {"folder", mail.folder}, {"flags", mail.flags}};
        if (mail.date) arguments["date"] = *mail.date;
        waiting_.emplace_back(mail.folder, mail.octets.size());
        return client_.send("message.import", std::move(arguments), mail.octets);
    }

    Result<void> finish() {
        while (!waiting_.empty()) {
            auto answered = take_answer();
            if (!answered) return answered;
        }
        progress_.finish();
        return {};
    }

    const Progress& progress() const { return progress_; }
    bool refused_any() const { return refused_any_; }

private:
    Result<void> take_answer() {
        const auto [folder, octets] = waiting_.front();
        waiting_.pop_front();
        auto answer = client_.receive();
        if (answer) {
            progress_.add(folder, octets);
            return {};
        }
        // One message refused (too big, over quota) must not end the import of the others, but a gone server
        // does.
        fmt::print(stderr, "\nbarid: {}: {}\n", folder, answer.error().message);
        refused_any_ = true;
        progress_.refuse(folder);
        if (answer.error().message == "the server closed the admin socket") return answer.error();
        return {};
    }

    AdminClient client_;
    std::string address_;
    Progress progress_;
    std::deque<std::pair<std::string, std::uint64_t>> waiting_;
    bool refused_any_ = false;
};

int fail(const Failure& failure) {
    fmt::print(stderr, "barid: {}\n", failure.message);
    return failure.exit_code;
}

}  // namespace

int run_import(AdminClient client, const TransferOptions& options) {
    auto account = client.call("account.show", Json{{"address", options.address}});
    if (!account) return fail(account.error());
    Importer importer(std::move(client), options.address, options.quiet || options.json);
    const OnMail take = [&](MailFile mail) { return importer.take(std::move(mail)); };
    const std::filesystem::path path(options.path);
    auto read = options.format == "maildir" ? read_maildir(path, options.folder, take)
                : options.format == "mbox"  ? read_mbox(path, options.folder, take)
                                            : read_eml(path, options.folder, take);
    auto finished = importer.finish();
    print_counts(importer.progress(), options.json);
    if (!read) return fail(read.error());
    if (!finished) return fail(finished.error());
    return importer.refused_any() ? 1 : 0;
}

int run_export(AdminClient client, const TransferOptions& options) {
    auto writer = make_mail_writer(options.format, options.path);
    if (!writer) return fail(writer.error());
    Progress progress("exported", options.quiet || options.json);
    const auto take = [&](const Json& event, std::string octets) -> Result<void> {
        MailFile mail;
        mail.folder = event.value("folder", "INBOX");
        mail.flags = event.value("flags", std::vector<std::string>{});
        mail.date = event.value("date", std::int64_t{0});
        mail.octets = std::move(octets);
        progress.add(mail.folder, mail.octets.size());
        return (*writer)->write(mail, event.value("uid", std::uint32_t{0}));
    };
    Json arguments = {{"address", options.address}};
    if (!options.folder.empty()) arguments["folder"] = options.folder;
    auto done = client.call("account.export", std::move(arguments), take);
    progress.finish();
    if (!done) return fail(done.error());
    print_counts(progress, options.json);
    return 0;
}

}  // namespace cli

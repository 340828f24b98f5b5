#include "eas/post.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/syntax/status.hpp"
#include "mime/header.hpp"

namespace eas {
namespace {

int status_for(Submitted submitted) {
    switch (submitted) {
        case Submitted::sent:
            return status::ok;
        case Submitted::full:
            return status::mailbox_full;
        case Submitted::failed:
            return status::server_error_retry;
        case Submitted::limited:
            return status::sending_quota;
        default:
            return status::submission_failed;
    }
}

}  // namespace

bool may_leave_later(int status) {
    return status == status::server_error_retry || status == status::mailbox_full ||
           status == status::sending_quota;
}

Post::Post(const Services& services, store::AccountPtr account, std::string user, net::PeerInfo peer)
    : services_(services), account_(std::move(account)), user_(std::move(user)), peer_(std::move(peer)) {}

awaitable<int> Post::submit(std::string message, bool save_in_sent, bool is_answer, Submitted* said) {
    const auto mailbox = co_await services_.directory.mailbox(account_->id());
    if (!mailbox) co_return status::server_error_retry;
    const OutgoingFacts facts = read_outgoing(message, recipients_max);
    if (facts.recipients.empty() || facts.too_many) co_return status::no_recipients;
    const std::string primary = mailbox->addresses.empty() ? user_ : mailbox->addresses.front();
    std::string sender = primary;
    for (const std::string& author : facts.authors) {
        const auto owned = co_await services_.directory.owns(account_->id(), author);
        if (!owned) co_return status::server_error_retry;
        if (!*owned) {
            base::log::info("eas", "refused: the sender is not the user's",
                            {{"user", user_}, {"from", author}});
            co_return status::submission_failed;
        }
        sender = author;
    }
    MissingFields missing;
    missing.from = "<" + primary + ">";
    missing.date = rfc5322_date(now());
    const std::string name =
        named_after_
            ? fmt::format("{:x}.{:016x}", account_->id().value, *named_after_)
            : fmt::format("{:x}.{}", base::unix_milliseconds(services_.clock.now()), services_.random.hex(8));
    missing.message_id = fmt::format("<{}@{}>", name, services_.hostname);
    Submission submission;
    submission.account = account_->id();
    submission.sender = std::move(sender);
    submission.recipients = facts.recipients;
    submission.message = complete_message(message, missing, false);
    const std::string_view header =
        std::string_view(submission.message).substr(0, submission.message.find("\r\n\r\n"));
    submission.utf8 =
        !std::ranges::all_of(header, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    submission.message_id = field_of(header, "Message-ID");
    submission.user = user_;
    submission.is_answer = is_answer;
    submission.listener = peer_.listener;
    submission.peer = peer_.address;
    submission.tls = peer_.tls;
    submission.tls_version = peer_.tls_version;
    submission.tls_cipher = peer_.tls_cipher;
    const Submitted submitted = co_await services_.outgoing.submit(std::move(submission));
    if (said != nullptr) *said = submitted;
    if (submitted != Submitted::sent) co_return status_for(submitted);
    if (save_in_sent) {
        std::string copy = complete_message(message, missing, true);
        const bool kept = co_await append_to(store::SpecialUse::sent, std::move(copy), true);
        if (!kept) base::log::warn("eas", "sent, but no copy was kept", {{"user", user_}});
    }
    co_return status::ok;
}

awaitable<bool> Post::append_to(store::SpecialUse use, std::string message, bool read) {
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find(use);
    if (info == nullptr) co_return false;
    auto folder = co_await account_->open(info->id);
    if (!folder) co_return false;
    const auto writer = services_.store.new_message();
    const auto written = co_await writer->write(message);
    if (!written) co_return false;
    auto content = co_await writer->finish();
    if (!content) co_return false;
    std::vector<store::Incoming> incoming(1);
    incoming.front().content = std::move(*content);
    if (read) incoming.front().flags.system = store::FlagSet(store::SystemFlag::seen);
    const auto appended = co_await (*folder)->append(std::move(incoming));
    co_return appended.has_value();
}

}  // namespace eas

// SendMail, SmartReply, SmartForward: MS-ASCMD sections 2.2.2.15, 2.2.2.18 and 2.2.2.19. What leaves goes the
// way that submission goes; who may write as whom is decided as there.
#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "base/log.hpp"
#include "eas/mail/addresses.hpp"
#include "eas/mail/message_text.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/session.hpp"
#include "eas/syntax/compose_request.hpp"
#include "eas/syntax/status.hpp"
#include "mime/header.hpp"

namespace eas {
namespace {

constexpr std::size_t recipients_max = 1'000;            // as submission has it
constexpr std::uint64_t original_bytes_max = 32U << 20;  // of attachments that are forwarded

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

std::string field_of(std::string_view header, std::string_view name) {
    mime::Field field;
    if (!mime::find_field(header, name, field)) return {};
    std::string value = mime::unfold(field.value);
    const std::size_t from = value.find_first_not_of(" \t");
    return from == std::string::npos ? std::string() : value.substr(from);
}

}  // namespace

/// Of 12.1 a failure is a status of HTTP. MS-ASCMD section 2.2.2.15.
Answer Session::sent_answer(int status) const {
    if (status == status::ok) return wbxml({});
    if (version_ >= 140) return wbxml(write_status(query_.command, status));
    return http(status == status::mailbox_full ? 507 : status == status::server_error_retry ? 503 : 500);
}

awaitable<Answer> Session::compose() {
    ComposeRequest request;
    if (document_) {
        request = parse_compose(root(), query_.command);
    } else {  // 12.1: the body is the message, and the query says the rest
        request.message = body_;
        request.save_in_sent = query_.save_in_sent;
        request.folder_id = query_.collection_id;
        request.item_id = query_.item_id;
        request.long_id = query_.long_id;
    }
    if (request.status != status::ok) co_return common(request.status);
    const std::uint64_t mark = base::fingerprint(request.client_id);
    std::vector<std::uint64_t>& sent = rows_.device.sent;
    if (!request.client_id.empty() && std::ranges::find(sent, mark) != sent.end())
        co_return sent_answer(status::already_sent);
    if (request.message.size() > limits().message_bytes_max) co_return sent_answer(status::sending_quota);
    std::string message(request.message);
    std::optional<ItemId> about;
    if (query_.command != Command::send_mail) {
        about = parse_item_id(request.long_id.empty() ? request.item_id : request.long_id);
        if (!about) co_return sent_answer(status::item_not_found);
        if (!request.replace) {
            auto original = co_await read_original(*about, query_.command == Command::smart_forward);
            if (!original && original.error().is(store::Errc::not_found))
                co_return sent_answer(status::item_not_found);
            if (!original) co_return sent_answer(status::reply_failed);
            message = with_original(message, *original);
        }
    }
    const int status = co_await submit(std::move(message), request.save_in_sent);
    if (status != status::ok) co_return sent_answer(status);
    if (!request.client_id.empty()) {
        sent.push_back(mark);
        if (sent.size() > sent_kept_max) sent.erase(sent.begin());
        changes_.device = true;
    }
    if (about) co_await mark_answered(*about);
    co_return sent_answer(status::ok);
}

/// A common status. Nothing is in Sent unless it has left.
awaitable<int> Session::submit(std::string message, bool save_in_sent) {
    const auto mailbox = co_await services_->directory.mailbox(identity_.account);
    if (!mailbox) co_return status::server_error_retry;
    const OutgoingFacts facts = read_outgoing(message, recipients_max);
    if (facts.recipients.empty() || facts.too_many) co_return status::no_recipients;
    const std::string primary = mailbox->addresses.empty() ? identity_.name : mailbox->addresses.front();
    std::string sender = primary;
    for (const std::string& author : facts.authors) {
        const auto owned = co_await services_->directory.owns(identity_.account, author);
        if (!owned) co_return status::server_error_retry;
        if (!*owned) {
            base::log::info("eas", "refused: the sender is not the user's",
                            {{"user", identity_.name}, {"from", author}});
            co_return status::submission_failed;
        }
        sender = author;
    }
    MissingFields missing;
    missing.from = "<" + primary + ">";
    missing.date = rfc5322_date(now());
    missing.message_id = fmt::format("<{:x}.{}@{}>", base::unix_milliseconds(services_->clock.now()),
                                     services_->random.hex(8), services_->hostname);
    const net::PeerInfo& peer = exchange_.peer();
    Submission submission;
    submission.account = identity_.account;
    submission.sender = std::move(sender);
    submission.recipients = facts.recipients;
    submission.message = complete_message(message, missing, false);
    const std::string_view header =
        std::string_view(submission.message).substr(0, submission.message.find("\r\n\r\n"));
    submission.utf8 =
        !std::ranges::all_of(header, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    submission.message_id = field_of(header, "Message-ID");
    submission.user = identity_.name;
    submission.listener = peer.listener;
    submission.peer = peer.address;
    submission.tls = peer.tls;
    submission.tls_version = peer.tls_version;
    submission.tls_cipher = peer.tls_cipher;
    const Submitted submitted = co_await services_->outgoing.submit(std::move(submission));
    if (submitted != Submitted::sent) co_return status_for(submitted);
    if (save_in_sent) {
        std::string copy = complete_message(message, missing, true);
        const bool kept = co_await append_to(store::SpecialUse::sent, std::move(copy), true);
        if (!kept) base::log::warn("eas", "sent, but no copy was kept", {{"user", identity_.name}});
    }
    co_return status::ok;
}

/// `read`: the user knows it, since he wrote it.
awaitable<bool> Session::append_to(store::SpecialUse use, std::string message, bool read) {
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find(use);
    if (info == nullptr) co_return false;
    auto folder = co_await account_->open(info->id);
    if (!folder) co_return false;
    const auto writer = services_->store.new_message();
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

/// \errors not_found
awaitable<store::Result<Original>> Session::read_original(ItemId id, bool with_parts) {
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return folder.error();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(id.uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such item");
    std::vector<store::Entry> entries{*entry};
    const auto details = co_await (*folder)->details(std::move(entries));
    if (!details) co_return details.error();
    if (details->empty() || !details->front()) co_return store::Error(store::Errc::not_found, "no such item");
    MessageOctets octets(*folder, details->front());
    const auto opened = co_await octets.open();
    if (!opened) co_return opened.error();
    const auto header = co_await octets.header();
    if (!header) co_return header.error();
    const HeaderTexts texts = read_header_texts(*header);
    Original out;
    out.from = texts.from;
    out.to = texts.to;
    out.cc = texts.cc;
    out.subject = texts.subject;
    out.sent = rfc5322_date(entry->internal_date);
    out.message_id = field_of(*header, "Message-ID");
    out.references = field_of(*header, "References");
    std::map<std::uint32_t, std::string> parts;
    for (const TextBlock& block : octets.layout().texts)
        for (const std::uint32_t part : {block.plain, block.html}) {
            if (part == mime::no_part) continue;
            auto text = co_await octets.part_octets(part, octets.limits().text_bytes_max);
            if (!text) co_return text.error();
            parts[part] = std::move(*text);
        }
    const auto find = [&parts](std::uint32_t part) { return std::string_view(parts[part]); };
    out.plain = text_as(BodyType::plain, octets.tree(), octets.layout(), find);
    if (octets.layout().has_html()) out.html = text_as(BodyType::html, octets.tree(), octets.layout(), find);
    std::uint64_t size = 0;
    for (const std::uint32_t part : octets.layout().attachments) {
        const mime::Part& of = octets.tree().parts[part];
        size += of.header_bytes + of.body_bytes;
        if (!with_parts || part == 0 || size > original_bytes_max) continue;
        auto head = co_await octets.part_header(part);
        if (!head) co_return head.error();
        auto body = co_await octets.part_octets(part, SIZE_MAX);
        if (!body) co_return body.error();
        out.parts.push_back(*head + *body);
    }
    co_return out;
}

/// \Answered or $Forwarded on what it was about.
awaitable<void> Session::mark_answered(ItemId id) {
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return;
    store::StoreRequest request;
    request.uids = {store::UidRange{id.uid, id.uid}};
    request.change = store::FlagChange::add;
    if (query_.command == Command::smart_forward) {
        request.flags.keywords.emplace_back("$Forwarded");
    } else {
        request.flags.system = store::FlagSet(store::SystemFlag::answered);
    }
    const auto done = co_await (*folder)->store(std::move(request));
    if (!done)
        base::log::warn("eas", "sent, but the original is not marked",
                        {{"user", identity_.name}, {"why", done.error().what()}});
}

}  // namespace eas

// SendMail, SmartReply, SmartForward: MS-ASCMD sections 2.2.2.15, 2.2.2.18 and 2.2.2.19. What leaves goes the
// way that submission goes; who may write as whom is decided as there.
#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "base/log.hpp"
#include "eas/mail/addresses.hpp"
#include "eas/mail/body_reader.hpp"
#include "eas/mail/conversation_index.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/session.hpp"
#include "eas/stored_item.hpp"
#include "eas/syntax/compose_request.hpp"
#include "eas/syntax/status.hpp"
#include "mime/header.hpp"

namespace eas {
/// Of 12.1 a failure is a status of HTTP. MS-ASCMD section 2.2.2.15.
Answer Session::sent_answer(int status) const {
    if (status == status::ok) return wbxml({});
    if (version_ >= 140) return wbxml(write_status(query_.command, status));
    return http(status == status::mailbox_full ? 507 : status == status::server_error_retry ? 503 : 500);
}

awaitable<Answer> Session::compose() {
    ComposeRequest request;
    if (document_) {
        request = parse_compose(root(), query_.command, version_);
    } else {  // 12.1: the body is the message, and the query says the rest
        request.message = body_;
        request.save_in_sent = query_.save_in_sent;
        request.folder_id = query_.collection_id;
        request.item_id = query_.item_id;
        request.long_id = query_.long_id;
        if (!query_.occurrence.empty()) request.instance_id = query_.occurrence;
    }
    if (request.status != status::ok) co_return common(request.status);
    const std::uint64_t mark = base::fingerprint(request.client_id);
    std::vector<std::uint64_t>& sent = rows_.device.sent;
    const std::uint64_t own_mark =
        base::fingerprint(fmt::format("{} {} {}", identity_.account.value, key_.device, request.client_id));
    if (!request.client_id.empty() &&
        (std::ranges::find(sent, mark) != sent.end() || services_->sent.contains(own_mark)))
        co_return sent_answer(status::already_sent);
    if (request.message.size() > limits().message_bytes_max) co_return sent_answer(status::sending_quota);
    std::string message(request.message);
    std::optional<ItemId> about;
    std::optional<PassedMeeting> passed;
    if (query_.command != Command::send_mail) {
        about = parse_item_id(request.long_id.empty() ? request.item_id : request.long_id);
        if (!about) co_return sent_answer(status::item_not_found);
        if (!request.replace) {
            Original original;
            const int found = co_await read_about(&request, *about, &original, &passed);
            if (found != status::ok) co_return sent_answer(found);
            if (request.passes_on) {
                message = co_await write_passed(&request, &original, &*passed);
            } else {
                message = with_original(message, original, services_->random);
            }
        }
    }
    Post post = this->post();
    // The request as it came is the same when it comes again. What only the device knows of it keeps others
    // from trying out who had a blind copy.
    if (!request.client_id.empty())
        post.name_after(base::fingerprint(
            request.message, base::fingerprint(request.client_id, base::fingerprint(key_.device))));
    const int status = co_await post.submit(std::move(message), request.save_in_sent || request.passes_on);
    if (status != status::ok) co_return sent_answer(status);
    if (!request.client_id.empty()) services_->sent.note(own_mark);
    if (passed) co_await note_asked(&*passed);
    if (passed) co_await tell_organizer(&*passed);
    if (!request.client_id.empty()) {
        sent.push_back(mark);
        if (sent.size() > sent_kept_max) sent.erase(sent.begin());
        changes_.device = true;
    }
    if (about) co_await mark_answered(*about);
    co_return sent_answer(status::ok);
}

Post Session::post() const { return {*services_, account_->own(), identity_.name, exchange_.peer()}; }

/// As parts of another message. \errors limit: they are larger than what is forwarded · unavailable: there is
/// no room for them now
awaitable<store::Result<std::vector<std::string>>> Session::read_parts(MessageOctets* message,
                                                                       std::vector<std::uint32_t> parts) {
    const std::uint64_t size = octets_of(message->tree(), parts);
    if (size > limits().forwarded_bytes_max)
        co_return store::Error(store::Errc::limit, "that is too large to be forwarded");
    if (!body_room_.take(static_cast<std::size_t>(size)))
        co_return store::Error(store::Errc::unavailable, "no room for what is forwarded now");
    std::vector<std::string> out;
    for (const std::uint32_t part : parts) {
        auto whole = co_await message->whole_part(part);
        if (!whole) co_return whole.error();
        out.push_back(std::move(*whole));
    }
    co_return out;
}

/// \errors not_found · those of read_parts()
awaitable<store::Result<Original>> Session::read_original(ItemId id, bool with_parts) {
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return folder.error();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(id.uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such item");
    const store::Entry found = *entry;
    auto detail = co_await read_detail(*folder, found);
    if (!detail) co_return detail.error();
    MessageOctets octets(*folder, std::move(*detail));
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
    out.sent = rfc5322_date(found.internal_date);
    out.message_id = field_of(*header, "Message-ID");
    out.references = field_of(*header, "References");
    out.thread_index = thread_index_of_answer(index_of(found, *header), found.thread, now(), found.uid.value);
    const TextRoom room{quoted_bytes_max, quoted_bytes_max};
    auto plain = co_await read_text_as(&octets, BodyType::plain, room);
    if (!plain) co_return plain.error();
    store::Result<GatheredText> html = GatheredText();
    if (octets.layout().has_html()) html = co_await read_text_as(&octets, BodyType::html, room);
    if (!html) co_return html.error();
    out.text_apart = plain->cut || html->cut;
    std::vector<std::uint32_t> parts;
    if (out.text_apart) {
        for (const TextBlock& block : octets.layout().texts) parts.push_back(part_for(block, BodyType::html));
    } else {
        out.plain = std::move(plain->text);
        out.html = std::move(html->text);
    }
    if (with_parts) {
        const std::vector<std::uint32_t>& files = octets.layout().attachments;
        parts.insert(parts.end(), files.begin(), files.end());
    }
    auto read = co_await read_parts(&octets, std::move(parts));
    if (!read) co_return read.error();
    out.parts = std::move(*read);
    co_return out;
}

/// \Answered or $Forwarded on the mail that it was about, where that may be changed.
awaitable<void> Session::mark_answered(ItemId id) {
    if (is_item_folder(id.folder)) co_return;
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
    if (!done && !done.error().is(store::Errc::denied))
        base::log::warn("eas", "sent, but the original is not marked",
                        {{"user", identity_.name}, {"why", done.error().what()}});
}

}  // namespace eas

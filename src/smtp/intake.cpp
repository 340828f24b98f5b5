#include "smtp/intake.hpp"

#include "base/log.hpp"
#include "mailauth/auth_results.hpp"

namespace smtp {
namespace {

// Pieces under the first are gathered up to about the second; larger ones go to the writer as they are.
constexpr std::size_t piece_small_bytes = 4U << 10;
constexpr std::size_t gathered_bytes_max = 32U << 10;

}  // namespace

MessageIntake::MessageIntake(store::Store& store, IntakeRules rules, IntakeWatcher* watcher)
    : rules_(std::move(rules)),
      watcher_(watcher),
      writer_(store.new_message()),
      buffer_(rules_.header_bytes_max) {}

void MessageIntake::refuse(const Reply& reply) {
    if (refusal_) return;
    refusal_ = reply;
    writer_.reset();
    gathered_ = std::string();
}

awaitable<void> MessageIntake::write(std::string_view text) {
    size_ += text.size();
    if (refusal_) co_return;
    if (size_ > rules_.message_bytes_max) {
        refuse(replies::too_big);
        co_return;
    }
    if (!header_done_) {
        const HeaderBuffer::Status status = buffer_.take(text);
        if (status == HeaderBuffer::Status::too_big) refuse(replies::header_too_big);
        if (status != HeaderBuffer::Status::whole) co_return;
        co_await end_header();
        if (refusal_) co_return;
    }
    if (watcher_ != nullptr && !text.empty()) co_await watcher_->body(text);
    if (gathered_.empty() && text.size() >= piece_small_bytes) {
        co_await pass(text);
        co_return;
    }
    gathered_.append(text);
    if (gathered_.size() >= gathered_bytes_max) co_await pass_gathered();
}

awaitable<void> MessageIntake::end_header() {
    header_done_ = true;
    std::string_view section = buffer_.octets();
    if (!rules_.own_ids.empty()) {
        cleaned_ = mailauth::without_forged_results(section, rules_.own_ids);
        section = cleaned_;
    }
    facts_ = read_header(section, rules_.header);
    if (facts_.received_fields > rules_.received_fields_max) {
        refuse(replies::mail_loop);
        co_return;
    }
    if (rules_.one_from_field &&
        (facts_.from_fields > 1 || (facts_.from_fields == 1 && addresses_in(facts_.from).empty()))) {
        refuse(replies::bad_from_field);
        co_return;
    }
    if (watcher_ != nullptr) co_await watcher_->header(buffer_.octets(), &facts_);
    for (const std::string_view run : facts_.kept) gathered_.append(run);
}

awaitable<void> MessageIntake::pass(std::string_view text) {
    if (hash_) hash_->add(text);
    const auto written = co_await writer_->write(text);
    if (!written) refuse(reply_for(written.error()));
}

awaitable<void> MessageIntake::pass_gathered() {
    if (gathered_.empty()) co_return;
    co_await pass(gathered_);
    gathered_.clear();
}

awaitable<void> MessageIntake::finish() {
    if (!refusal_ && !header_done_) co_await end_header();  // a message may end without an empty line
    if (!refusal_) co_await pass_gathered();
    if (refusal_) co_return;
    auto content = co_await writer_->finish();
    if (!content) {
        refuse(reply_for(content.error()));
        co_return;
    }
    content_ = std::move(*content);
    if (hash_) fingerprint_ = hash_->finish();
}

Reply reply_for(const store::Error& error) {
    switch (error.code()) {
        case store::Errc::no_space:
            return replies::disk_full;
        case store::Errc::over_quota:
            return replies::over_quota;
        case store::Errc::limit:
            return replies::too_big;
        default:  // the client is not told more; whoever runs the server must be
            base::log::warn("smtp", "the store does not take a message", {{"why", error.what()}});
            return replies::unavailable;
    }
}

}  // namespace smtp

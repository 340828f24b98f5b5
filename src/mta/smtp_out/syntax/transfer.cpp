#include "mta/smtp_out/syntax/transfer.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace mta::smtp_out {
namespace {

/// RFC 2852 section 4.1: what must not be late comes back where nobody watches the clock.
std::optional<Failure> late(const DeliverBy& by, const MailOptions& mail, const Extensions& extensions) {
    if (by.notify_only) return std::nullopt;
    const auto left = std::chrono::floor<std::chrono::seconds>(by.deadline - mail.now).count();
    if (left <= 0) return Failure::ours("mail", {5, 4, 7}, "the time to deliver it by has passed");
    if (!extensions.deliver_by)
        return Failure::ours("mail", {5, 3, 3}, "the next host cannot deliver by a given time");
    if (left < static_cast<std::int64_t>(extensions.deliver_by_min))
        return Failure::ours("mail", {5, 4, 7}, "the next host cannot deliver it in the time that is left");
    return std::nullopt;
}

}  // namespace

std::optional<Failure> unmet_demand(const Envelope& envelope, const MailOptions& mail, bool tls_trusted,
                                    const Extensions& extensions) {
    if (extensions.size && extensions.size_max != 0 && mail.size > extensions.size_max) {
        return Failure::ours(
            "mail", {5, 3, 4},
            fmt::format("the message is larger than the host takes ({} octets)", extensions.size_max));
    }
    // RFC 8689 section 4.2.1; not for reports, whose reverse path is empty.
    if (envelope.require_tls && !envelope.sender.empty()) {
        if (!tls_trusted)
            return Failure::ours("mail", {5, 7, 10},
                                 "the message requires TLS to a host that proves its name");
        if (!extensions.require_tls)
            return Failure::ours("mail", {5, 7, 30},
                                 "the message requires TLS all the way, the host does not offer it");
    }
    if (mail.smtputf8 && !extensions.smtputf8)
        return Failure::ours("mail", {5, 6, 7}, "the host does not take internationalised mail");
    if (mail.body == Body::binary && !(extensions.binary && extensions.chunking))
        return Failure::ours("mail", {5, 6, 3}, "the host does not take binary mail");
    if (envelope.hold_until && *envelope.hold_until > mail.now) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(*envelope.hold_until - mail.now).count();
        if (!extensions.future_release ||
            (extensions.hold_max != 0 && static_cast<std::uint64_t>(left) > extensions.hold_max))
            return Failure::ours("mail", {4, 7, 0}, "the message is not to be delivered yet");
    }
    if (envelope.deliver_by) return late(*envelope.deliver_by, mail, extensions);
    return std::nullopt;
}

Transfer::Transfer(const Extensions& extensions, std::shared_ptr<const Envelope> envelope,
                   std::span<const Recipient* const> recipients, TransferSettings settings)
    : extensions_(extensions),
      envelope_(std::move(envelope)),
      recipients_(recipients),
      settings_(settings),
      outcomes_(recipients.size()) {
    choose_recipients();
}

std::string_view Transfer::stage() const {
    if (expected_.empty()) return sent_ ? "end of data" : "data";
    switch (expected_.front().what) {
        case What::mail:
            return "mail";
        case What::rcpt:
            return "rcpt";
        case What::data:
        case What::chunk:
            return sent_ ? "end of data" : "data";
        case What::final:
            return "end of data";
        case What::rset:
            break;
    }
    return "rset";
}

/// RFC 9422 section 4: what the server says that it takes.
void Transfer::choose_recipients() {
    std::size_t most = settings_.recipients_max;
    if (extensions_.rcpt_max != 0) most = std::min<std::size_t>(most, extensions_.rcpt_max);
    std::set<std::string> domains;
    for (std::size_t i = 0; i < recipients_.size() && chosen_.size() < most; ++i) {
        const std::string& address = recipients_[i]->address;
        if (!safe_address(address)) {
            answer(i, Failure::ours("rcpt", {5, 1, 3}, "not an address that can be sent"));
            continue;
        }
        if (!extensions_.smtputf8 && !base::is_ascii(address)) {
            answer(i, Failure::ours("rcpt", {5, 6, 7}, "the host does not take internationalised addresses"));
            continue;
        }
        if (extensions_.rcpt_domain_max != 0) {
            const std::string domain = base::lowered(base::domain_of(address));
            if (!domains.contains(domain) && domains.size() >= extensions_.rcpt_domain_max) continue;
            domains.insert(domain);
        }
        chosen_.push_back(i);
    }
}

void Transfer::start(std::string& out) {
    const bool sender_fits = extensions_.smtputf8 || base::is_ascii(envelope_->sender);
    if (!safe_address(envelope_->sender) || !sender_fits) {
        refusal_ = Failure::ours("mail", sender_fits ? Status{5, 1, 7} : Status{5, 6, 7},
                                 "the sender's address cannot be sent");
        answer_rest(*refusal_);
        chosen_.clear();
    }
    if (chosen_.empty()) {
        step_ = Step::done;
        return;
    }
    write_more(out);
}

/// As much as may be under way: without PIPELINING one command at a time.
void Transfer::write_more(std::string& out) {
    const std::size_t most = extensions_.pipelining ? TransferSettings::pipelined_max : 1;
    while (expected_.size() < most && !mail_refused_) {
        if (!mail_written_) {
            write_mail(out, *envelope_, settings_.mail, extensions_);
            expected_.push_back({What::mail, 0});
            mail_written_ = true;
        } else if (written_ < chosen_.size()) {
            write_rcpt(out, *recipients_[chosen_[written_]], extensions_);
            expected_.push_back({What::rcpt, chosen_[written_]});
            ++written_;
        } else if (!settings_.chunks && !data_written_) {
            // RFC 2920 section 3.1: DATA may end a group, also when not yet a recipient is accepted.
            if (expected_.empty() && accepted_.empty()) return;
            out += "DATA\r\n";
            expected_.push_back({What::data, 0});
            data_written_ = true;
        } else {
            return;
        }
    }
}

void Transfer::take(const Reply& reply, std::string& out) {
    if (expected_.empty()) return broken(Failure::ours(stage(), {4, 5, 0}, "an answer to nothing"));
    // RFC 5321 section 3.8: the server closes, whatever was asked.
    if (reply.code == 421) return broken(Failure::of(stage(), reply));
    const Expected due = expected_.front();
    expected_.pop_front();
    switch (due.what) {
        case What::mail:
            take_mail(reply);
            break;
        case What::rcpt:
            take_rcpt(reply, due.recipient);
            break;
        case What::data:
            return take_data(reply, out);
        case What::final:
            return take_final(reply);
        case What::chunk:
            return take_chunk(reply, out);
        case What::rset:
            if (!reply.positive()) unusable_ = true;
            step_ = Step::done;
            return;
    }
    if (unusable_) {
        step_ = Step::done;
        return;
    }
    write_more(out);
    if (!expected_.empty()) return;
    // All of the envelope was answered, and DATA was not sent, or goes by chunks.
    if (settings_.chunks && !accepted_.empty() && !mail_refused_) {
        step_ = Step::chunk;
    } else {
        end_or_reset(out);
    }
}

void Transfer::take_mail(const Reply& reply) {
    if (reply.positive()) return;
    mail_refused_ = true;
    const Failure why = Failure::of("mail", reply);
    if (!reply.temporary() && !reply.permanent()) unusable_ = true;
    refusal_ = why;
    answer_rest(why);
}

/// RFC 5321 section 4.5.3.1.10: 452, and 552 of old servers, mean that no more recipients fit into this
/// transaction.
bool Transfer::too_many(const Reply& reply) const {
    if (accepted_.empty() || (reply.code != 452 && reply.code != 552)) return false;
    return !reply.status || (reply.status.subject == 5 && reply.status.detail == 3);
}

void Transfer::take_rcpt(const Reply& reply, std::size_t recipient) {
    if (mail_refused_) return;
    if (reply.positive()) {
        accepted_.push_back(recipient);
    } else if (!too_many(reply)) {
        if (!reply.temporary() && !reply.permanent()) unusable_ = true;
        answer(recipient, Failure::of("rcpt", reply));
    }
    if (unusable_) answer_rest(Failure::ours("rcpt", {4, 5, 0}, "the host does not keep to the protocol"));
}

void Transfer::take_data(const Reply& reply, std::string& out) {
    const bool nobody = accepted_.empty() || mail_refused_;
    if (reply.code == 354) {
        step_ = Step::body;
        // RFC 2920 section 3.1: all were refused, and still it asks: an empty message ends the state.
        only_dot_ = nobody;
        return;
    }
    if (reply.positive() || reply.intermediate()) {
        // What follows would be taken for commands.
        unusable_ = true;
        answer_rest(Failure::of("data", reply));
        step_ = Step::done;
        return;
    }
    if (!nobody) {
        const Failure why = Failure::of("data", reply);
        refusal_ = why;
        for (const std::size_t recipient : accepted_) answer(recipient, why);
    }
    end_or_reset(out);
}

void Transfer::body_sent() {
    sent_ = true;
    expected_.push_back({What::final, 0});
    step_ = Step::read;
}

void Transfer::take_final(const Reply& reply) {
    final_ = true;
    step_ = Step::done;
    if (only_dot_) return;
    if (!reply.positive()) {
        const Failure why = Failure::of("end of data", reply);
        if (reply.intermediate()) unusable_ = true;
        refusal_ = why;
        for (const std::size_t recipient : accepted_) answer(recipient, why);
        return;
    }
    Outcome outcome;
    outcome.fate = Fate::relayed;
    outcome.status = reply.status_or(0, 0);
    outcome.code = reply.code;
    outcome.words = reply.words();
    outcome.from_remote = true;
    outcome.dsn_passed_on = extensions_.dsn;
    for (const std::size_t recipient : accepted_) outcomes_[recipient] = outcome;
}

void Transfer::chunk(std::string& out, std::string_view octets, bool last) {
    out += fmt::format("BDAT {}{}\r\n", octets.size(), last ? " LAST" : "");
    out += octets;
    expected_.push_back({What::chunk, 0});
    if (last) {
        last_chunk_ = sent_ = true;
        step_ = Step::read;
    }
}

void Transfer::take_chunk(const Reply& reply, std::string& out) {
    const bool is_last = last_chunk_ && expected_.empty();
    if (!chunks_failed_ && is_last) return take_final(reply);
    if (reply.positive() && !chunks_failed_) return;
    if (!chunks_failed_) {
        chunks_failed_ = true;
        sent_ = false;
        const Failure why = Failure::of("data", reply);
        if (reply.intermediate()) unusable_ = true;
        refusal_ = why;
        for (const std::size_t recipient : accepted_) answer(recipient, why);
    }
    step_ = Step::read;  // no more chunks; those on their way are answered too
    if (expected_.empty()) end_or_reset(out);
}

/// RFC 5321 section 4.1.1.5: what was given of a transaction that came to nothing is taken back.
void Transfer::end_or_reset(std::string& out) {
    step_ = Step::done;
    if (unusable_) return;
    out += "RSET\r\n";
    expected_.push_back({What::rset, 0});
    step_ = Step::read;
}

void Transfer::answer(std::size_t recipient, const Failure& why) {
    if (outcomes_[recipient]) return;
    Outcome outcome;
    outcome.fate = why.fate;
    outcome.status = why.status;
    outcome.code = why.code;
    outcome.words = why.words;
    outcome.from_remote = why.from_remote;
    outcomes_[recipient] = std::move(outcome);
}

void Transfer::answer_rest(const Failure& why) {
    for (const std::size_t recipient : chosen_) answer(recipient, why);
}

void Transfer::broken(const Failure& why) {
    unusable_ = true;
    // Who was accepted before a RSET failed has an answer already.
    answer_rest(why);
    if (!refusal_) refusal_ = why;
    expected_.clear();
    step_ = Step::done;
}

}  // namespace mta::smtp_out

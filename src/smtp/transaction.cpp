#include "smtp/transaction.hpp"

#include <unordered_map>

namespace smtp {

std::optional<Reply> Transaction::refuse_mail() const {
    if (phase_ != Phase::idle) return replies::mail_given;
    return std::nullopt;
}

std::optional<Reply> Transaction::refuse_rcpt() const {
    if (phase_ == Phase::idle) return replies::mail_first;
    if (phase_ == Phase::chunks) return replies::in_chunks;
    if (phase_ == Phase::failed) return replies::chunk_refused;
    return std::nullopt;
}

std::optional<Reply> Transaction::refuse_bdat() const {
    if (phase_ == Phase::idle) return replies::mail_first;
    if (phase_ == Phase::failed) return replies::chunk_refused;
    if (envelope_.recipients.empty()) return replies::rcpt_first;
    return std::nullopt;
}

std::optional<Reply> Transaction::refuse_data() const {
    if (phase_ == Phase::chunks) return replies::in_chunks;  // RFC 3030 section 2: never both
    if (auto refusal = refuse_bdat()) return refusal;
    if (envelope_.parameters.body == Body::binary) return replies::binary_needs_bdat;
    return std::nullopt;
}

void Transaction::begin(const Path& from, MailParameters parameters) {
    phase_ = Phase::envelope;
    envelope_.sender = from.address();
    envelope_.parameters = std::move(parameters);
}

void Transaction::reset() {
    phase_ = Phase::idle;
    envelope_ = Envelope();
}

std::vector<Copy> plan_copies(const Envelope& envelope) {
    std::vector<Copy> copies;
    std::unordered_map<base::AccountId, std::size_t> place;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const auto [found, fresh] = place.try_emplace(envelope.recipients[i].account, copies.size());
        if (fresh) {
            Copy copy;
            copy.account = envelope.recipients[i].account;
            copies.push_back(std::move(copy));
        }
        copies[found->second].recipients.push_back(i);
    }
    return copies;
}

}  // namespace smtp

#include "mta/reports/report_reader.hpp"

#include "base/log.hpp"
#include "mta/post_office.hpp"
#include "mta/queue_message.hpp"
#include "mta/sender_proof.hpp"
#include "store/offload.hpp"

namespace mta::reports {

void ReportReader::stop() {
    thread_.stop();
    thread_.join();
}

awaitable<store::Result<std::string>> ReportReader::octets_of(std::shared_ptr<Message> message) {
    constexpr std::size_t piece_bytes = 256U << 10;
    std::string out;
    while (out.size() < message->size()) {
        auto piece = co_await message->read(out.size(), piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        out += *piece;
    }
    co_return out;
}

/// One of our domains, or below one: strangers' reports about others are nothing to us.
awaitable<bool> ReportReader::is_ours(std::string domain) {
    for (;;) {
        const auto ours = co_await directory_.is_local_domain(domain);
        if (ours && *ours) co_return true;
        const std::size_t dot = domain.find('.');
        if (dot == std::string::npos) co_return false;
        domain.erase(0, dot + 1);
    }
}

/// Whether the name that shares of room go by is the sender's own: anybody can write under any.
bool ReportReader::is_proven(const Job& job) const {
    const auto* queued = dynamic_cast<const QueueMessage*>(job.message.get());
    if (queued == nullptr) return false;
    const SenderProof proof = sender_proof(queued->prefix(), hostname_, job.envelope->sender);
    return proof == SenderProof::proven || proof == SenderProof::unchecked;
}

awaitable<Outcome> ReportReader::take(Job job) {
    Outcome out;
    out.fate = Fate::delivered;
    out.status = {2, 1, 5};
    if (job.message->size() > reports_.limits().message_bytes_max) {
        out.words = "Not read: larger than a report may be";
        co_return out;
    }
    auto octets = co_await octets_of(job.message);
    if (!octets) {
        out = outcome_of(octets.error());
        out.fate = Fate::deferred;
        out.status = {4, 3, 0};
        co_return out;
    }
    // The agent's wish to stop: an attempt under way is not waited for longer than that takes.
    auto work = [text = std::move(*octets), limits = reports_.limits(), stop = job.stop] {
        return find_reports(text, limits, stop);
    };
    FoundReports found = co_await store::offload(thread_, std::move(work));
    if (found.cut) {
        if (!job.stop.stop_requested())
            base::log::error("mta", "reports in a mail are not read", {{"why", "no memory"}});
        out.fate = Fate::deferred;
        out.status = job.stop.stop_requested() ? Status{4, 3, 2} : Status{4, 3, 0};
        out.words = "Not read now";
        co_return out;
    }
    const bool proven = is_proven(job);
    std::size_t kept = 0, known = 0;
    for (ReceivedReport& report : found.reports) {
        const bool ours = co_await is_ours(report.domain);
        if (!ours) {
            found.fault = "about " + report.domain + ", which is none of ours";
            continue;
        }
        report.reporter = job.envelope->sender;
        report.proven = proven;
        const auto added = co_await reports_.add(std::move(report));
        if (!added && added.error().is(store::Errc::limit)) {
            found.fault = "a report larger than can be kept";
            continue;
        }
        if (!added) {
            out = outcome_of(added.error());
            out.fate = Fate::deferred;
            out.status = {4, 3, 0};
            co_return out;
        }
        ++(*added ? kept : known);
    }
    out.words = std::to_string(kept) + " reports kept";
    if (known != 0) out.words += ", " + std::to_string(known) + " known before";
    if (!found.fault.empty()) out.words += "; not read: " + found.fault;
    co_return out;
}

awaitable<Attempt> ReportReader::deliver(Job job) {
    Attempt out;
    const std::size_t recipients = job.recipients.size();
    const Outcome outcome = co_await take(std::move(job));
    out.outcomes.assign(recipients, outcome);
    co_return out;
}

}  // namespace mta::reports

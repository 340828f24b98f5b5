#include "mta/post_office.hpp"

#include <map>
#include <set>

#include "mta/queue_message.hpp"

namespace mta {

Outcome outcome_of(const store::Error& error) {
    Outcome out;
    out.words = error.what();
    switch (error.code()) {
        case store::Errc::over_quota:
            out.fate = Fate::failed;
            out.status = {5, 2, 2};
            out.words = "Mailbox is full";
            break;
        case store::Errc::not_found:
            out.fate = Fate::failed;
            out.status = {5, 1, 1};
            out.words = "No such mailbox here";
            break;
        case store::Errc::limit:
            out.fate = Fate::failed;
            out.status = {5, 3, 4};
            break;
        case store::Errc::no_space:
            out.status = {4, 3, 1};
            out.words = "Insufficient system storage";
            break;
        default:
            out.status = {4, 3, 0};
            break;
    }
    return out;
}

std::string delivery_fields(const std::string& sender, const std::vector<std::string>& names) {
    std::string out = "Return-Path: <" + sender + ">\r\n";
    std::set<std::string> seen;
    for (const std::string& name : names)
        if (seen.insert(name).second) out += "Delivered-To: " + name + "\r\n";
    return out;
}

std::shared_ptr<const NextHop> post_office_hop() {
    static const auto hop = [] {
        auto made = std::make_shared<NextHop>();
        made->kind = NextHop::Kind::post_office;
        return std::shared_ptr<const NextHop>(std::move(made));
    }();
    return hop;
}

/// A queued message's own blob, which the mailbox then shares; of any other a new one.
awaitable<store::Result<store::ContentPtr>> PostOffice::content_of(Job* job) {
    if (const auto* queued = dynamic_cast<const QueueMessage*>(job->message.get()))
        co_return co_await queue_.content(queued->blob());
    constexpr std::size_t piece_bytes = 256U << 10;
    const auto writer = store_.new_message();
    for (std::uint64_t at = 0; at < job->message->size();) {
        const auto piece = co_await job->message->read(at, piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        const auto written = co_await writer->write(*piece);
        if (!written) co_return written.error();
        at += piece->size();
    }
    co_return co_await writer->finish();
}

awaitable<Attempt> PostOffice::deliver(Job job) {
    Attempt out;
    out.outcomes.resize(job.recipients.size());
    const auto content = co_await content_of(&job);
    if (!content) {
        const Outcome failed = outcome_of(content.error());
        // A message that cannot be read is nobody's fault but ours: it stays.
        for (Outcome& outcome : out.outcomes) {
            outcome = failed;
            outcome.fate = Fate::deferred;
            if (outcome.status.klass != 4) outcome.status = {4, 3, 0};
        }
        co_return out;
    }
    std::map<base::AccountId, std::vector<std::size_t>> copies;
    for (std::size_t i = 0; i < job.recipients.size(); ++i) copies[job.recipients[i].account].push_back(i);
    const auto* queued = dynamic_cast<const QueueMessage*>(job.message.get());
    std::vector<store::Delivery> deliveries;
    for (const auto& [account, places] : copies) {
        std::vector<std::string> names;
        for (const std::size_t i : places) names.push_back(job.recipients[i].address);
        store::Delivery delivery;
        delivery.account = account;
        if (queued != nullptr && queued->junk()) delivery.folder = junk_folder;
        delivery.message = store::Incoming(*content);
        delivery.message.prefix = delivery_fields(job.envelope->sender, names);
        if (queued != nullptr) delivery.message.prefix += queued->prefix();
        deliveries.push_back(std::move(delivery));
    }
    const auto results = co_await store_.deliver(std::move(deliveries));
    std::vector<DeliveredMail::Copy> made;
    std::size_t n = 0;
    for (const auto& [account, places] : copies) {
        const auto& result = results[n++];
        for (const std::size_t i : places) {
            if (!result) {
                out.outcomes[i] = outcome_of(result.error());
                continue;
            }
            out.outcomes[i].fate = Fate::delivered;
            out.outcomes[i].status = {2, 1, 5};
            out.outcomes[i].words = "Delivered as " + text_of(store::QueueId(result->id.value));
        }
        if (result) made.push_back({account, result->folder, result->uid});
    }
    if (!made.empty()) co_await tell_watchers(std::move(made), &job);
    co_return out;
}

awaitable<void> PostOffice::tell_watchers(std::vector<DeliveredMail::Copy> copies, const Job* job) {
    const auto* queued = dynamic_cast<const QueueMessage*>(job->message.get());
    const auto told = std::make_shared<DeliveredMail>();
    told->copies = std::move(copies);
    told->sender = job->envelope->sender;
    told->trace_id = job->envelope->queue_id;
    if (queued != nullptr) {
        told->fields = queued->prefix();
        told->submitted = queued->submitted();
        told->junk = queued->junk();
    }
    for (DeliveryWatcher* watcher : watchers_) co_await watcher->delivered(told);
}

}  // namespace mta

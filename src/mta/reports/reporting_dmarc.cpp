// Reporting's DMARC side: what became of one domain's report, from its rows to its mail.
#include "base/log.hpp"
#include "base/version.hpp"
#include "mta/reports/reporting.hpp"

namespace mta::reports {

awaitable<std::vector<Destination>> Reporting::allowed(const DmarcDue* due, bool* unsure,
                                                       std::stop_token stop) {
    std::vector<Destination> out;
    const base::SystemTime began = parts_.clock.now();
    for (const std::string& uri : due->destinations) {
        auto destination = parse_destination(uri);
        if (!destination) continue;
        auto evaluation =
            mailauth::may_report_to(due->report.policy.domain, "mailto:" + destination->address);
        while (const mailauth::Query* query = evaluation.pending()) {
            if (stop.stop_requested() || parts_.clock.now() - began >= settings_.domain_time_max) {
                *unsure = true;
                co_return out;
            }
            mailauth::Answer answer = co_await parts_.dns.ask(*query);
            *unsure |= answer.failed();
            evaluation.answer(std::move(answer));
        }
        if (evaluation.take()) out.push_back(std::move(*destination));
    }
    co_return out;
}

awaitable<void> Reporting::send_dmarc_one(DmarcLedger::Place place, Pass* pass) {
    DmarcLedger::Place head = place;
    auto asked = co_await dmarc_.look(std::move(head));
    if (!asked) {
        // Who may have it is not known: neither a try nor its end.
        base::log::warn("mta", "a DMARC report cannot be looked at now", {{"why", asked.error().what()}});
        ++pass->sent.waiting;
        co_return;
    }
    if (!pass->asked && asked->tried && was_tried_lately(*asked->tried)) {
        ++pass->sent.waiting;
        co_return;
    }
    bool unsure = false;
    std::vector<Destination> to = co_await allowed(&*asked, &unsure, pass->stop);
    if (pass->stop.stop_requested()) co_return;
    const auto turn = co_await rows();
    co_await flush_if_time();
    auto due = co_await dmarc_.read(std::move(place));
    if (!due) {
        base::log::error("mta", "a DMARC report cannot be made", {{"why", due.error().what()}});
        ++pass->sent.waiting;
        co_return;
    }
    if (unsure && !is_enough(*due)) {
        co_await put_off(std::move(*due), pass);
        co_return;
    }
    const auto queued = co_await queue_dmarc(&*due, std::move(to));
    const mailauth::AggregateReport& report = due->report;
    if (!queued) {
        base::log::warn("mta", "a DMARC report is not sent",
                        {{"domain", report.policy.domain}, {"why", queued.error().what()}});
        co_await put_off(std::move(*due), pass);
        co_return;
    }
    ++(*queued != 0 ? pass->sent.dmarc : pass->sent.unwanted);
    base::log::info("mta", *queued != 0 ? "DMARC report sent" : "nobody may have the DMARC report",
                    {{"domain", report.policy.domain},
                     {"id", report.report_id},
                     {"records", std::to_string(report.records.size())}});
}

/// To how many it goes.
awaitable<store::Result<std::size_t>> Reporting::queue_dmarc(DmarcDue* due, std::vector<Destination> to) {
    mailauth::AggregateReport& report = due->report;
    report.organization = settings_.organization;
    report.email = settings_.contact;
    report.generator = "Barid " + std::string(base::version);
    report.report_id += "@" + settings_.host_name;
    const std::string packed = mailauth::gzip(mailauth::write_aggregate_report(report));
    std::vector<Agent::OwnMessage> mails;
    for (const Destination& one : to) {
        if (packed.size() > one.bytes_max) continue;
        Agent::OwnMessage mail;
        mail.sender = settings_.contact;
        mail.to = one.address;
        mail.text = aggregate_mail(report, packed, settings_.host_name, one.address, parts_.clock.now(),
                                   parts_.random);
        mails.push_back(std::move(mail));
    }
    std::vector<store::engine::Patch> along{dmarc_.done(*due)};
    co_return co_await parts_.agent.send_own_with(std::move(mails), std::move(along));
}

bool Reporting::is_enough(const DmarcDue& due) const {
    return due.tries >= settings_.tries_max || due.day + settings_.days_max < today();
}

/// Again later, unless that was often or long enough.
awaitable<void> Reporting::put_off(DmarcDue due, Pass* pass) {
    const std::string domain = due.report.policy.domain;
    store::Result<void> done;
    if (is_enough(due)) {
        ++pass->sent.unwanted;
        base::log::warn("mta", "a DMARC report is given up", {{"domain", domain}});
        store::engine::Prelude prelude;
        prelude.patches.push_back(dmarc_.done(due));
        done = co_await parts_.engine.apply(std::move(prelude));
    } else {
        ++pass->sent.waiting;
        done = co_await dmarc_.put_off(std::move(due));
    }
    if (!done)
        base::log::warn("mta", "DMARC counts cannot be kept now",
                        {{"domain", domain}, {"why", done.error().what()}});
}

}  // namespace mta::reports

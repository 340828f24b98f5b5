// ReportReader: the connector that mail for report addresses ends at: its reports are read and kept. Waiting,
// trying again after a restart and the trace are the queue's.
#pragma once
#include <boost/asio/thread_pool.hpp>

#include "directory/directory.hpp"
#include "mta/connector.hpp"
#include "mta/reports/received.hpp"

namespace mta::reports {

class ReportReader final : public Connector {
public:
    /// `hostname`: under which results about senders are written.
    ReportReader(ReceivedReports& reports, directory::Directory& directory, std::string hostname)
        : reports_(reports), directory_(directory), hostname_(std::move(hostname)) {}
    /// Ends the thread that reads. Before what deliver() waits for goes.
    ~ReportReader() override { stop(); }

    std::string_view name() const override { return "reports"; }
    /// Mail that holds no report that we can use is delivered too: its sender could not mend it, and whoever
    /// wrote it need not hear from us.
    awaitable<Attempt> deliver(Job job) override;
    std::size_t room(const NextHop&) const override { return 1; }
    void stop() override;

private:
    awaitable<store::Result<std::string>> octets_of(std::shared_ptr<Message> message);
    awaitable<bool> is_ours(std::string domain);
    bool is_proven(const Job& job) const;
    awaitable<Outcome> take(Job job);

    ReceivedReports& reports_;
    directory::Directory& directory_;
    const std::string hostname_;
    boost::asio::thread_pool thread_{1};  // one report at a time, and on no thread that serves others
};

}  // namespace mta::reports

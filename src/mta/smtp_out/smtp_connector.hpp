// The SMTP connector: messages to other hosts. RFC 5321 from the client's side.
#pragma once
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mta/connector.hpp"
#include "mta/smtp_out/settings.hpp"
#include "mta/smtp_out/target.hpp"
#include "mta/smtp_out/tls_reporter.hpp"

namespace mta::smtp_out {

struct Parts {
    boost::asio::any_io_executor executor;  ///< of the pool of threads: each connection gets a strand of it
    HostFinder& finder;
    TlsReporter* reporter = nullptr;
    base::Clock& clock = base::Clock::system();
    base::Random& random = base::Random::system();
};

struct Made {
    std::unique_ptr<Connector> connector;
    std::string fault;  ///< empty: made
};
/// \errors fault: authorities that cannot be read
Made make_smtp_connector(Parts parts, Settings settings);

}  // namespace mta::smtp_out

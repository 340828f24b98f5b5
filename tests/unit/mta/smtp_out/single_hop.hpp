// One message to one hop, for tests of the connector.
#pragma once
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "bench_stand.hpp"
#include "fake_hop.hpp"

namespace smtp_out_test {

using Manners = FakeHop::Manners;

/// A server that takes its time.
inline void pause_ms(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));  // ban-ok: time is what is tested
}

inline std::string text_of(const Outcome& outcome) { return outcome.status.text() + " " + outcome.words; }

/// One message to one hop.
struct Single {
    explicit Single(Manners manners, Settings settings = quick_settings())
        : hop(std::move(manners)), stand(std::move(settings)) {
        stand.finder.plan.hosts.push_back(host_at(hop.port));
    }
    FakeHop hop;
    Stand stand;
};

inline bool has_command(FakeHop& hop, std::string_view start) {
    const auto all = hop.commands();
    return std::ranges::any_of(all, [start](const std::string& line) { return line.starts_with(start); });
}

}  // namespace smtp_out_test

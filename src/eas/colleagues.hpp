// Colleagues: the people and groups of a user's post office, whom he may look up and whose free and busy
// times he may see. A local of one request.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "directory/directory.hpp"
#include "pim/free_busy.hpp"
#include "store/store.hpp"

namespace eas {

using boost::asio::awaitable;

/// What one request asks about calendars, and what is left for it.
struct FreeBusyRequest {
    pim::TimeSpan span;
    std::chrono::steady_clock::time_point deadline;
    std::size_t people_max = 0, people = 0;  ///< whose calendars may be, and were, looked at
};
/// MS-ASCMD section 2.2.3.167.11: status 1, or 160 to 163 and no digits.
struct FreeBusyAnswer {
    int status = 0;
    std::string digits;
};

class Colleagues {
public:
    Colleagues(directory::Directory& directory, store::Store& store, std::string post_office)
        : directory_(directory), store_(store), post_office_(std::move(post_office)) {}

    /// By one of his addresses.
    awaitable<std::optional<directory::Login>> person(std::string address);
    awaitable<std::optional<directory::Group>> group(std::string address);
    /// Of a person, or of all of a group together. `request` must outlive the call.
    awaitable<FreeBusyAnswer> free_busy(std::string address, FreeBusyRequest* request);

private:
    awaitable<std::optional<std::vector<std::string>>> people_of(directory::Group group);
    awaitable<store::Result<pim::HalfHours>> times_of(std::string address, const FreeBusyRequest* request);
    awaitable<store::Result<pim::HalfHours>> read(store::FolderPtr calendar, const FreeBusyRequest* request);

    directory::Directory& directory_;
    store::Store& store_;
    std::string post_office_;
};

}  // namespace eas

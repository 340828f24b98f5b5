// MS-ASCMD sections 2.2.3.16 and 2.2.3.101.
#include "eas/colleagues.hpp"

#include <set>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas/stored_item.hpp"

namespace eas {
namespace {

using store::FolderKind;

constexpr int all_told = 1, too_many_people = 160, group_too_large = 161, transient = 162, failed = 163;
constexpr std::size_t group_people_max = 20;      // section 2.2.3.173
constexpr std::size_t group_addresses_max = 100;  // of a group and the groups in it, whoever they are
constexpr std::size_t items_at_once = 64;         // whose rows are read together

/// What may take some of the span: an event's date is the end of its last occurrence.
std::vector<store::Entry> entries_after(const store::Snapshot& snapshot, std::int64_t from) {
    std::vector<store::Entry> out;
    snapshot.for_each(base::SeqNum(1), base::SeqNum(snapshot.size()),
                      [&](base::SeqNum, const store::Entry& entry) {
                          if (entry.internal_date > from) out.push_back(entry);
                      });
    return out;
}

}  // namespace

awaitable<std::optional<directory::Login>> Colleagues::person(std::string address) {
    auto known = co_await directory_.login(std::move(address));
    if (!known) co_return std::nullopt;
    const directory::Mailbox& mailbox = known->mailbox;
    if (mailbox.post_office != post_office_ || !mailbox.enabled || mailbox.addresses.empty())
        co_return std::nullopt;
    co_return std::move(*known);
}

awaitable<std::optional<directory::Group>> Colleagues::group(std::string address) {
    auto known = co_await directory_.group(std::move(address));
    if (!known || !known->enabled || known->post_office != post_office_) co_return std::nullopt;
    co_return std::move(*known);
}

/// \errors unavailable: there was no time for it
awaitable<store::Result<pim::HalfHours>> Colleagues::read(store::FolderPtr calendar,
                                                          const FreeBusyRequest* request) {
    pim::HalfHours out(request->span);
    const auto executor = co_await boost::asio::this_coro::executor;
    const store::SnapshotPtr now_there = calendar->snapshot();
    const std::vector<store::Entry> entries = entries_after(*now_there, request->span.from);
    for (std::size_t at = 0; at < entries.size();) {
        const auto first = entries.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t count = std::min(items_at_once, entries.size() - at);
        std::vector<store::Entry> some(first, first + static_cast<std::ptrdiff_t>(count));
        const auto details = co_await calendar->details(std::move(some));
        if (!details) co_return details.error();
        if (details->empty()) break;
        for (const store::DetailPtr& detail : *details) {
            co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
            if (std::chrono::steady_clock::now() > request->deadline)
                co_return store::Error(store::Errc::unavailable, "no time to read the calendar");
            const store::Entry entry = entries[at++];
            if (!detail) continue;
            const auto item = co_await read_stored_item(calendar, entry, detail, FolderKind::calendar);
            if (!item) continue;
            for (const pim::BusyTime& time : pim::busy_times(*item, request->span)) out.add(time);
        }
    }
    co_return out;
}

/// \errors not_found: he has no calendar that can be read here · unavailable
awaitable<store::Result<pim::HalfHours>> Colleagues::times_of(std::string address,
                                                              const FreeBusyRequest* request) {
    const auto login = co_await person(std::move(address));
    if (!login || !login->node.empty())
        co_return store::Error(store::Errc::not_found, "no mailbox of this post office that is here");
    const auto account = co_await store_.account(login->mailbox.account);
    if (!account) co_return account.error();
    const store::FolderTreePtr tree = (*account)->folders();
    const store::FolderInfo* info = tree->first_of(FolderKind::calendar);
    // Nobody keeps a calendar there: that is no promise of free time.
    if (info == nullptr) co_return pim::HalfHours(request->span, pim::Busy::unknown);
    auto calendar = co_await (*account)->open(info->id);
    if (!calendar) co_return calendar.error();
    co_return co_await read(std::move(*calendar), request);
}

/// Their addresses, of groups in the group too. Nothing: they are more than are told of.
awaitable<std::optional<std::vector<std::string>>> Colleagues::people_of(directory::Group of) {
    std::set<std::string> seen{of.address};
    std::vector<std::string> out, left = std::move(of.members);
    while (!left.empty()) {
        if (seen.size() + left.size() > group_addresses_max) co_return std::nullopt;
        const std::string address = std::move(left.back());
        left.pop_back();
        if (!seen.insert(address).second) continue;
        if (const auto inner = co_await group(address)) {
            left.insert(left.end(), inner->members.begin(), inner->members.end());
            continue;
        }
        out.push_back(address);
        if (out.size() > group_people_max) co_return std::nullopt;
    }
    co_return out;
}

awaitable<FreeBusyAnswer> Colleagues::free_busy(std::string address, FreeBusyRequest* request) {
    FreeBusyAnswer out;
    std::vector<std::string> people{address};
    auto of = co_await group(address);
    if (of) {
        auto members = co_await people_of(*of);
        if (!members) {
            out.status = group_too_large;
            co_return out;
        }
        people = std::move(*members);
    }
    request->people += people.size();
    if (request->people >= request->people_max) {
        out.status = too_many_people;
        co_return out;
    }
    pim::HalfHours merged(request->span);
    for (const std::string& one : people) {
        auto busy = co_await times_of(one, request);
        const bool elsewhere = !busy && busy.error().is(store::Errc::not_found);
        if (elsewhere && of) busy = pim::HalfHours(request->span, pim::Busy::unknown);
        if (!busy) {
            out.status = elsewhere ? failed : transient;
            co_return out;
        }
        merged.merge(*busy);
    }
    out.status = all_told;
    out.digits = merged.digits();
    co_return out;
}

}  // namespace eas

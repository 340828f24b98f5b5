// The store's own care: check, collect, the search index.
#include <array>

#include "admin/operations.hpp"

namespace admin {
namespace {

awaitable<Reply> store_check(ServicesPtr services, Json, CallerPtr) {
    auto report = co_await services->store.check([](std::string_view) {});
    if (!report) co_return fault_of(report.error(), "store check");
    co_return Json{{"accounts", report->accounts},
                   {"folders", report->folders},
                   {"messages", report->messages},
                   {"blobs", report->blobs},
                   {"bytes", report->bytes},
                   {"leaked_blobs", report->leaked_blobs},
                   {"queued", report->queued},
                   {"problems", report->problems},
                   {"problems_total", report->problems_total}};
}

awaitable<Reply> store_collect(ServicesPtr services, Json, CallerPtr) {
    co_await services->store.collect();
    co_return Json::object();
}

constexpr store::Error no_index{store::Errc::unavailable, "there is no search index here"};

Json json_of(const store::AccountSearchStatus& status) {
    return Json{{"messages", status.messages},
                {"waiting", status.waiting},
                {"documents", status.documents},
                {"segments", status.segments},
                {"bytes", status.bytes}};
}

awaitable<store::Result<base::AccountId>> account_of(ServicesPtr services, std::string address) {
    auto login = co_await services->directory.login(std::move(address));
    if (!login) co_return login.error();
    co_return login->mailbox.account;
}

awaitable<Reply> search_status(ServicesPtr services, Json arguments, CallerPtr) {
    store::SearchIndex* const index = services->store.search();
    if (index == nullptr) co_return fault_of(no_index, "search status");
    const std::string address = text(arguments, "address");
    if (!address.empty()) {
        const auto account = co_await account_of(services, address);
        if (!account) co_return fault_of(account.error(), address);
        const auto status = co_await index->status(*account);
        if (!status) co_return fault_of(status.error(), address);
        co_return json_of(*status);
    }
    const store::SearchProgress progress = index->progress();
    co_return Json{{"accounts_waiting", progress.accounts_waiting},
                   {"messages_waiting", progress.messages_waiting},
                   {"messages_indexed", progress.messages_indexed},
                   {"segments_written", progress.segments_written},
                   {"segments_merged", progress.segments_merged},
                   {"segments_damaged", progress.segments_damaged},
                   {"failures", progress.failures},
                   {"cpu_ms", progress.cpu_milliseconds}};
}

awaitable<Reply> search_rebuild(ServicesPtr services, Json arguments, CallerPtr) {
    store::SearchIndex* const index = services->store.search();
    if (index == nullptr) co_return fault_of(no_index, "search rebuild");
    const std::string address = text(arguments, "address");
    const auto account = co_await account_of(services, address);
    if (!account) co_return fault_of(account.error(), address);
    const auto begun = co_await index->rebuild(*account);
    if (!begun) co_return fault_of(begun.error(), address);
    co_return Json::object();
}

constexpr std::array table{
    Operation{"store.check", "", "", store_check},
    Operation{"store.collect", "", "", store_collect},
    Operation{"search.status", "", "address", search_status},
    Operation{"search.rebuild", "address", "", search_rebuild},
};

}  // namespace

std::span<const Operation> store_operations() { return table; }

}  // namespace admin

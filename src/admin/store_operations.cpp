// The store's own care: check, collect.
#include <array>

#include "admin/operations.hpp"

namespace admin {
namespace {

awaitable<Reply> store_check(ServicesPtr services, Json, CallerPtr) {
    auto report = co_await services->store.check([](std::string_view) {});
    if (!report) co_return fault_of(report.error(), "store check");
    co_return Json{{"accounts", report->accounts}, {"folders", report->folders},
                   {"messages", report->messages}, {"blobs", report->blobs},
                   {"bytes", report->bytes},       {"leaked_blobs", report->leaked_blobs},
                   {"problems", report->problems}, {"problems_total", report->problems_total}};
}

awaitable<Reply> store_collect(ServicesPtr services, Json, CallerPtr) {
    co_await services->store.collect();
    co_return Json::object();
}

constexpr std::array table{
    Operation{"store.check", "", "", store_check},
    Operation{"store.collect", "", "", store_collect},
};

}  // namespace

std::span<const Operation> store_operations() { return table; }

}  // namespace admin

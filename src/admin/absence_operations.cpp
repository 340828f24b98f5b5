// Out-of-office answers: what programs say in the place of users, as their devices see and set it too.
#include <array>

#include "admin/mailbox_argument.hpp"
#include "admin/operations.hpp"
#include "eas/state/device_store.hpp"
#include "eas/syntax/mail_item.hpp"

namespace admin {
namespace {

using eas::OutOfOffice;

Json reply_row(const OutOfOffice::Reply& reply) {
    return {{"enabled", reply.enabled}, {"text", reply.text}, {"html", reply.type == "HTML"}};
}

Json row_of(const OutOfOffice& oof) {
    constexpr std::array states{"off", "on", "between"};
    return {{"state", states[oof.state < states.size() ? oof.state : 0]},
            {"start", oof.start},
            {"end", oof.end},
            {"internal", reply_row(oof.internal)},
            {"contacts", reply_row(oof.external_known)},
            {"others", reply_row(oof.external_unknown)}};
}

/// Nothing: `fault` says what is wrong.
std::optional<OutOfOffice> read_arguments(const Json& arguments, std::string& fault) {
    OutOfOffice out;
    out.start = text(arguments, "start");
    out.end = text(arguments, "end");
    const std::string told = text(arguments, "text"), who = text(arguments, "external_to", "all");
    const std::string outside = text(arguments, "external_text", told);
    if (told.empty()) fault = "the text is empty";
    if (std::max(told.size(), outside.size()) > eas::oof_text_bytes_max) fault = "the text is too long";
    if (who != "all" && who != "contacts" && who != "nobody") fault = who + ": not all, contacts or nobody";
    if (out.start.empty() != out.end.empty()) fault = "start and end come together";
    if (!out.start.empty()) {
        const auto start = eas::parse_date(out.start), end = eas::parse_date(out.end);
        if (!start || !end || *start >= *end) fault = "start and end are no times, or in the wrong order";
    }
    if (!fault.empty()) return std::nullopt;
    out.state = out.start.empty() ? 1 : 2;
    const std::string type = flag(arguments, "html") ? "HTML" : "TEXT";
    out.internal = {true, told, type};
    out.external_known = {who != "nobody", outside, type};
    out.external_unknown = {who == "all", outside, type};
    return out;
}

awaitable<Reply> oof_show(ServicesPtr services, Json arguments, CallerPtr) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    const auto kept = co_await devices.out_of_office(*account);
    if (!kept) co_return fault_of(kept.error(), text(arguments, "mailbox"));
    co_return row_of(*kept);
}

awaitable<Reply> oof_set(ServicesPtr services, Json arguments, CallerPtr) {
    std::string fault;
    auto wanted = read_arguments(arguments, fault);
    if (!wanted) co_return Fault("invalid", fault);
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    const auto kept = co_await devices.set_out_of_office(*account, std::move(*wanted));
    if (!kept) co_return fault_of(kept.error(), text(arguments, "mailbox"));
    co_return Json::object();
}

/// The texts stay, for the next time.
awaitable<Reply> oof_off(ServicesPtr services, Json arguments, CallerPtr) {
    const auto account = co_await account_of(services, text(arguments, "mailbox"));
    if (!account) co_return account.error();
    eas::DeviceStore devices(services->store.engine());
    auto kept = co_await devices.out_of_office(*account);
    if (!kept) co_return fault_of(kept.error(), text(arguments, "mailbox"));
    kept->state = 0;
    const auto done = co_await devices.set_out_of_office(*account, std::move(*kept));
    if (!done) co_return fault_of(done.error(), text(arguments, "mailbox"));
    co_return Json::object();
}

}  // namespace

std::span<const Operation> absence_operations() {
    static constexpr std::array table{
        Operation{"oof.show", "mailbox", "", oof_show},
        Operation{"oof.set", "mailbox text", "external_text external_to start end html", oof_set},
        Operation{"oof.off", "mailbox", "", oof_off},
    };
    return table;
}

}  // namespace admin

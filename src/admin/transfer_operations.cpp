// Messages in and out, one at a time: what `barid import` and `barid export` are made of.
#include <array>

#include <fmt/format.h>

#include "admin/operations.hpp"

namespace admin {
namespace {

constexpr std::size_t piece_bytes = 64U << 10;
constexpr std::uint32_t entries_at_a_time = 256;

awaitable<store::Result<store::AccountPtr>> find_account(ServicesPtr services, std::string address) {
    auto login = co_await services->directory.login(std::move(address));
    if (!login) co_return login.error();
    co_return co_await services->store.account(login->mailbox.account);
}

store::NamedFlags flags_from(const Json& arguments) {
    store::NamedFlags flags;
    const auto found = arguments.find("flags");
    if (found == arguments.end() || !found->is_array()) return flags;
    for (const Json& item : *found) {
        if (!item.is_string()) continue;
        const std::string name = item.get<std::string>();
        if (name == "\\Seen") {
            flags.system |= store::SystemFlag::seen;
        } else if (name == "\\Answered") {
            flags.system |= store::SystemFlag::answered;
        } else if (name == "\\Flagged") {
            flags.system |= store::SystemFlag::flagged;
        } else if (name == "\\Deleted") {
            flags.system |= store::SystemFlag::deleted;
        } else if (name == "\\Draft") {
            flags.system |= store::SystemFlag::draft;
        } else if (!name.empty() && name[0] != '\\') {
            flags.keywords.push_back(name);
        }
    }
    return flags;
}

Json flags_of(const store::Entry& entry, const store::Keywords& keywords) {
    Json out = Json::array();
    using store::SystemFlag;
    constexpr std::array<std::pair<SystemFlag, const char*>, 5> system{{{SystemFlag::seen, "\\Seen"},
                                                                        {SystemFlag::answered, "\\Answered"},
                                                                        {SystemFlag::flagged, "\\Flagged"},
                                                                        {SystemFlag::deleted, "\\Deleted"},
                                                                        {SystemFlag::draft, "\\Draft"}}};
    for (const auto& [flag, name] : system) {
        if (entry.flags.has(flag)) out.push_back(name);
    }
    for (unsigned i = 0; i < keywords.size(); ++i) {
        if (entry.flags.has_keyword(i)) out.push_back(keywords.name(i));
    }
    return out;
}

/// The folder called `name`, made when it does not exist.
awaitable<store::Result<store::FolderPtr>> folder_called(store::AccountPtr account, std::string name) {
    const auto tree = account->folders();
    if (const auto* info = tree->find(name)) co_return co_await account->open(info->id);
    auto made = co_await account->create(name, store::SpecialUse::none);
    if (made) {
        auto subscribed = co_await account->set_subscribed(made->name, true);
        if (!subscribed) co_return subscribed.error();
        co_return co_await account->open(made->id);
    }
    if (!made.error().is(store::Errc::exists)) co_return made.error();
    const auto newer = account->folders();  // made by somebody else meanwhile
    const auto* info = newer->find(name);
    if (info == nullptr) co_return made.error();
    co_return co_await account->open(info->id);
}

awaitable<Reply> message_import(ServicesPtr services, Json arguments, CallerPtr caller) {
    auto account = co_await find_account(services, text(arguments, "address"));
    if (!account) co_return fault_of(account.error(), text(arguments, "address"));
    auto folder = co_await folder_called(*account, text(arguments, "folder"));
    if (!folder) co_return fault_of(folder.error(), text(arguments, "folder"));
    auto writer = services->store.new_message();
    while (caller->octets_left() != 0) {
        const std::string piece = co_await caller->next_octets();
        if (piece.empty()) co_return Fault("incomplete", "the message ended early");
        auto written = co_await writer->write(piece);
        if (!written) co_return fault_of(written.error(), "message");
    }
    auto content = co_await writer->finish();
    if (!content) co_return fault_of(content.error(), "message");
    store::Incoming incoming(std::move(*content));
    incoming.flags = flags_from(arguments);
    const auto date = arguments.find("date");
    if (date != arguments.end() && date->is_number_integer())
        incoming.internal_date = date->get<std::int64_t>();
    std::vector<store::Incoming> messages;
    messages.push_back(std::move(incoming));
    auto appended = co_await (*folder)->append(std::move(messages));
    if (!appended) co_return fault_of(appended.error(), text(arguments, "folder"));
    co_return Json{{"uid", appended->uids.front().value}};
}

awaitable<bool> export_message(store::FolderPtr folder, store::DetailPtr detail, Json event,
                               CallerPtr caller) {
    event["octets"] = detail->size;
    const std::uint64_t size = detail->size;
    bool sent = co_await caller->event(std::move(event));
    for (std::uint64_t at = 0; sent && at < size;) {
        auto piece = co_await folder->read(detail, at, piece_bytes);
        if (!piece || piece->empty())
            co_return false;  // the stream's frame is broken: the caller must see it end
        at += piece->size();
        sent = co_await caller->octets(std::move(*piece));
    }
    co_return sent;
}

awaitable<Reply> export_folder(store::FolderPtr folder, std::string name, CallerPtr caller) {
    const store::SnapshotPtr snapshot = folder->snapshot();
    std::uint64_t exported = 0;
    for (std::uint32_t first = 1; first <= snapshot->size();) {
        std::vector<store::Entry> entries;
        snapshot->for_each(store::SeqNum(first), store::SeqNum(first + entries_at_a_time - 1),
                           [&](store::SeqNum, const store::Entry& entry) { entries.push_back(entry); });
        auto details = co_await folder->details(entries);
        if (!details) co_return fault_of(details.error(), name);
        first += static_cast<std::uint32_t>(details->size());
        for (std::size_t i = 0; i < details->size(); ++i) {
            if (!(*details)[i]) continue;  // removed meanwhile
            Json event = {{"event", "message"},
                          {"folder", name},
                          {"uid", entries[i].uid.value},
                          {"flags", flags_of(entries[i], snapshot->keywords())},
                          {"date", entries[i].internal_date}};
            const bool sent = co_await export_message(folder, (*details)[i], std::move(event), caller);
            if (!sent) co_return Fault("incomplete", name + ": a message could not be read or sent");
            ++exported;
        }
    }
    co_return Json{{"exported", exported}};
}

awaitable<Reply> account_export(ServicesPtr services, Json arguments, CallerPtr caller) {
    auto account = co_await find_account(services, text(arguments, "address"));
    if (!account) co_return fault_of(account.error(), text(arguments, "address"));
    const std::string only = text(arguments, "folder");
    Json counts = Json::object();
    const auto tree = (*account)->folders();
    for (const store::FolderInfo& info : tree->folders) {
        if (!info.selectable || (!only.empty() && info.name != only)) continue;
        auto folder = co_await (*account)->open(info.id);
        if (!folder) co_return fault_of(folder.error(), info.name);
        auto done = co_await export_folder(*folder, info.name, caller);
        if (!done) co_return done.error();
        counts[info.name] = (*done)["exported"];
    }
    if (!only.empty() && counts.empty()) co_return Fault("not_found", "no folder " + only);
    co_return Json{{"folders", std::move(counts)}};
}

constexpr std::array table{
    Operation{"message.import", "address folder", "flags date", message_import},
    Operation{"account.export", "address", "folder", account_export},
};

}  // namespace

std::span<const Operation> transfer_operations() { return table; }

}  // namespace admin

// What the check and the collector know of the queue: its rows agree, its blobs are there and tagged, and
// tags of messages that are gone are found.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "store/check.hpp"
#include "store/collector.hpp"
#include "store/keys.hpp"
#include "store/queue_records.hpp"

namespace store {

awaitable<Result<void>> Checker::check_queue() {
    std::string after;
    for (bool more = true; more;) {
        const auto names = co_await context_.engine.list("q/", after, 64);
        if (!names) co_return names.error();
        for (const std::string& name : *names) {
            if (progress_) progress_(name);
            const auto rows = co_await whole_partition(name);
            if (!rows && rows.error().is(Errc::conflict)) continue;  // too busy
            if (!rows) co_return rows.error();
            const auto done = co_await check_queue_rows(name, rows->rows);
            if (!done) co_return done;
        }
        more = names->size() == 64;
        if (more) after = names->back();
    }
    co_return Result<void>();
}

awaitable<Result<void>> Checker::check_queue_rows(std::string partition, std::vector<engine::Row> rows) {
    std::map<std::uint64_t, std::map<char, std::string>> messages;
    for (engine::Row& row : rows) {
        const char kind = row.key.empty() ? ' ' : row.key.front();
        const auto id = keys::number_in(row.key, kind);
        if (!id || row.key.size() != 17 || (kind != 'i' && kind != 'm' && kind != 'r') ||
            keys::queue(*id) != partition) {
            problem(fmt::format("{}: row {} is none of the queue's", partition, row.key));
            continue;
        }
        messages[*id][kind] = std::move(row.value);
    }
    for (auto& [id, parts] : messages) {
        ++report_.queued;
        live_tags_.insert(std::hash<std::string>()(keys::queue_tag(id)));
        std::string wrong = queue_rows_problem(parts);
        if (wrong.empty()) {
            const auto message = decode_queue_message(parts['m']);
            const auto tags = co_await context_.engine.blob_tags(message->envelope.blob);
            if (!tags && !tags.error().is(Errc::not_found)) co_return tags.error();
            if (!tags || std::ranges::find(*tags, keys::queue_tag(id)) == tags->end()) {
                std::vector<std::string> wanted{keys::queue_row('i', id)};  // sent meanwhile?
                const auto still = co_await context_.engine.get(partition, std::move(wanted));
                if (!still) co_return still.error();
                if (!still->rows.empty()) wrong = tags ? "its blob does not know of it" : "its blob is gone";
            }
        }
        if (!wrong.empty()) problem(fmt::format("{}: message {:016x}: {}", partition, id, wrong));
    }
    co_return Result<void>();
}

/// Empty, or what is wrong with the rows of one message.
std::string Checker::queue_rows_problem(const std::map<char, std::string>& parts) {
    const auto row = [&parts](char kind) -> std::string_view {
        const auto found = parts.find(kind);
        return found == parts.end() ? std::string_view() : std::string_view(found->second);
    };
    if (!parts.contains('i')) return "it has no place";
    if (!parts.contains('m')) return "it has no envelope";
    const auto place = decode_queue_place(row('i'));
    const auto message = decode_queue_message(row('m'));
    if (!place) return "its place is damaged";
    if (!message) return "its envelope is damaged";
    std::vector<QueueProgress> progress = first_progress(*place, message->recipients.size());
    if (parts.contains('r')) {
        auto known = decode_queue_progress(row('r'));
        if (!known) return "the state of its recipients is damaged";
        progress = std::move(*known);
    }
    if (progress.size() != message->recipients.size()) return "it has more or fewer states than recipients";
    const QueuePlaceRow right = place_of(message->envelope, progress, place->held);
    const auto same = [](const QueuePlaceRow::Place& a, const QueuePlaceRow::Place& b) {
        return a.lane == b.lane && a.due == b.due && a.open == b.open;
    };
    if (right.places.empty()) return "it has no open recipient";
    if (!std::ranges::equal(place->places, right.places, same))
        return "its place is not that of its recipients";
    return {};
}

/// Nobody is about to accept a message whose number is a day old.
awaitable<Result<bool>> Collector::queue_tag_is_dead(std::uint64_t message) {
    std::vector<std::string> wanted{keys::queue_row('m', message), keys::queue_row('i', message)};
    std::string partition = keys::queue(message);
    const auto rows = co_await context_.engine.get(std::move(partition), std::move(wanted));
    if (!rows) co_return rows.error();
    co_return rows->rows.empty();
}

}  // namespace store

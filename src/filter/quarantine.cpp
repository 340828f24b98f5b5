#include "filter/quarantine.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/json_fields.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace filter {
namespace {
using Json = nlohmann::json;

constexpr const char* partition = "z/quarantine";
constexpr std::size_t header_looked_at = 1U << 20;

std::string key_of(std::uint64_t id) {
    Quarantined one;
    one.id = id;
    return "q" + one.id_text();
}

/// UTF-8 of at most so many octets, so that JSON takes it.
std::string bounded(std::string_view text, std::size_t most) {
    std::string out;
    while (!text.empty() && out.size() + 4 <= most) {
        const base::Utf8Char one = base::first_utf8(text);
        const std::size_t octets = std::max<std::size_t>(one.octets, 1);
        if (one.octets == 0)
            out += '?';
        else
            out += text.substr(0, octets);
        text.remove_prefix(octets);
    }
    return out;
}

using base::number_in;
using base::text_in;

class Kept final : public Message {
public:
    Kept(store::engine::Engine& engine, base::BlobId blob, std::uint64_t size)
        : engine_(engine), blob_(blob), size_(size) {}
    std::uint64_t size() const override { return size_; }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        return engine_.blob_read(blob_, offset, length);
    }

private:
    store::engine::Engine& engine_;
    const base::BlobId blob_;
    const std::uint64_t size_;
};

}  // namespace

std::string Quarantined::id_text() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += digits[(id >> shift) & 15U];
    return out;
}

std::optional<std::uint64_t> parse_quarantine_id(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
    if (text.empty() || text.size() > 16 || failed != std::errc() || end != text.data() + text.size() ||
        out == 0)
        return std::nullopt;
    return out;
}

std::string encode(const Quarantined& message) {
    const Json row = {{"format", 1},
                      {"time", message.time},
                      {"filter", message.filter},
                      {"reason", message.reason},
                      {"sender", message.sender},
                      {"recipients", message.recipients},
                      {"client", message.client},
                      {"account", message.account},
                      {"queue_id", message.queue_id},
                      {"from", message.from},
                      {"subject", message.subject},
                      {"message_id", message.message_id},
                      {"size", message.size},
                      {"blob", message.blob.value}};
    return base::dump(row);
}

std::optional<Quarantined> decode_quarantined(std::string_view row) {
    const Json read = Json::parse(row, nullptr, false);
    if (!read.is_object() || number_in(read, "format") != 1) return std::nullopt;
    Quarantined out;
    out.time = static_cast<std::int64_t>(number_in(read, "time"));
    out.filter = text_in(read, "filter");
    out.reason = text_in(read, "reason");
    out.sender = text_in(read, "sender");
    out.client = text_in(read, "client");
    out.account = text_in(read, "account");
    out.queue_id = text_in(read, "queue_id");
    out.from = text_in(read, "from");
    out.subject = text_in(read, "subject");
    out.message_id = text_in(read, "message_id");
    out.size = number_in(read, "size");
    out.blob = base::BlobId(number_in(read, "blob"));
    const auto recipients = read.find("recipients");
    if (recipients == read.end() || !recipients->is_array() || !out.blob) return std::nullopt;
    for (const Json& one : *recipients)
        if (one.is_string()) out.recipients.push_back(one.get<std::string>());
    return out;
}

Quarantine::Quarantine(store::engine::Engine& engine, base::IdSource& ids, const base::Clock& clock,
                       QuarantineLimits limits)
    : engine_(engine), ids_(ids), clock_(clock), limits_(limits) {}

void Quarantine::count(std::int64_t messages, std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto add = [](std::uint64_t& to, std::int64_t by) {
        to = by < 0 && to < static_cast<std::uint64_t>(-by) ? 0 : to + static_cast<std::uint64_t>(by);
    };
    add(figures_.messages, messages);
    add(figures_.bytes, bytes);
}

Quarantine::Figures Quarantine::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

awaitable<store::Result<Quarantined>> Quarantine::add(Quarantined message, MessagePtr octets) {
    if (octets->size() > limits_.bytes_max)
        co_return store::Error(store::Errc::limit, "larger than the whole quarantine");
    auto header = co_await read_header(octets, header_looked_at);
    const auto field = [&](std::string_view name) {
        mime::Field found;
        if (!header || !mime::find_field(*header, name, found)) return std::string();
        return bounded(mime::decode_text(found.value), limits_.text_bytes_max);
    };
    message.id = ids_.next();
    message.time = base::unix_seconds(clock_.now());
    message.from = field("From");
    message.subject = field("Subject");
    message.message_id = field("Message-ID");
    message.size = octets->size();
    message.filter = bounded(message.filter, limits_.text_bytes_max);
    message.reason = bounded(message.reason, limits_.text_bytes_max);
    if (message.recipients.size() > limits_.recipients_max) message.recipients.resize(limits_.recipients_max);
    const std::shared_ptr<store::engine::BlobWriter> writer = engine_.new_blob();
    std::uint64_t at = 0;
    while (at < octets->size()) {
        auto piece = co_await octets->read(at, piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        at += piece->size();
        const std::string_view text = *piece;
        const auto written = co_await writer->write(text);
        if (!written) co_return written.error();
    }
    message.blob = writer->id();
    store::engine::Patch patch;
    patch.partition = partition;
    store::engine::Row row;
    row.key = key_of(message.id);
    row.value = encode(message);
    patch.put.push_back(std::move(row));
    store::engine::Prelude prelude;
    std::vector<std::string> tags{"quarantine." + message.id_text()};
    prelude.blobs.emplace_back(writer, std::move(tags));
    prelude.patches.push_back(std::move(patch));
    const auto kept = co_await engine_.apply(std::move(prelude));
    if (!kept) co_return kept.error();
    count(1, static_cast<std::int64_t>(message.size));
    const Figures now = figures();
    if (now.messages > limits_.messages_max || now.bytes > limits_.bytes_max) {
        const auto swept = co_await sweep();
        if (!swept) base::log::warn("filter", "quarantine not swept", {{"error", swept.error().what()}});
    }
    co_return message;
}

/// A page of rows in order, the oldest first. A damaged one is told of and passed over.
awaitable<store::Result<std::vector<Quarantined>>> Quarantine::scan(std::string after, bool* more) {
    std::string prefix = "q";
    auto rows = co_await engine_.scan(partition, std::move(after), std::move(prefix), 0, 0);
    if (!rows) co_return rows.error();
    std::vector<Quarantined> out;
    for (const store::engine::Row& row : rows->rows) {
        auto one = decode_quarantined(row.value);
        const auto id = parse_quarantine_id(std::string_view(row.key).substr(1));
        if (!one || !id) base::log::error("filter", "a damaged row of the quarantine", {{"key", row.key}});
        Quarantined message = one ? std::move(*one) : Quarantined();
        message.id = id.value_or(0);
        out.push_back(std::move(message));
    }
    *more = rows->more && !rows->rows.empty();
    co_return out;
}

awaitable<store::Result<std::vector<Quarantined>>> Quarantine::list(std::uint64_t before, std::size_t most) {
    std::deque<Quarantined> newest;
    std::string after;
    for (bool more = true; more;) {
        std::string from = after;
        auto page = co_await scan(std::move(from), &more);
        if (!page) co_return page.error();
        for (Quarantined& one : *page) {
            after = key_of(one.id);
            if ((before != 0 && one.id >= before) || !one.blob) continue;
            newest.push_front(std::move(one));
            if (newest.size() > most) newest.pop_back();
        }
    }
    std::vector<Quarantined> out(std::make_move_iterator(newest.begin()),
                                 std::make_move_iterator(newest.end()));
    co_return out;
}

awaitable<store::Result<Quarantined>> Quarantine::find(std::uint64_t id) {
    std::vector<std::string> keys{key_of(id)};
    auto rows = co_await engine_.get(partition, std::move(keys));
    if (!rows) co_return rows.error();
    if (rows->rows.empty())
        co_return store::Error(store::Errc::not_found, "no such message in the quarantine");
    auto out = decode_quarantined(rows->rows.front().value);
    if (!out) co_return store::Error(store::Errc::corrupt, "a damaged row of the quarantine");
    out->id = id;
    co_return std::move(*out);
}

MessagePtr Quarantine::message(const Quarantined& message) const {
    return std::make_shared<Kept>(engine_, message.blob, message.size);
}

/// First the row, then the blob: a crash between the two leaves octets that nobody sees.
awaitable<store::Result<void>> Quarantine::forget(Quarantined message) {
    store::engine::Patch patch;
    patch.partition = partition;
    patch.erase.push_back(key_of(message.id));
    store::engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    auto gone = co_await engine_.apply(std::move(prelude));
    if (!gone) co_return gone;
    count(-1, -static_cast<std::int64_t>(message.size));
    if (!message.blob) co_return store::Result<void>();
    store::engine::Tag tag;
    tag.blob = message.blob;
    tag.tag = "quarantine." + message.id_text();
    std::vector<store::engine::Tag> tags{tag};
    auto untagged = co_await engine_.untag(std::move(tags));
    co_return untagged;
}

awaitable<store::Result<void>> Quarantine::remove(std::uint64_t id) {
    auto found = co_await find(id);
    if (!found) co_return found.error();
    auto gone = co_await forget(std::move(*found));
    co_return gone;
}

awaitable<store::Result<std::size_t>> Quarantine::sweep() {
    std::vector<Quarantined> all;
    std::string after;
    for (bool more = true; more;) {
        std::string from = after;
        auto page = co_await scan(std::move(from), &more);
        if (!page) co_return page.error();
        for (Quarantined& one : *page) {
            after = key_of(one.id);
            one.recipients.clear();
            all.push_back(std::move(one));
        }
    }
    Figures now;
    for (const Quarantined& one : all) {
        ++now.messages;
        now.bytes += one.size;
    }
    {
        const std::lock_guard lock(mutex_);
        figures_ = now;
    }
    const std::int64_t oldest = base::unix_seconds(clock_.now()) - limits_.age_max.count();
    std::size_t removed = 0;
    for (Quarantined& one : all) {
        const Figures left = figures();
        const bool too_much = left.messages > limits_.messages_max || left.bytes > limits_.bytes_max;
        const std::uint64_t id = one.id;
        // What cannot be read stays for somebody to look at.
        if (id == 0 || !one.blob || (one.time >= oldest && !too_much)) continue;
        auto gone = co_await forget(std::move(one));
        if (!gone) co_return gone.error();
        ++removed;
    }
    co_return removed;
}

}  // namespace filter

#include "store/metadata.hpp"

#include <algorithm>

#include "store/keys.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t format_metadata_header = 0x41, format_metadata_entry = 0x42;
constexpr unsigned attempts_max = 8;

std::string partition_of(base::AccountId keeper) { return "n/" + keys::hex(keeper.value, 8); }

std::string prefix_of(MetadataPlace place) {
    return "e" + keys::hex(place.owner.value, 8) + keys::hex(place.folder.value, 16);
}

struct Totals {
    std::uint64_t entries = 0, bytes = 0;
};

std::string encode(const Totals& totals) {
    WireWriter out(format_metadata_header);
    out.varint(totals.entries);
    out.varint(totals.bytes);
    return std::move(out).seal();
}

bool decode(std::string_view value, Totals& totals) {
    WireReader in(value, format_metadata_header);
    totals.entries = in.varint();
    totals.bytes = in.varint();
    return in.done();
}

/// From a row's key "e<owner, hex8><folder, hex16><hash of the name, hex32>".
std::optional<MetadataPlace> place_in(std::string_view key) {
    if (key.size() != 57 || key.front() != 'e') return std::nullopt;
    const auto owner = keys::parse_hex(key.substr(1, 8));
    const auto folder = keys::parse_hex(key.substr(9, 16));
    if (!owner || !folder || !*owner) return std::nullopt;
    return MetadataPlace{base::AccountId(static_cast<std::uint32_t>(*owner)), base::FolderId(*folder)};
}

std::string encode(std::string_view name, std::string_view value) {
    WireWriter out(format_metadata_entry, name.size() + value.size() + 16);
    out.text(name);
    out.text(value);
    return std::move(out).seal();
}

}  // namespace

bool canonical_metadata_name(std::string& name, const MetadataLimits& limits) {
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool rooted = name.starts_with("/private/") || name.starts_with("/shared/");
    if (!rooted || name.size() > limits.name_bytes_max || name.ends_with('/')) return false;
    if (name.find("//") != std::string::npos) return false;
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return c > ' ' && c < 0x7F && c != '*' && c != '%'; });
}

/// The folder's entries and what the keeper has in all, as of one version.
struct Metadata::State {
    engine::Version version = 0;
    Totals totals;
    std::map<std::string, std::string> entries;
};

boost::asio::awaitable<Result<Metadata::State>> Metadata::load(std::string prefix) {
    const std::string partition = partition_of(keeper_);
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        State state;
        std::vector<std::string> wanted{std::string(keys::header)};
        const auto head = co_await engine_.get(partition, std::move(wanted));
        if (!head) co_return head.error();
        state.version = head->version;
        if (!head->rows.empty() && !decode(head->rows.front().value, state.totals))
            co_return Error(Errc::corrupt, "annotations are damaged");
        bool moved = false;
        std::string after;
        for (bool more = state.version != 0; more;) {
            const auto rows = co_await engine_.scan(partition, after, prefix, 0, state.version);
            moved = !rows && rows.error().is(Errc::conflict);
            if (moved) break;
            if (!rows) co_return rows.error();
            for (const engine::Row& row : rows->rows) {
                WireReader in(row.value, format_metadata_entry);
                std::string name(in.text());
                std::string value(in.text());
                if (!in.done()) co_return Error(Errc::corrupt, "annotations are damaged");
                state.entries.emplace(std::move(name), std::move(value));
            }
            more = rows->more && !rows->rows.empty();
            if (more) after = rows->rows.back().key;
        }
        if (!moved) co_return state;
    }
    co_return Error(Errc::unavailable, "annotations change too fast to be read");
}

boost::asio::awaitable<Result<std::map<std::string, std::string>>> Metadata::read(MetadataPlace place) {
    auto state = co_await load(prefix_of(place));
    if (!state) co_return state.error();
    co_return std::move(state->entries);
}

boost::asio::awaitable<Result<void>> Metadata::write(MetadataPlace place, MetadataEntries entries) {
    // Setting is the same however often it is done: after an unknown outcome it is done again.
    for (unsigned tries = 0; tries < attempts_max; ++tries) {
        const auto done = co_await attempt(place, entries);
        if (done || !(done.error().is(Errc::conflict) || done.error().is(Errc::unknown))) co_return done;
    }
    co_return Error(Errc::unavailable, "try again");
}

boost::asio::awaitable<Result<void>> Metadata::attempt(MetadataPlace place, MetadataEntries entries) {
    const MetadataLimits limits;
    const std::string prefix = prefix_of(place);
    auto state = co_await load(prefix);
    if (!state) co_return state.error();
    engine::Batch batch;
    batch.partition = partition_of(keeper_);
    batch.expect = state->version;
    bool grows = false;
    for (auto& [name, value] : entries) {
        const std::string key = prefix + keys::name_hash(name);
        const auto known = state->entries.find(name);
        if (known != state->entries.end()) {
            if (value && known->second == *value) continue;
            state->totals.entries -= 1;
            state->totals.bytes -= name.size() + known->second.size();
            state->entries.erase(known);
            if (!value) batch.erase.push_back(key);
        }
        if (!value) continue;
        grows = true;
        state->totals.entries += 1;
        state->totals.bytes += name.size() + value->size();
        std::erase_if(batch.put, [&key](const engine::Row& row) { return row.key == key; });
        batch.put.push_back(engine::Row{key, encode(name, *value)});
        state->entries.emplace(name, std::move(*value));
    }
    if (batch.put.empty() && batch.erase.empty()) co_return Result<void>();
    const bool too_many = state->entries.size() > limits.entries_max ||
                          state->totals.entries > limits.account_entries_max ||
                          state->totals.bytes > limits.account_bytes_max;
    if (grows && too_many) co_return Error(Errc::limit, "too many annotations");
    batch.put.push_back(engine::Row{std::string(keys::header), encode(state->totals)});
    const auto done = co_await engine_.commit(std::move(batch));
    if (!done) co_return done.error();
    co_return Result<void>();
}

boost::asio::awaitable<MetadataEntries> Metadata::former(MetadataPlace place, MetadataEntries entries) {
    const auto known = co_await read(place);
    for (auto& [name, value] : entries) {
        value.reset();
        if (!known) continue;
        if (const auto found = known->find(name); found != known->end()) value = found->second;
    }
    co_return entries;
}

boost::asio::awaitable<Result<void>> Metadata::forget(MetadataPlace place) {
    const auto known = co_await read(place);
    if (!known) co_return known.error();
    MetadataEntries gone;
    for (const auto& [name, value] : *known) gone.emplace_back(name, std::nullopt);
    if (gone.empty()) co_return Result<void>();
    co_return co_await write(place, std::move(gone));
}

/// One row of each is looked at.
boost::asio::awaitable<Result<std::vector<MetadataPlace>>> Metadata::places() {
    const std::string partition = partition_of(keeper_);
    std::vector<MetadataPlace> out;
    std::string after;
    for (;;) {
        const auto rows = co_await engine_.scan(partition, after, "e", 1, 0);
        if (!rows) co_return rows.error();
        if (rows->rows.empty()) co_return out;
        const auto place = place_in(rows->rows.front().key);
        after = rows->rows.front().key;
        if (!place) continue;             // check() reports it
        after = prefix_of(*place) + 'g';  // behind all of the place, which go on with hex digits
        out.push_back(*place);
    }
}

std::optional<base::AccountId> Metadata::keeper_of(std::string_view partition) {
    if (partition.size() != 10 || !partition.starts_with("n/")) return std::nullopt;
    const auto number = keys::parse_hex(partition.substr(2));
    if (!number) return std::nullopt;
    return base::AccountId(static_cast<std::uint32_t>(*number));
}

std::string Metadata::problem(const std::vector<engine::Row>& rows) {
    Totals said, found;
    bool header = false;
    for (const engine::Row& row : rows) {
        bool sound = false;
        if (row.key == keys::header) {
            header = true;
            sound = decode(row.value, said);
        } else if (const auto place = place_in(row.key)) {
            WireReader in(row.value, format_metadata_entry);
            const std::string name(in.text());
            const std::string value(in.text());
            sound = in.done() && row.key == prefix_of(*place) + keys::name_hash(name);
            found.entries += 1;
            found.bytes += name.size() + value.size();
        }
        if (!sound) return "row " + row.key + " is damaged";
    }
    if (!header && !rows.empty()) return "it has no header";
    if (said.entries != found.entries || said.bytes != found.bytes)
        return "its header does not say what its entries come to";
    return {};
}

boost::asio::awaitable<Result<void>> Metadata::drop() {
    std::string partition = partition_of(keeper_);
    return engine_.drop(std::move(partition));
}

}  // namespace store

#include "mta/smtp_out/sts_rows.hpp"

#include <algorithm>
#include <optional>

#include "base/log.hpp"
#include "store/wire.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

constexpr const char* partition_name = "z/mta-sts";
constexpr std::uint8_t format = 0x81;

std::string key_of(const std::string& domain) { return "p" + domain; }

bool has_key(const store::engine::Limits& limits, const std::string& domain) {
    return !domain.empty() && domain.size() < limits.key_bytes_max &&
           std::ranges::all_of(domain, [](char c) { return c > ' ' && c < '\x7F'; });
}

std::string value_of(const StsKept& kept) {
    store::WireWriter out(format, kept.text.size() + 64);
    out.zigzag(base::unix_seconds(kept.fetched));
    out.zigzag(base::unix_seconds(kept.until));
    out.text(kept.id);
    out.text(kept.text);
    return std::move(out).seal();
}

std::optional<StsKept> kept_of(const store::engine::Row& row) {
    store::WireReader in(row.value, format);
    StsKept out;
    out.domain = row.key.substr(1);
    out.fetched = base::SystemTime(std::chrono::seconds(in.zigzag()));
    out.until = base::SystemTime(std::chrono::seconds(in.zigzag()));
    out.id = in.text();
    out.text = in.text();
    if (!in.done()) return std::nullopt;
    return out;
}

}  // namespace

asio::awaitable<store::Result<std::vector<StsKept>>> StsRows::load() {
    std::vector<StsKept> out;
    std::vector<std::string> damaged;
    std::string after;
    for (bool more = true; more;) {
        std::string partition = partition_name, prefix = "p";
        auto rows = co_await engine_.scan(std::move(partition), after, std::move(prefix), 0, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            after = row.key;
            if (auto kept = kept_of(row)) {
                out.push_back(std::move(*kept));
            } else {
                base::log::error("mta", "a damaged row of MTA-STS", {{"key", row.key}});
                damaged.push_back(row.key.substr(1));
            }
        }
        more = rows->more && !rows->rows.empty();
    }
    // A disk without room is no reason not to start.
    const auto gone = co_await write(std::vector<StsKept>(), std::move(damaged));
    if (!gone) base::log::warn("mta", "damaged rows of MTA-STS stay", {{"why", gone.error().what()}});
    co_return out;
}

asio::awaitable<store::Result<void>> StsRows::write(std::vector<StsKept> kept,
                                                    std::vector<std::string> gone) {
    store::engine::Patch patch;
    patch.partition = partition_name;
    for (const StsKept& one : kept) {
        if (!has_key(engine_.limits(), one.domain)) continue;
        store::engine::Row row;
        row.key = key_of(one.domain);
        row.value = value_of(one);
        patch.put.push_back(std::move(row));
    }
    for (const std::string& domain : gone)
        if (has_key(engine_.limits(), domain)) patch.erase.push_back(key_of(domain));
    if (patch.put.empty() && patch.erase.empty()) co_return store::Result<void>();
    store::engine::Prelude prelude;
    prelude.patches.push_back(std::move(patch));
    auto done = co_await engine_.apply(std::move(prelude));
    co_return done;
}

}  // namespace mta::smtp_out

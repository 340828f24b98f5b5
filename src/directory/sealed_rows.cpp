// StoreDirectory: which rows are sealed, and whether the key opens them. A key is made only where no row
// waits for another one: what was sealed with the lost key would then never open again.
#include <algorithm>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "directory/keys.hpp"
#include "directory/store_directory.hpp"

namespace directory {
namespace {

constexpr std::size_t page_rows = 1'000;

constexpr std::size_t named_max = 10;  // of those whose secrets stay closed

/// What account_key() has made.
base::AccountId account_in(std::string_view key) {
    base::AccountId account;
    for (const char c : key.substr(1))
        account.value = account.value * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    return account;
}

/// The strongest word counts: mail waits for the one that is closed, however many others open.
Seals joined(Seals a, Seals b) {
    if (a == Seals::closed || b == Seals::closed) return Seals::closed;
    return a == Seals::open ? a : b;
}

}  // namespace

/// Nothing: the row is not sealed.
std::optional<bool> StoreDirectory::opens(char kind, std::string_view key, std::string_view value) {
    const auto revealed = [](const std::string& before, const std::string& after) -> std::optional<bool> {
        if (!is_sealed(before)) return std::nullopt;
        return !is_sealed(after);
    };
    if (kind == 'c') return opens_password(key, value);
    if (kind == 'p') {
        auto office = decode_office(value);
        if (!office) return std::nullopt;
        const std::string before = office->smart_host;
        reveal(*office);
        return revealed(before, office->smart_host);
    }
    if (kind == 'n') {
        auto domain = decode_domain(value);
        if (!domain) return std::nullopt;
        const std::string before = domain->smart_host;
        reveal(*domain);
        return revealed(before, domain->smart_host);
    }
    if (kind == 'r') return opens_recovery_passwords(account_in(key), value);
    return opens_keys(std::string(key.substr(1)), value);  // A-labels stand there as they are
}

std::optional<bool> StoreDirectory::opens_keys(const std::string& domain, std::string_view value) {
    auto keys = decode_dkim_keys(value);
    if (!keys || domain.find('%') != std::string::npos) return std::nullopt;  // too long: not all of it
    std::optional<bool> out;
    for (DkimKey& one : *keys) {
        if (!is_sealed(one.pem)) continue;
        reveal(label_of(domain, one), one.pem);
        out = !is_sealed(one.pem) && out.value_or(true);
    }
    return out;
}

std::optional<bool> StoreDirectory::opens_recovery_passwords(base::AccountId account,
                                                             std::string_view value) {
    auto kept = decode_recovery_passwords(value);
    if (!kept) return std::nullopt;
    std::optional<bool> out;
    for (RecoveryPassword& one : *kept) {
        if (!is_sealed(one.password)) continue;
        reveal(label_of(account, one), one.password);
        out = !is_sealed(one.password) && out.value_or(true);
    }
    return out;
}

/// By the key of passwords, or, where none are kept any more, by the other: it may have been the same file.
std::optional<bool> StoreDirectory::opens_password(std::string_view key, std::string_view value) {
    const auto credentials = decode_credentials(value);
    if (!credentials) return std::nullopt;
    const std::string& sealed =
        credentials->sealed.empty() ? credentials->sealed_nt_hash : credentials->sealed;
    if (sealed.empty()) return std::nullopt;
    Sealer& sealer = options_.key_file.empty() ? secrets_ : sealer_;
    return sealer.open(account_in(key), sealed).has_value();
}

awaitable<Result<Seals>> StoreDirectory::look_at_rows(std::string partition, char kind, Look look) {
    Seals out = Seals::none;
    std::string after;
    for (;;) {
        auto rows = co_await engine_.scan(partition, after, std::string(1, kind), page_rows, 0);
        if (!rows) co_return rows.error();
        for (const store::engine::Row& row : rows->rows) {
            after = row.key;
            const auto opened = opens(kind, row.key, row.value);
            if (!opened) continue;
            out = joined(out, *opened ? Seals::open : Seals::closed);
            // Passwords are all of one key, and there may be a hundred thousand: the first that opens tells.
            if (kind == 'c' && *opened) co_return Seals::open;
            std::string name = row.key.substr(1);
            const bool fresh =
                !*opened && look.closed != nullptr &&
                std::find(look.closed->begin(), look.closed->end(), name) == look.closed->end();
            if (fresh) look.closed->push_back(std::move(name));
            if (look.is_enough(out)) co_return out;
        }
        if (!rows->more || rows->rows.empty()) co_return out;
    }
}

bool StoreDirectory::Look::is_enough(Seals found) const {
    if (any) return found != Seals::none;
    return closed != nullptr && closed->size() > named_max;
}

awaitable<Result<Seals>> StoreDirectory::look_at_secrets(Look look) {
    const auto offices = co_await look_at_rows(offices_partition, 'p', look);
    if (!offices) co_return offices.error();
    Seals out = *offices;
    for (std::size_t shard = 0; shard < shards; ++shard) {
        for (const char kind : {'k', 'n', 'r'}) {
            if (look.is_enough(out)) co_return out;
            const auto found = co_await look_at_rows(shard_name(shard), kind, look);
            if (!found) co_return found.error();
            out = joined(out, *found);
        }
    }
    co_return out;
}

awaitable<Result<Seals>> StoreDirectory::look_at_passwords(Look look) {
    Seals out = Seals::none;
    for (std::size_t shard = 0; shard < shards; ++shard) {
        const auto found = co_await look_at_rows(shard_name(shard), 'c', look);
        if (!found) co_return found.error();
        if (*found == Seals::open || look.is_enough(*found)) co_return *found;
        out = joined(out, *found);
    }
    co_return out;
}

awaitable<Result<Seals>> StoreDirectory::check_seals() {
    std::vector<std::string> closed;
    Look look;
    look.closed = &closed;
    const auto secrets = co_await look_at_secrets(look);
    if (!secrets) co_return secrets.error();
    if (*secrets == Seals::closed) {
        std::string names;
        for (std::size_t i = 0; i < std::min(closed.size(), named_max); ++i)
            names += (i == 0 ? "" : ", ") + closed[i];
        if (closed.size() > named_max) names += ", and others";
        base::log::error("directory", "the sealing key does not open what is sealed", {{"of", names}});
    }
    // Passwords only where they are kept: there may be a hundred thousand rows without any.
    if (*secrets != Seals::none || options_.key_file.empty()) co_return *secrets;
    look.closed = nullptr;
    co_return co_await look_at_passwords(look);
}

awaitable<void> StoreDirectory::allow_key(Sealer* sealer) {
    if (!sealer->missing()) co_return;
    const bool one_file = options_.key_file.empty() || options_.secrets_key_file.empty() ||
                          options_.key_file == options_.secrets_key_file;
    Look look;
    look.any = true;
    Result<Seals> found = Seals::none;
    if (one_file || sealer == &secrets_) found = co_await look_at_secrets(look);
    const bool passwords = found && *found == Seals::none && (one_file || sealer == &sealer_);
    if (passwords) found = co_await look_at_passwords(look);
    const bool none = found && *found == Seals::none;
    if (!none)
        base::log::error("directory",
                         "the key of what is sealed is missing, and no other is made in its place",
                         {{"why", found ? "rows are sealed with it" : found.error().what()}});
    sealer->allow_making(none);
}

}  // namespace directory

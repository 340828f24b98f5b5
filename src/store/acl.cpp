#include "store/acl.hpp"

#include <algorithm>
#include <utility>

#include "store/wire.hpp"

namespace store {
namespace {

constexpr std::uint8_t format_acl = 0x25;
constexpr std::string_view right_letters = "lrswipkxtea";

/// RFC 4314 section 2.1.1: "c" is create, "d" is delete; x goes with d, as in Dovecot and Cyrus.
constexpr Rights create_members = Rights(Right::create);
constexpr Rights delete_members = Rights(Right::remove_folder) | Right::remove | Right::expunge;

bool by_who(const AclEntry& entry, const AclWho& who) { return entry.who < who; }

}  // namespace

std::optional<Rights> Rights::parse(std::string_view letters) {
    Rights rights;
    for (const char letter : letters) {
        const std::size_t at = right_letters.find(letter);
        if (at != std::string_view::npos) {
            rights = rights | static_cast<Right>(at);
        } else if (letter == 'c') {
            rights = rights | create_members;
        } else if (letter == 'd') {
            rights = rights | delete_members;
        } else {
            return std::nullopt;
        }
    }
    return rights;
}

std::string Rights::letters(bool obsolete) const {
    std::string out;
    for (std::size_t at = 0; at < right_letters.size(); ++at)
        if (has(static_cast<Right>(at))) out += right_letters[at];
    if (obsolete && any(create_members)) out += 'c';
    if (obsolete && any(delete_members)) out += 'd';
    return out;
}

FlagSet Rights::flags() const {
    const FlagSet seen(SystemFlag::seen), deleted(SystemFlag::deleted);
    FlagSet out;
    if (has(Right::write)) out = FlagSet(~0ULL, ~0ULL).without(seen | deleted);
    if (has(Right::seen)) out |= seen;
    if (has(Right::remove)) out |= deleted;
    return out;
}

const AclEntry* Acl::find(const AclWho& who) const {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), who, by_who);
    return found != entries_.end() && found->who == who ? &*found : nullptr;
}

bool Acl::names(AclWho::Kind kind) const {
    return std::any_of(entries_.begin(), entries_.end(), [kind](const AclEntry& entry) {
        return entry.who.kind == kind && !entry.who.negative && !entry.rights.empty();
    });
}

void Acl::change(const AclEntry& entry, AclChange how, base::AccountId owner) {
    auto at = std::lower_bound(entries_.begin(), entries_.end(), entry.who, by_who);
    const bool known = at != entries_.end() && at->who == entry.who;
    const bool owners =
        entry.who.kind == AclWho::Kind::account && entry.who.account == owner && !entry.who.negative;
    Rights before;
    if (known) {
        before = at->rights;
    } else if (owners) {
        before = Rights::all();
    }
    Rights after = entry.rights;
    if (how == AclChange::add) after = before | entry.rights;
    if (how == AclChange::remove) after = before.without(entry.rights);
    const bool keep = how != AclChange::erase && (owners || !after.empty());
    if (known && !keep) entries_.erase(at);
    if (known && keep) at->rights = after;
    if (!known && keep) entries_.insert(at, AclEntry{entry.who, after});
}

std::optional<Acl> Acl::from(std::vector<AclEntry> entries) {
    const bool ordered = std::is_sorted(entries.begin(), entries.end(),
                                        [](const AclEntry& a, const AclEntry& b) { return a.who < b.who; });
    const bool twice =
        std::adjacent_find(entries.begin(), entries.end(), [](const AclEntry& a, const AclEntry& b) {
            return a.who == b.who;
        }) != entries.end();
    if (!ordered || twice || entries.size() > entries_max) return std::nullopt;
    Acl acl;
    acl.entries_ = std::move(entries);
    return acl;
}

Rights rights_of(const Acl* acl, base::AccountId owner, base::AccountId who) {
    const bool owns = owner == who;
    Rights given, taken;
    bool named = false;
    if (acl != nullptr) {
        for (const AclEntry& entry : acl->entries()) {
            const bool personal = entry.who.kind == AclWho::Kind::account;
            if (personal && entry.who.account != who) continue;
            named |= personal && !entry.who.negative;
            (entry.who.negative ? taken : given) = (entry.who.negative ? taken : given) | entry.rights;
        }
    }
    if (owns && !named) given = Rights::all();
    Rights rights = given.without(taken);
    if (owns) rights = rights | owner_rights;
    return rights;
}

std::string encode(const Acl& acl) {
    WireWriter out(format_acl, 16 + acl.entries().size() * 8);
    out.varint(acl.entries().size());
    for (const AclEntry& entry : acl.entries()) {
        out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(entry.who.kind) |
                                         (entry.who.negative ? 0x80U : 0U)));
        out.varint(entry.who.account.value);
        out.varint(entry.rights.bits());
    }
    return std::move(out).seal();
}

std::optional<Acl> decode_acl(std::string_view value) {
    WireReader in(value, format_acl);
    const std::uint64_t count = in.varint();
    if (count > Acl::entries_max) return std::nullopt;
    std::vector<AclEntry> entries;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        const std::uint8_t kind = in.u8();
        AclEntry entry;
        entry.who.negative = (kind & 0x80U) != 0;
        if ((kind & 0x7FU) > static_cast<std::uint8_t>(AclWho::Kind::account)) return std::nullopt;
        entry.who.kind = static_cast<AclWho::Kind>(kind & 0x7FU);
        entry.who.account = base::AccountId(in.varint32());
        const std::uint32_t bits = in.varint32();
        if (bits > Rights::all().bits()) return std::nullopt;
        entry.rights = Rights(static_cast<std::uint16_t>(bits));
        entries.push_back(entry);
    }
    if (!in.done()) return std::nullopt;
    return Acl::from(std::move(entries));
}

}  // namespace store

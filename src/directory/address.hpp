// Addresses: what an address is, and which two are the same. No store, no settings.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace directory {

struct AddressLimits {
    static constexpr std::size_t local_bytes_max = 64;    ///< RFC 5321 section 4.5.3.1.1
    static constexpr std::size_t domain_bytes_max = 255;  ///< RFC 5321 section 4.5.3.1.2
    static constexpr std::size_t label_bytes_max = 63;    ///< RFC 1035 section 2.3.4
    static constexpr std::size_t name_bytes_max = 64;     ///< of a mailbox or post office: one row key
};

/// An address in parts. `local` holds what the quotes and backslashes meant, without them.
struct Address {
    std::string local;
    std::string domain;  ///< lower case, A-labels; "[…]" for an address literal; empty: "postmaster" alone
};

/// \errors nullopt: not an address
std::optional<Address> parse_address(std::string_view text);

/// With quotes where the local part needs them.
std::string to_string(const Address& address);

/// The form under which an address is looked up: local part NFKC case-folded, so that look-alikes by width or
/// case are one mailbox; an address that differs only in these cannot be given out twice.
std::string fold_local(std::string_view local);
std::string lookup_key(const Address& address);

/// Local part without its detail ("user+detail", RFC 5233 section 4); nullopt: it has none, or nothing before
/// it.
std::optional<Address> without_detail(const Address& address);

/// "postmaster" in any case. RFC 5321 section 4.5.1
bool is_postmaster(std::string_view local);

/// Lower case, A-labels. Empty: not a domain name.
std::string canonical_domain(std::string_view name);

/// A name that a domain of ours may have: letters, digits and hyphens in each label.
bool is_host_name(std::string_view domain);

/// Post offices: lower-case letters, digits, '-' and '_'.
bool is_office_name(std::string_view name);

/// Mailboxes: a folded dot-atom, UTF-8 allowed.
bool is_mailbox_name(std::string_view name);

}  // namespace directory

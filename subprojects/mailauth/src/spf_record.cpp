#include "spf_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "mailauth/domain.hpp"
#include "spf_macro.hpp"

namespace mailauth {

namespace {

struct MechanismName {
    std::string_view name;
    Mechanism mechanism;
};
constexpr std::array mechanism_names{
    MechanismName{"all", Mechanism::all}, MechanismName{"include", Mechanism::include},
    MechanismName{"a", Mechanism::a},     MechanismName{"mx", Mechanism::mx},
    MechanismName{"ptr", Mechanism::ptr}, MechanismName{"ip4", Mechanism::ip4},
    MechanismName{"ip6", Mechanism::ip6}, MechanismName{"exists", Mechanism::exists},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// "0" / %x31-39 0*2DIGIT, up to \p max: no leading zero.
std::optional<unsigned> prefix_length(std::string_view digits, unsigned max) {
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits.front() == '0')) return {};
    unsigned value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code != std::errc() || end != digits.data() + digits.size() || value > max) return {};
    return value;
}

/// dual-cidr-length at the end of \p rest, taken off. False: something like it that is wrong.
bool take_dual_prefix(std::string_view& rest, SpfTerm& term) {
    const auto tail_digits = [&rest] {
        std::size_t begin = rest.size();
        while (begin > 0 && is_digit(rest[begin - 1])) --begin;
        return rest.substr(begin);
    };
    std::string_view digits = tail_digits();
    const std::size_t before = rest.size() - digits.size();
    if (before >= 2 && rest[before - 1] == '/' && rest[before - 2] == '/') {
        const auto prefix = prefix_length(digits, 128);
        if (!prefix) return false;
        term.prefix6 = *prefix;
        rest = rest.substr(0, before - 2);
        digits = tail_digits();
    }
    const std::size_t slash = rest.size() - digits.size();
    if (slash >= 1 && rest[slash - 1] == '/') {
        const auto prefix = prefix_length(digits, 32);
        if (!prefix) return false;
        term.prefix4 = *prefix;
        rest = rest.substr(0, slash - 1);
    }
    return true;
}

/// ":" domain-spec, which may be missing when \p optional.
std::string read_domain(std::string_view rest, bool optional, std::string& domain) {
    if (rest.empty()) return optional ? "" : "a domain is missing";
    if (rest.front() != ':') return "a mechanism that goes on wrongly";
    domain = rest.substr(1);
    return macro_fault(domain, MacroUse::domain_spec);
}

std::string read_network(std::string_view rest, SpfTerm& term) {
    if (rest.empty() || rest.front() != ':') return "an address is missing";
    rest.remove_prefix(1);
    const bool six = term.mechanism == Mechanism::ip6;
    const std::size_t slash = rest.find('/');
    unsigned& prefix = six ? term.prefix6 : term.prefix4;
    if (slash != std::string_view::npos) {
        const auto length = prefix_length(rest.substr(slash + 1), six ? 128 : 32);
        if (!length) return "a bad prefix length";
        prefix = *length;
    }
    const std::string_view text = rest.substr(0, slash);
    const auto address = IpAddress::parse(text);
    // What IPv4-mapped text means is an IPv4 network, which no IPv6 client is in.
    if (!address || (text.find(':') != std::string_view::npos) != six) return "a bad address";
    term.network = *address;
    return {};
}

std::string read_mechanism(std::string_view text, SpfTerm& term) {
    term.text = text;
    if (const std::size_t mark = std::string_view("+-?~").find(text.front());
        mark != std::string_view::npos) {
        constexpr std::array qualifiers{SpfStatus::pass, SpfStatus::fail, SpfStatus::neutral,
                                        SpfStatus::softfail};
        term.qualifier = qualifiers[mark];
        text.remove_prefix(1);
    }
    std::size_t end = 0;
    while (end < text.size() && (is_alpha(text[end]) || is_digit(text[end]) || text[end] == '-' ||
                                 text[end] == '_' || text[end] == '.')) {
        ++end;
    }
    const auto* known =
        std::find_if(mechanism_names.begin(), mechanism_names.end(),
                     [&](const MechanismName& row) { return same_text(row.name, text.substr(0, end)); });
    if (known == mechanism_names.end()) return "an unknown mechanism";
    term.mechanism = known->mechanism;
    std::string_view rest = text.substr(end);
    switch (term.mechanism) {
        case Mechanism::all:
            return rest.empty() ? "" : "'all' takes nothing";
        case Mechanism::include:
        case Mechanism::exists:
            return read_domain(rest, false, term.domain_spec);
        case Mechanism::ptr:
            return read_domain(rest, true, term.domain_spec);
        case Mechanism::ip4:
        case Mechanism::ip6:
            return read_network(rest, term);
        case Mechanism::a:
        case Mechanism::mx:
            if (!take_dual_prefix(rest, term)) return "a bad prefix length";
            return read_domain(rest, true, term.domain_spec);
    }
    return {};
}

/// The name of `name "=" …`; empty when the term is a mechanism.
std::string_view modifier_name(std::string_view term) {
    if (term.empty() || !is_alpha(term.front())) return {};
    std::size_t end = 0;
    while (end < term.size() && (is_alpha(term[end]) || is_digit(term[end]) || term[end] == '-' ||
                                 term[end] == '_' || term[end] == '.')) {
        ++end;
    }
    return end < term.size() && term[end] == '=' ? term.substr(0, end) : std::string_view();
}

/// Section 6: redirect and exp at most once, unknown ones are passed over.
std::string read_modifier(std::string_view name, std::string_view value, SpfRecord& record) {
    std::string* target = same_text(name, "redirect") ? &record.redirect
                          : same_text(name, "exp")    ? &record.explanation
                                                      : nullptr;
    if (target == nullptr) return macro_fault(value, MacroUse::modifier);
    if (!target->empty()) return "a modifier that stands twice";
    *target = value;
    if (value.empty()) return "a modifier without a domain";
    return macro_fault(value, MacroUse::domain_spec);
}

}  // namespace

bool is_spf_record(std::string_view text) {
    return same_text(text.substr(0, 6), "v=spf1") && (text.size() == 6 || text[6] == ' ');
}

SpfRecord parse_spf_record(std::string_view text) {
    SpfRecord record;
    std::string_view rest = text.substr(std::min<std::size_t>(6, text.size()));
    while (!rest.empty()) {
        const std::size_t begin = rest.find_first_not_of(' ');
        if (begin == std::string_view::npos) break;
        const std::size_t end = std::min(rest.find(' ', begin), rest.size());
        const std::string_view term = rest.substr(begin, end - begin);
        rest.remove_prefix(end);
        std::string fault;
        if (const std::string_view name = modifier_name(term); !name.empty()) {
            fault = read_modifier(name, term.substr(name.size() + 1), record);
        } else {
            SpfTerm& added = record.terms.emplace_back();
            fault = read_mechanism(term, added);
        }
        if (!fault.empty()) {
            record.fault = fault;
            return record;
        }
    }
    return record;
}

std::string spf_record_fault(std::string_view record) {
    if (!is_spf_record(record)) return "no SPF record";
    return parse_spf_record(record).fault;
}

}  // namespace mailauth

#include "smtp/syntax/header.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "smtp/syntax/chars.hpp"

namespace smtp {
namespace {

constexpr std::string_view blank_line = "\r\n\r\n";

/// Octets of the field that starts `rest`: its line and the folded ones after it, with their line ends.
std::size_t field_octets(std::string_view rest) {
    std::size_t at = 0;
    while (true) {
        const std::size_t end = rest.find("\r\n", at);
        if (end == std::string_view::npos) return rest.size();
        at = end + 2;
        if (at >= rest.size() || (rest[at] != ' ' && rest[at] != '\t')) return at;
    }
}

void keep(HeaderFacts& facts, std::string_view run) {
    if (!facts.kept.empty() && facts.kept.back().data() + facts.kept.back().size() == run.data())
        facts.kept.back() = std::string_view(facts.kept.back().data(), facts.kept.back().size() + run.size());
    else
        facts.kept.push_back(run);
}

/// Notes one field; false: it is to be removed.
bool note(HeaderFacts& facts, HeaderRules rules, std::string_view name, std::string_view value) {
    if (name.empty()) return true;
    switch (base::to_lower(name.front())) {
        case 'r':
            if (equals_nocase(name, "Received")) ++facts.received_fields;
            return !(rules.remove_return_path && equals_nocase(name, "Return-Path"));
        case 'f':
            if (equals_nocase(name, "From") && facts.from_fields++ == 0) facts.from = value;
            return true;
        case 'd':
            if (equals_nocase(name, "Date")) facts.has_date = true;
            if (equals_nocase(name, "Delivered-To") && facts.delivered_to.size() < 100)
                facts.delivered_to.push_back(base::trimmed(value));
            return true;
        case 'm':
            if (equals_nocase(name, "Message-ID")) {
                facts.has_message_id = true;
                facts.message_id = base::trimmed(value);
            }
            return true;
        case 't':
            if (equals_nocase(name, "TLS-Required") && equals_nocase(base::trimmed(value), "No"))
                facts.tls_not_required = true;
            return true;
        case 'b':
            return !(rules.remove_bcc && equals_nocase(name, "Bcc"));
        default:
            return true;
    }
}

}  // namespace

HeaderBuffer::Status HeaderBuffer::take(std::string_view& text) {
    std::size_t at = 0;
    // A match that began before, or begins at a CR further on.
    while (at < text.size() && matched_ < blank_line.size()) {
        if (matched_ == 0) {
            const std::size_t cr = text.find('\r', at);
            if (cr == std::string_view::npos) {
                at = text.size();
                break;
            }
            at = cr;
        }
        const char c = text[at++];
        if (c == blank_line[matched_])
            ++matched_;
        else
            matched_ = c == '\r' ? 1 : 0;
    }
    if (octets_.size() + at > bytes_max_) return Status::too_big;
    octets_.append(text.substr(0, at));
    text.remove_prefix(at);
    return matched_ == blank_line.size() ? Status::whole : Status::more;
}

HeaderFacts read_header(std::string_view section, HeaderRules rules) {
    HeaderFacts facts;
    std::string_view rest = section;
    while (!rest.empty()) {
        const std::size_t octets = field_octets(rest);
        const std::string_view field = rest.substr(0, octets);
        rest.remove_prefix(octets);
        const std::size_t colon = field.find(':');
        if (colon == std::string_view::npos) {
            keep(facts, field);
            continue;
        }
        std::string_view name = field.substr(0, colon);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t'))
            name.remove_suffix(1);  // RFC 5322 4.5
        if (note(facts, rules, name, field.substr(colon + 1))) keep(facts, field);
    }
    return facts;
}

std::vector<std::string> addresses_in(std::string_view value) {
    std::vector<std::string> out;
    std::string spec, word;  // of the angle brackets; of text outside
    bool angle = false;
    const auto end_address = [&] {
        const std::string& found = angle ? spec : word;
        if (found.find('@') != std::string::npos) out.push_back(found);
        spec.clear();
        word.clear();
        angle = false;
    };
    std::size_t depth = 0;
    bool quoted = false, in_angle = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        std::string& target = in_angle ? spec : word;
        if (c == '\\' && i + 1 < value.size()) {
            if (depth == 0)
                target += value[++i];
            else
                ++i;
        } else if (quoted) {
            if (c == '"')
                quoted = false;
            else
                target += c == '@' && !in_angle ? ' ' : c;  // "a@b" <c@d>: a display name is no address
        } else if (c == '(') {
            ++depth;
        } else if (c == ')' && depth > 0) {
            --depth;
        } else if (depth > 0) {
            continue;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '<') {
            in_angle = angle = true;
            spec.clear();
        } else if (c == '>') {
            in_angle = false;
        } else if (!in_angle && (c == ',' || c == ';')) {
            end_address();
        } else if (!in_angle && c == ':') {
            word.clear();  // a group's name
        } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            target += c;
        }
    }
    end_address();
    return out;
}

}  // namespace smtp

// What SORT and THREAD compare: base subject, ids, date, first correspondents.
#include <algorithm>
#include <utility>

#include "ascii.hpp"
#include "fields.hpp"
#include "indexer.hpp"
#include "mime/address.hpp"
#include "mime/charset.hpp"
#include "mime/date.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "utf8.hpp"

namespace mime {
namespace {

constexpr std::size_t subject_bytes_max =
    4'096;  // compared; what comes after decides no order that a person sees

std::string collapsed(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (!is_space(c)) {
            out.push_back(c);
        } else if (!out.empty() && out.back() != ' ') {
            out.push_back(' ');
        }
    }
    return out;
}

/// subj-blob = "[" *BLOBCHAR "]" *WSP: its length, or 0
std::size_t blob(std::string_view text) {
    if (!text.starts_with('[')) return 0;
    std::size_t end = 1;
    while (end < text.size() && text[end] != '[' && text[end] != ']') ++end;
    if (end == text.size() || text[end] != ']') return 0;
    const std::size_t next = text.find_first_not_of(" \t", end + 1);
    return next == std::string_view::npos ? text.size() : next;
}

/// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":": its length, or 0
std::size_t refwd(std::string_view text) {
    std::size_t at = 0;
    if (text.size() >= 2 && lower(text[0]) == 'r' && lower(text[1]) == 'e') {
        at = 2;
    } else if (text.size() >= 2 && lower(text[0]) == 'f' && lower(text[1]) == 'w') {
        at = text.size() > 2 && lower(text[2]) == 'd' ? 3 : 2;
    } else {
        return 0;
    }
    while (at < text.size() && is_blank(text[at])) ++at;
    at += blob(text.substr(at));
    return at < text.size() && text[at] == ':' ? at + 1 : 0;
}

/// subj-leader = (*subj-blob subj-refwd) / WSP: its length, or 0
std::size_t leader(std::string_view text, bool& reply) {
    if (!text.empty() && is_blank(text.front())) return 1;
    std::size_t at = 0;
    while (const std::size_t bytes = blob(text.substr(at))) at += bytes;
    const std::size_t bytes = refwd(text.substr(at));
    if (bytes == 0) return 0;
    reply = true;
    return at + bytes;
}

bool ends_with_fwd(std::string_view text) {
    return text.size() >= 5 && same_name(text.substr(text.size() - 5), "(fwd)");
}

}  // namespace

BaseSubject base_subject(std::string_view subject) {
    BaseSubject out;
    const std::string line = collapsed(cut_utf8(subject, subject_bytes_max));  // step 1
    std::string_view text = line;
    for (bool again = true; again;) {
        again = false;
        while (!text.empty() && (is_blank(text.back()) || ends_with_fwd(text))) {  // step 2
            const bool forward = !is_blank(text.back());
            out.reply_or_forward |= forward;
            text.remove_suffix(forward ? 5 : 1);
        }
        for (bool changed = true; changed;) {  // steps 3 to 5
            changed = false;
            while (const std::size_t bytes = leader(text, out.reply_or_forward)) {
                text.remove_prefix(bytes);
                changed = true;
            }
            const std::size_t bytes = blob(text);
            if (bytes > 0 && bytes < text.size()) {
                text.remove_prefix(bytes);
                changed = true;
            }
        }
        if (text.size() >= 6 && same_name(text.substr(0, 5), "[fwd:") && text.ends_with(']')) {  // step 6
            text = text.substr(5, text.size() - 6);
            out.reply_or_forward = true;
            again = true;
        }
    }
    out.text = text;
    return out;
}

std::vector<std::string_view> parse_ids(std::string_view value, std::size_t max) {
    std::vector<std::string_view> ids;
    const auto add = [&ids, max](std::string_view id) {
        id = trim(id);
        if (id.empty() || max == 0) return;
        if (ids.size() == max && max > 1) ids.erase(ids.begin() + 1);  // the ends of the chain matter
        if (ids.size() < max) ids.push_back(id);
    };
    for (std::size_t at = value.find('<'); at != std::string_view::npos; at = value.find('<', at)) {
        std::size_t end = at + 1;
        while (end < value.size() && value[end] != '<' && value[end] != '>') ++end;
        if (end == value.size()) break;
        if (value[end] == '>') add(value.substr(at + 1, end - at - 1));
        at = end;
    }
    if (!ids.empty() || max == 0) return ids;
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t start = std::min(value.find_first_not_of(" \t\r\n,", at), value.size());
        at = std::min(value.find_first_of(" \t\r\n,", start), value.size());
        add(value.substr(start, at - start));
    }
    return ids;
}

std::uint64_t hash_id(std::string_view id) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : id) {
        if (!is_space(c)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
    return hash == 0 ? 1 : hash;
}

SortKeys make_sort_keys(const KnownFields& known, const Limits& limits) {
    SortKeys keys;
    if (known.has(Known::subject)) {
        constexpr std::size_t raw_bytes_max =
            4 * subject_bytes_max;  // encoded words need up to three times as much
        BaseSubject base = base_subject(decode_text(known[Known::subject].substr(0, raw_bytes_max)));
        keys.base_subject = std::move(base.text);
        keys.subject_is_reply = base.reply_or_forward;
    }
    if (const auto date = parse_date(known[Known::date])) {
        keys.has_sent = true;
        keys.sent = date->seconds;
        keys.sent_zone = date->zone_minutes;
    }
    const auto first = [&known](Known field) {
        Correspondent person;
        constexpr std::size_t bytes_max = 4'096;  // of a list, to find its first mailbox in
        if (!known.has(field)) return person;
        if (const auto address = first_mailbox(known[field].substr(0, bytes_max), 4)) {
            person.name = decode_text(address->name);
            person.mailbox = guess_utf8(address->mailbox);
            person.host = guess_utf8(address->host);
        }
        return person;
    };
    keys.from = first(Known::from);
    keys.to = first(Known::to);
    keys.cc = first(Known::cc);
    const auto first_hash = [&known](Known field) {
        const auto ids = parse_ids(known[field], 1);
        return ids.empty() ? std::uint64_t{0} : hash_id(ids.front());
    };
    keys.message_id = first_hash(Known::message_id);
    keys.in_reply_to = first_hash(Known::in_reply_to);
    for (const std::string_view id : parse_ids(known[Known::references], limits.references_max))
        keys.references.push_back(hash_id(id));
    return keys;
}

}  // namespace mime

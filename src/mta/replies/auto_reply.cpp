#include "mta/replies/auto_reply.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "directory/directory.hpp"
#include "mime/address.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "mta/dsn/text.hpp"

namespace mta::replies {
namespace {

constexpr std::size_t addresses_max = 2'000;  // of To and Cc: who is one of more is not meant
constexpr std::size_t subject_bytes_max = 200;
constexpr std::size_t references_bytes_max = 2'000;
constexpr std::size_t id_bytes_max = 500;

/// Local parts of programs. RFC 3834 section 2, RFC 5230 section 4.6.
constexpr std::array daemons{
    std::string_view("mailer-daemon"), std::string_view("daemon"),    std::string_view("listserv"),
    std::string_view("majordomo"),     std::string_view("mailman"),   std::string_view("noreply"),
    std::string_view("no-reply"),      std::string_view("no_reply"),  std::string_view("donotreply"),
    std::string_view("do-not-reply"),  std::string_view("bounce"),    std::string_view("bounces"),
    std::string_view("root"),          std::string_view("postmaster")};
constexpr std::array daemon_starts{
    std::string_view("owner-"),   std::string_view("bounce-"),   std::string_view("bounces-"),
    std::string_view("bounce+"),  std::string_view("bounces+"),  std::string_view("noreply-"),
    std::string_view("noreply+"), std::string_view("no-reply-"), std::string_view("no-reply+")};
constexpr std::array daemon_ends{std::string_view("-request"), std::string_view("-owner"),
                                 std::string_view("-relay"),   std::string_view("-bounce"),
                                 std::string_view("-bounces"), std::string_view("-noreply"),
                                 std::string_view("-no-reply")};

bool is_daemon(std::string_view sender) {
    const std::string local = base::lowered(sender.substr(0, sender.rfind('@')));
    return std::ranges::find(daemons, local) != daemons.end() ||
           std::ranges::any_of(daemon_starts,
                               [&](std::string_view start) { return local.starts_with(start); }) ||
           std::ranges::any_of(daemon_ends, [&](std::string_view end) { return local.ends_with(end); });
}

/// A value's first word in lower case: "auto-replied; owner-email=..." is "auto-replied".
std::string first_word(std::string_view value) {
    const std::string text = base::lowered(mime::unfold(value));
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_first_of(" \t;,(", begin) - begin);
}

/// MS-OXCMAIL section 2.2.3.2.14: which answers the sender does not want.
bool unwanted(std::string_view value) {
    const std::string text = base::lowered(mime::unfold(value));
    return text.find("all") != std::string::npos || text.find("oof") != std::string::npos ||
           text.find("autoreply") != std::string::npos;
}

std::string_view reason_of(const mime::Field& field) {
    const std::string name = base::lowered(field.name);
    // RFC 2369, RFC 2919.
    if (name.starts_with("list-") || name == "mailing-list") return "it came through a list";
    if (name == "precedence") {
        const std::string word = first_word(field.value);
        if (word == "bulk" || word == "list" || word == "junk") return "it was sent to many";
    }
    if (name == "auto-submitted" && first_word(field.value) != "no") return "a program wrote it";
    if ((name == "x-autoreply" || name == "x-autorespond") && first_word(field.value) != "no")
        return "a program wrote it";
    if (name == "x-auto-response-suppress" && unwanted(field.value)) return "its sender wants no answer";
    if (name == "content-type" && first_word(field.value) == "multipart/report") return "it is a report";
    return {};
}

/// Null: it is none of them.
const std::string* own_of(const std::string& address, const std::vector<std::string>& own) {
    const auto find = [&own](const std::string& wanted) -> const std::string* {
        const auto same = [&wanted](const std::string& one) { return base::equals_nocase(one, wanted); };
        const auto at = std::ranges::find_if(own, same);
        return at == own.end() ? nullptr : &*at;
    };
    if (const std::string* found = find(address)) return found;
    const std::size_t at = address.rfind('@'), plus = address.find('+');
    if (at == std::string::npos || plus == std::string::npos || plus == 0 || plus > at) return nullptr;
    return find(address.substr(0, plus) + address.substr(at));
}

std::string field_of(std::string_view header, std::string_view name) {
    mime::Field field;
    if (!mime::find_field(header, name, field)) return {};
    return mime::unfold(field.value);
}

/// The ids of a field with their angles, the last ones where all are too many.
std::string ids_of(std::string_view value) {
    constexpr std::size_t ids_max = 100;
    const auto ids = mime::parse_ids(value, ids_max);
    std::string out;
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
        const bool plain = std::ranges::all_of(*id, [](char c) { return c > ' ' && c < 0x7F; });
        if (!plain || id->empty() || id->size() > id_bytes_max) continue;
        if (out.size() + id->size() > references_bytes_max) break;
        out.insert(0, "<" + std::string(*id) + (out.empty() ? ">" : "> "));
    }
    return out;
}

std::string answer_subject(std::string_view header) {
    std::string text = mime::decode_text(field_of(header, "Subject"));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    if (text.size() > subject_bytes_max) {
        std::size_t end = subject_bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text.resize(end);
    }
    return mime::encode_word(text.empty() ? "Automatic reply" : "Automatic reply: " + text);
}

}  // namespace

std::vector<std::string> addresses_named(std::string_view header) {
    constexpr std::array names{std::string_view("To"), std::string_view("Cc"), std::string_view("Resent-To"),
                               std::string_view("Resent-Cc")};
    std::vector<std::string> out;
    std::size_t left = addresses_max;
    mime::FieldReader fields(header);
    for (mime::Field field; left > 0 && fields.next(field);) {
        const bool wanted = std::ranges::any_of(
            names, [&](std::string_view name) { return mime::same_name(field.name, name); });
        if (!wanted) continue;
        const auto people = mime::parse_addresses(mime::unfold(field.value), left);
        left -= std::min(left, people.size());
        for (const mime::Address& one : people)
            if (one.kind == mime::Address::Kind::mailbox && !one.host.empty())
                out.push_back(directory::canonical_address(one.mailbox + "@" + one.host));
    }
    return out;
}

std::optional<std::string> own_address(const std::vector<std::string>& named,
                                       const std::vector<std::string>& own) {
    for (const std::string& address : named)
        if (const std::string* found = own_of(address, own)) return *found;
    return std::nullopt;
}

std::string_view reason_against(std::string_view sender, std::string_view header) {
    const std::size_t at = sender.rfind('@');
    if (at == 0 || at == std::string_view::npos) return "it is from nobody";
    if (is_daemon(sender)) return "its sender is a program";
    // What such an answer would have to say is not sure to arrive (RFC 6531 section 3.5).
    if (std::ranges::any_of(sender, [](char c) { return c <= ' ' || c >= 0x7F; }))
        return "its sender's address is not plain";
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);)
        if (const std::string_view reason = reason_of(field); !reason.empty()) return reason;
    return {};
}

std::string reply_header(std::string_view header, const ReplyFacts& facts) {
    const std::string id = ids_of(field_of(header, "Message-ID"));
    std::string references = ids_of(field_of(header, "References"));
    if (references.empty()) references = ids_of(field_of(header, "In-Reply-To"));
    if (!id.empty()) references += (references.empty() ? "" : " ") + id;
    std::string out;
    const auto write = [&out](std::string_view name, std::string_view value) {
        if (!value.empty()) dsn::write_field(out, name, value, false);
    };
    write("From", "<" + facts.from + ">");
    write("To", "<" + facts.to + ">");
    write("Subject", answer_subject(header));
    write("Date", dsn::date_text(facts.now));
    write("Message-ID", facts.message_id);
    write("In-Reply-To", id);
    write("References", references);
    write("Auto-Submitted", "auto-replied");
    write("X-Auto-Response-Suppress", "All");
    write("MIME-Version", "1.0");
    return out;
}

}  // namespace mta::replies

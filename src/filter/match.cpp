// Whether a rule is about a message. Linear in the message, and in the pattern times a bounded text.
#include <algorithm>

#include "base/ascii.hpp"
#include "filter/rules.hpp"
#include "filter/syntax/wildcard.hpp"
#include "mime/decode.hpp"

namespace filter {
namespace {

using Subject = Criterion::Subject;
using Test = Criterion::Test;

bool text_matches(const Criterion& criterion, std::string_view text) {
    switch (criterion.test) {
        case Test::exists:
            return !text.empty();
        case Test::is:
            return std::ranges::any_of(
                criterion.values, [&](const std::string& value) { return base::equals_nocase(value, text); });
        case Test::contains:
            return std::ranges::any_of(
                criterion.values, [&](const std::string& value) { return contains_nocase(text, value); });
        case Test::matches:
            return std::ranges::any_of(
                criterion.values, [&](const std::string& value) { return matches_wildcard(value, text); });
        case Test::in:
        case Test::over:
        case Test::under:
            break;
    }
    return false;
}

/// Each line by itself, so that '*' stays within one; "contains" may go over lines.
bool body_matches(const Criterion& criterion, std::string_view text) {
    if (criterion.test != Test::matches) return text_matches(criterion, text);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (text_matches(criterion, line)) return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

bool header_matches(const Criterion& criterion, const Draft& draft) {
    for (const Draft::Field& field : draft.fields()) {
        if (!base::equals_nocase(field.name, criterion.name)) continue;
        if (criterion.test == Test::exists) return true;
        const std::string text = mime::decode_text(field.value().substr(0, matched_bytes_max));
        const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
        if (text_matches(criterion, std::string_view(text).substr(first))) return true;
    }
    return false;
}

bool number_matches(const Criterion& criterion, double number) {
    return criterion.test == Test::over ? number > criterion.number : number < criterion.number;
}

bool attachment_matches(const Criterion& criterion, const Content* content) {
    if (content == nullptr) return false;
    if (criterion.subject == Subject::attachment) return !content->attachments.empty();
    return std::ranges::any_of(content->attachments, [&](const Attachment& one) {
        if (criterion.subject == Subject::attachment_type) return text_matches(criterion, one.type);
        return std::ranges::any_of(one.names,
                                   [&](const std::string& name) { return text_matches(criterion, name); });
    });
}

bool client_matches(const Criterion& criterion, const Facts& facts) {
    if (!facts.client) return false;
    if (criterion.test == Test::exists) return true;
    return std::ranges::any_of(criterion.networks,
                               [&](const net::Network& network) { return network.contains(*facts.client); });
}

bool plainly_matches(const Criterion& criterion, const Seen& seen) {
    const Facts& facts = *seen.facts;
    const auto any_recipient = [&](bool domain) {
        return std::ranges::any_of(*seen.recipients, [&](const std::string& one) {
            return text_matches(criterion, domain ? domain_of(one) : one);
        });
    };
    switch (criterion.subject) {
        case Subject::header:
            return header_matches(criterion, *seen.draft);
        case Subject::body:
            return seen.content != nullptr && body_matches(criterion, seen.content->text);
        case Subject::size:
            return number_matches(criterion, static_cast<double>(seen.size));
        case Subject::score:
            return number_matches(criterion, seen.score);
        case Subject::sender:
            return text_matches(criterion, seen.sender);
        case Subject::sender_domain:
            return text_matches(criterion, domain_of(seen.sender));
        case Subject::recipient:
            return any_recipient(false);
        case Subject::recipient_domain:
            return any_recipient(true);
        case Subject::author_domain:
            return text_matches(criterion, facts.authentication.author_domain);
        case Subject::client:
            return client_matches(criterion, facts);
        case Subject::client_name:
            return text_matches(criterion, facts.client_name);
        case Subject::helo:
            return text_matches(criterion, facts.helo);
        case Subject::account:
            return text_matches(criterion, facts.account);
        case Subject::attachment:
        case Subject::attachment_name:
        case Subject::attachment_type:
            return attachment_matches(criterion, seen.content);
        case Subject::spf:
            return text_matches(criterion, facts.authentication.spf);
        case Subject::dkim:
            return text_matches(criterion, facts.authentication.dkim);
        case Subject::dmarc:
            return text_matches(criterion, facts.authentication.dmarc);
        case Subject::arc:
            return text_matches(criterion, facts.authentication.arc);
    }
    return false;
}

}  // namespace

bool matches(const Criterion& criterion, const Seen& seen) {
    return plainly_matches(criterion, seen) != criterion.negated;
}

bool matches(const Rule& rule, const Seen& seen) {
    const auto one = [&](const Criterion& criterion) { return matches(criterion, seen); };
    if (rule.conditions.empty()) return true;
    return rule.any ? std::ranges::any_of(rule.conditions, one) : std::ranges::all_of(rule.conditions, one);
}

}  // namespace filter

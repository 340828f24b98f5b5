// Reading conditions and actions.
#include "filter/rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "filter/syntax/wildcard.hpp"

namespace filter {
namespace {

using Subject = Criterion::Subject;
using Test = Criterion::Test;

struct SubjectWord {
    std::string_view word;
    Subject subject;
    std::string_view tests;  ///< that it knows
};
constexpr std::string_view text_tests = "is contains matches exists";
constexpr std::array subjects{
    SubjectWord{"header", Subject::header, text_tests},
    SubjectWord{"body", Subject::body, "contains matches"},
    SubjectWord{"size", Subject::size, "over under"},
    SubjectWord{"sender", Subject::sender, text_tests},
    SubjectWord{"sender-domain", Subject::sender_domain, text_tests},
    SubjectWord{"recipient", Subject::recipient, "is contains matches"},
    SubjectWord{"recipient-domain", Subject::recipient_domain, "is contains matches"},
    SubjectWord{"author-domain", Subject::author_domain, text_tests},
    SubjectWord{"client", Subject::client, "in exists"},
    SubjectWord{"client-name", Subject::client_name, text_tests},
    SubjectWord{"helo", Subject::helo, text_tests},
    SubjectWord{"account", Subject::account, text_tests},
    SubjectWord{"attachment", Subject::attachment, "exists"},
    SubjectWord{"attachment-name", Subject::attachment_name, text_tests},
    SubjectWord{"attachment-type", Subject::attachment_type, text_tests},
    SubjectWord{"spf", Subject::spf, "is"},
    SubjectWord{"dkim", Subject::dkim, "is"},
    SubjectWord{"dmarc", Subject::dmarc, "is"},
    SubjectWord{"arc", Subject::arc, "is"},
    SubjectWord{"score", Subject::score, "over under"},
};
struct TestWord {
    std::string_view word;
    Test test;
};
constexpr std::array tests{
    TestWord{"exists", Test::exists},   TestWord{"is", Test::is}, TestWord{"contains", Test::contains},
    TestWord{"matches", Test::matches}, TestWord{"in", Test::in}, TestWord{"over", Test::over},
    TestWord{"under", Test::under},
};

std::string_view take_word(std::string_view& line) {
    line = base::trimmed(line);
    const std::string_view out = line.substr(0, line.find_first_of(" \t"));
    line = base::trimmed(line.substr(out.size()));
    return out;
}

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty())
        if (take_word(words) == word) return true;
    return false;
}

/// "10MiB", "4096", "2.5"
bool parse_number(std::string_view text, bool octets, double& out) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (failed != std::errc() || !std::isfinite(out)) return false;
    const std::string unit =
        base::lowered(base::trimmed(text.substr(static_cast<std::size_t>(end - text.data()))));
    if (unit.empty()) return !octets || out >= 0;
    if (!octets || out < 0) return false;
    constexpr std::array<std::pair<std::string_view, double>, 6> units{{{"b", 1},
                                                                        {"kb", 1e3},
                                                                        {"mb", 1e6},
                                                                        {"kib", 1024},
                                                                        {"mib", 1024.0 * 1024},
                                                                        {"gib", 1024.0 * 1024 * 1024}}};
    const auto found =
        std::ranges::find(units, std::string_view(unit), [](const auto& p) { return p.first; });
    if (found == units.end()) return false;
    out *= found->second;
    return true;
}

RuleFault fault(std::string text) { return RuleFault(std::move(text)); }

/// Values parted by " | ", each checked for its test.
std::string set_values(Criterion& out, std::string_view rest) {
    if (out.test == Test::exists) return rest.empty() ? "" : "nothing stands behind 'exists'";
    if (rest.empty()) return "a value is missing";
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(" | "), rest.size());
        const std::string value = base::lowered(base::trimmed(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 3, rest.size()));
        if (value.empty() || value.size() > pattern_bytes_max) return "a value of no good length";
        if (out.test == Test::in) {
            const auto network = net::Network::parse(value);
            if (!network) return "not a network: " + value;
            out.networks.push_back(*network);
        } else if (out.test == Test::over || out.test == Test::under) {
            if (!parse_number(value, out.subject == Subject::size, out.number))
                return "not a number: " + value;
        }
        out.values.push_back(value);
    }
    const bool one = out.test == Test::over || out.test == Test::under;
    return one && out.values.size() != 1 ? "one number only" : "";
}

bool is_mail_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    return at != 0 && at != std::string_view::npos && at + 1 < text.size() && text.size() <= 320 &&
           std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '<' || c == '>';
           });
}

struct ActionWord {
    std::string_view word;
    Action::Kind kind;
};
constexpr std::array action_words{
    ActionWord{"reject", Action::Kind::reject},
    ActionWord{"tempfail", Action::Kind::tempfail},
    ActionWord{"quarantine", Action::Kind::quarantine},
    ActionWord{"delete", Action::Kind::remove},
    ActionWord{"junk", Action::Kind::junk},
    ActionWord{"tag-subject", Action::Kind::tag_subject},
    ActionWord{"add-header", Action::Kind::add_header},
    ActionWord{"remove-header", Action::Kind::remove_header},
    ActionWord{"redirect", Action::Kind::redirect},
    ActionWord{"copy", Action::Kind::copy},
    ActionWord{"score", Action::Kind::score},
    ActionWord{"run", Action::Kind::run},
    ActionWord{"stop", Action::Kind::stop},
};

std::string set_header(Action& out, std::string_view rest) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    out.name = base::trimmed(rest.substr(0, colon));
    const bool adds = out.kind == Action::Kind::add_header;
    if (adds != (colon != rest.size()) || !is_field_name(out.name))
        return adds ? "a field is written NAME: VALUE" : "the name of a field is missing";
    if (adds) out.text = field_value(base::trimmed(rest.substr(colon + 1)));
    return {};
}

std::string set_program(Action& out, std::string_view rest) {
    auto program = std::make_shared<ProgramSettings>();
    program->argv = split_words(rest);
    if (program->argv.empty() || !program->argv.front().starts_with('/'))
        return "a program is named by its whole path, with words in quotes where they have blanks";
    out.turns =
        std::make_shared<Turns>(program->running_max, program->running_max * ProgramLimits().waiting_factor);
    out.program = std::move(program);
    return {};
}

/// Empty, or what is wrong with what stands behind the word.
std::string set_rest(Action& out, std::string_view rest) {
    out.text = rest;
    switch (out.kind) {
        case Action::Kind::reject:
            out.reply = parse_reply(rest);
            if (!out.reply) out.reply = make_reply(550, "5.7.1", rest.empty() ? "Refused by policy" : rest);
            return out.reply.temporary() ? "a refusal for good has a code of 5yz" : "";
        case Action::Kind::tempfail:
            out.reply = parse_reply(rest);
            if (!out.reply) out.reply = make_reply(451, "4.7.1", rest.empty() ? "Try again later" : rest);
            return out.reply.temporary() ? "" : "a refusal for now has a code of 4yz";
        case Action::Kind::quarantine:
            return {};
        case Action::Kind::remove:
        case Action::Kind::junk:
        case Action::Kind::stop:
            return rest.empty() ? "" : "nothing stands behind it";
        case Action::Kind::tag_subject:
            if (rest.empty() || rest.size() > 100) return "a text of 1 to 100 octets is missing";
            out.text += ' ';
            return {};
        case Action::Kind::add_header:
        case Action::Kind::remove_header:
            return set_header(out, rest);
        case Action::Kind::redirect:
        case Action::Kind::copy:
            return is_mail_address(rest) ? "" : "not an address: " + std::string(rest);
        case Action::Kind::score:
            return parse_number(rest, false, out.number) ? "" : "not a number: " + std::string(rest);
        case Action::Kind::run:
            return set_program(out, rest);
    }
    return {};
}

}  // namespace

RuleResult<Criterion> Criterion::parse(std::string_view line) {
    const std::string whole(base::trimmed(line));
    std::string_view rest = whole;
    Criterion out;
    std::string_view word = take_word(rest);
    if (word == "not") {
        out.negated = true;
        word = take_word(rest);
    }
    const auto subject = std::ranges::find(subjects, word, &SubjectWord::word);
    if (subject == subjects.end()) return fault("unknown: '" + std::string(word) + "'");
    out.subject = subject->subject;
    if (out.subject == Subject::header) {
        out.name = take_word(rest);
        if (!is_field_name(out.name)) return fault("the name of a field is missing");
    }
    const std::string_view test_word = take_word(rest);
    const auto test = std::ranges::find(tests, test_word, &TestWord::word);
    if (test == tests.end() || !has_word(subject->tests, test_word))
        return fault("'" + std::string(word) + "' goes with one of: " + std::string(subject->tests));
    out.test = test->test;
    const std::string wrong = set_values(out, rest);
    if (!wrong.empty()) return fault(wrong);
    return out;
}

RuleResult<Action> Action::parse(std::string_view line) {
    std::string_view rest = line;
    const std::string_view word = take_word(rest);
    const auto found = std::ranges::find(action_words, word, &ActionWord::word);
    if (found == action_words.end()) return fault("no such action: '" + std::string(word) + "'");
    Action out;
    out.kind = found->kind;
    const std::string wrong = set_rest(out, rest);
    if (!wrong.empty()) return fault(wrong);
    return out;
}

bool Rule::needs_content() const {
    return std::ranges::any_of(conditions, [](const Criterion& one) { return one.needs_content(); });
}

}  // namespace filter

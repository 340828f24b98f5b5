// Rules: the operator's ordered list of what to do with which messages. docs/filters.md has the language; a
// condition and an action are a line of words each.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "filter/content.hpp"
#include "filter/draft.hpp"
#include "filter/facts.hpp"
#include "filter/program.hpp"
#include "net/address.hpp"

namespace filter {

/// What is wrong with a line of the operator's.
class RuleFault {
public:
    RuleFault() = default;
    explicit RuleFault(std::string what) : what_(std::move(what)) {}
    const std::string& what() const { return what_; }

private:
    std::string what_;
};
template <class T>
using RuleResult = base::Result<T, RuleFault>;

/// "[not] SUBJECT [NAME] TEST [VALUE [| VALUE]…]"
struct Criterion {
    enum class Subject : std::uint8_t {
        header,
        body,
        size,
        sender,
        sender_domain,
        recipient,
        recipient_domain,
        author_domain,
        client,
        client_name,
        helo,
        account,
        attachment,
        attachment_name,
        attachment_type,
        spf,
        dkim,
        dmarc,
        arc,
        score,
    };
    enum class Test : std::uint8_t { exists, is, contains, matches, in, over, under };

    Subject subject = Subject::header;
    Test test = Test::exists;
    bool negated = false;
    std::string name;                 ///< of a header field
    std::vector<std::string> values;  ///< any of them; lower case
    std::vector<net::Network> networks;
    double number = 0;

    static RuleResult<Criterion> parse(std::string_view line);
    bool needs_content() const {
        return subject == Subject::body || subject == Subject::attachment ||
               subject == Subject::attachment_name || subject == Subject::attachment_type;
    }
};

struct Action {
    enum class Kind : std::uint8_t {
        reject,         ///< "reject [550] [5.7.1] TEXT"; ends the list
        tempfail,       ///< "tempfail TEXT"; ends the list
        quarantine,     ///< "quarantine [REASON]"; ends the list
        remove,         ///< "delete"; ends the list
        junk,           ///< "junk": into the folder Junk
        tag_subject,    ///< "tag-subject TEXT": in front of Subject
        add_header,     ///< "add-header NAME: VALUE"
        remove_header,  ///< "remove-header NAME"
        redirect,       ///< "redirect ADDRESS": to it alone
        copy,           ///< "copy ADDRESS": to it too
        score,          ///< "score 2.5": for later rules
        run,            ///< "run /PROGRAM ARGUMENTS…": its exit status decides as that of the pickup program
        stop,           ///< "stop": no further rule is looked at
    };
    Kind kind = Kind::stop;
    std::string text;  ///< reason, address, prefix or value
    std::string name;  ///< of a header field
    Reply reply;
    double number = 0;
    std::shared_ptr<const ProgramSettings> program;
    std::shared_ptr<Turns> turns;

    static RuleResult<Action> parse(std::string_view line);
    bool final() const { return kind <= Kind::remove; }
};

struct Rule {
    std::string name;
    bool any = false;                   ///< one condition is enough; else all
    std::vector<Criterion> conditions;  ///< none: every message
    std::vector<Action> actions;

    bool needs_content() const;
};

/// What a rule looks at. Views of things that the caller keeps.
struct Seen {
    const Facts* facts = nullptr;
    const Draft* draft = nullptr;
    const Content* content = nullptr;  ///< null: no rule needs it
    const std::vector<std::string>* recipients = nullptr;
    std::string_view sender;
    std::uint64_t size = 0;
    double score = 0;
};
bool matches(const Criterion& criterion, const Seen& seen);
bool matches(const Rule& rule, const Seen& seen);

}  // namespace filter

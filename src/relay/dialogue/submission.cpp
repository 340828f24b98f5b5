// Logging in at a submission server. RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH), Postfix's XCLIENT.
#include <charconv>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "relay/dialogue/dialogue.hpp"

namespace relay {
namespace {

class SubmissionDialogue final : public Dialogue {
public:
    explicit SubmissionDialogue(Facts facts) : facts_(std::move(facts)) {}

    Next secured() override {
        secured_ = true;
        return hello();
    }

private:
    enum class Stage : std::uint8_t { greeting, hello, start_tls, xclient, login };

    /// "250-text" or "250 text"                                 RFC 5321 section 4.2
    Next take(std::string_view line) override {
        unsigned code = 0;
        const auto [end, error] =
            std::from_chars(line.data(), line.data() + std::min<std::size_t>(line.size(), 3), code);
        if (error != std::errc() || end != line.data() + 3 || code < 200 || code > 599)
            return unavailable("no SMTP reply: " + quoted_for_log(line));
        const std::string_view text = line.substr(std::min<std::size_t>(line.size(), 4));
        if (stage_ == Stage::hello && std::exchange(behind_first_, true)) note_extension(text);
        if (line.size() > 3 && line[3] == '-') return {};
        behind_first_ = false;
        return replied(code, line);
    }

    Next replied(unsigned code, std::string_view line) {
        switch (stage_) {
            case Stage::greeting:
                if (code == 220) return hello();
                break;
            case Stage::hello:
                if (code == 250) return greeted();
                break;
            case Stage::start_tls:
                if (code == 220) {
                    Next out;
                    out.kind = Next::Kind::start_tls;
                    return out;
                }
                break;
            case Stage::xclient:
                announced_ = true;
                if (code == 220) return hello();  // all begins anew
                break;
            case Stage::login:
                if (code == 235) {
                    answer_ = extensions_;
                    Next out;
                    out.kind = Next::Kind::done;
                    return out;
                }
                return fail(
                    code / 100 == 5 && code != 504 ? Failure::Kind::refused : Failure::Kind::unavailable,
                    "it answered " + quoted_for_log(line));
        }
        return unavailable("it answered " + quoted_for_log(line));
    }

    void note_extension(std::string_view text) {
        if (!extensions_.empty()) extensions_ += '\n';
        extensions_ += text;
        const std::size_t blank = std::min(text.find(' '), text.size());
        const std::string_view name = text.substr(0, blank);
        if (base::equals_nocase(name, "AUTH")) plain_ = has_word(text.substr(blank), "PLAIN");
        if (base::equals_nocase(name, "XCLIENT")) xclient_ = text.substr(blank);
    }

    Next greeted() {
        if (facts_.start_tls && !secured_) return ask(Stage::start_tls, "STARTTLS");
        if (facts_.announce && !announced_ && !xclient_.empty())
            return ask(Stage::xclient, "XCLIENT" + xclient_attributes(facts_, xclient_));
        if (!plain_) return unavailable("it offers no AUTH PLAIN");
        return ask(Stage::login, "AUTH PLAIN " + plain_message(facts_));
    }

    Next hello() {
        extensions_.clear();
        xclient_.clear();
        plain_ = behind_first_ = false;
        const bool client = !facts_.client_name.empty();
        return ask(Stage::hello, "EHLO " + (client ? facts_.client_name : facts_.hostname));
    }

    Next ask(Stage stage, std::string command) {
        stage_ = stage;
        if (command.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            return unavailable("SMTP has no words for this name");
        Next out;
        out.send = std::move(command) + "\r\n";
        return out;
    }

    Facts facts_;
    Stage stage_ = Stage::greeting;
    std::string extensions_, xclient_;
    bool plain_ = false, secured_ = false, announced_ = false;
    bool behind_first_ = false;  // of EHLO's lines, the first of which has the server's name
};

}  // namespace

std::unique_ptr<Dialogue> make_submission_dialogue(Facts facts) {
    return std::make_unique<SubmissionDialogue>(std::move(facts));
}

}  // namespace relay

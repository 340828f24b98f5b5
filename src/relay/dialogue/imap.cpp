// Logging in at an IMAP server. RFC 9051, RFC 4959 (SASL-IR), RFC 2971 (ID).
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "relay/dialogue/dialogue.hpp"

namespace relay {
namespace {

/// The octets of a literal that a line announces at its end: "{12}".
std::optional<std::size_t> literal_at_end(std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    const std::size_t open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    const std::string_view digits = line.substr(open + 1, line.size() - open - 2);
    std::size_t octets = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), octets);
    if (code == std::errc::result_out_of_range) return Limits::literal_bytes_max + 1;
    if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return octets;
}

std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

/// The code of "[CODE arguments] text", and its arguments.
std::pair<std::string_view, std::string_view> response_code(std::string_view text) {
    if (!text.starts_with('[')) return {};
    std::string_view inside = text.substr(1, std::min(text.find(']'), text.size()) - 1);
    const std::string_view code = take_word(inside);
    return {code, inside};
}

/// quoted, of what we know to be short and without line ends     RFC 9051 section 4.3
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c >= 0x20 && c < 0x7F) out += c;
    }
    return out + '"';
}

bool fits_quoted(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

class ImapDialogue final : public Dialogue {
public:
    explicit ImapDialogue(Facts facts) : facts_(std::move(facts)) {}

    Next secured() override {
        capabilities_.clear();  // RFC 9051 section 6.2.1: what was said in plain text is forgotten
        return ask_capabilities(Stage::capabilities);
    }

private:
    enum class Stage : std::uint8_t { greeting, capabilities, start_tls, login, capabilities_after };

    Next take(std::string_view line) override {
        const bool rest = std::exchange(in_response_, false);  // behind a literal
        if (const auto octets = literal_at_end(line)) {
            if (*octets > Limits::literal_bytes_max) return unavailable("a literal is too large");
            in_response_ = true;
            Next out;
            out.kind = Next::Kind::skip;
            out.octets = *octets;
            return out;
        }
        if (rest) return {};
        std::string_view text = line;
        const std::string_view tag = take_word(text);
        if (tag == "+") return continuation();
        const std::string_view word = take_word(text);
        if (tag == "*") return untagged(word, text, line);
        if (tag != tag_) return {};  // of ID: however it ended
        return tagged(word, text, line);
    }

    Next untagged(std::string_view word, std::string_view text, std::string_view line) {
        if (base::equals_nocase(word, "CAPABILITY")) {
            capabilities_ = text;
        } else if (base::equals_nocase(word, "BYE")) {
            return unavailable("it said " + quoted_for_log(line));
        } else if (base::equals_nocase(word, "OK")) {
            note_capabilities(text);
            if (stage_ == Stage::greeting) return greeted();
        } else if (stage_ == Stage::greeting) {
            return unavailable("its greeting is " + quoted_for_log(line));  // PREAUTH: as whom?
        }
        return {};
    }

    void note_capabilities(std::string_view text) {
        const auto [code, arguments] = response_code(text);
        if (base::equals_nocase(code, "CAPABILITY")) capabilities_ = arguments;
    }

    Next greeted() {
        if (!facts_.start_tls) {
            return capabilities_.empty() ? ask_capabilities(Stage::capabilities) : log_in();
        }
        // Not looked for among the capabilities: without TLS nothing is said here, so it may as well be
        // asked.
        stage_ = Stage::start_tls;
        Next out;
        out.send = new_tag() + " STARTTLS\r\n";
        return out;
    }

    Next tagged(std::string_view word, std::string_view text, std::string_view line) {
        const bool good = base::equals_nocase(word, "OK");
        switch (stage_) {
            case Stage::greeting:
                break;
            case Stage::capabilities:
                if (!good) break;
                return log_in();
            case Stage::start_tls: {
                if (!good) break;
                Next out;
                out.kind = Next::Kind::start_tls;
                return out;
            }
            case Stage::login:
                if (!good) return refused(word, text, line);
                if (before_login_ == capabilities_) capabilities_.clear();
                note_capabilities(text);
                // RFC 9051 section 7.1: an untagged one came before, or the code is here; else they are
                // asked.
                return capabilities_.empty() ? ask_capabilities(Stage::capabilities_after) : done();
            case Stage::capabilities_after:
                if (!good) break;
                return done();
        }
        return unavailable("it answered " + quoted_for_log(line));
    }

    Next refused(std::string_view word, std::string_view text, std::string_view line) {
        const auto [code, arguments] = response_code(text);
        static_cast<void>(arguments);
        for (const char* passed : {"LIMIT", "INUSE"}) {
            if (base::equals_nocase(code, passed))
                return fail(Failure::Kind::unavailable, "it answered " + quoted_for_log(line), passed);
        }
        const bool cannot = base::equals_nocase(word, "BAD") || base::equals_nocase(code, "UNAVAILABLE") ||
                            base::equals_nocase(code, "SERVERBUG") ||
                            base::equals_nocase(code, "CONTACTADMIN");
        return fail(cannot ? Failure::Kind::unavailable : Failure::Kind::refused,
                    "it answered " + quoted_for_log(line));
    }

    Next continuation() {
        if (stage_ != Stage::login || message_.empty())
            return unavailable("a continuation that nobody asked for");
        Next out;
        out.send = std::string(message_.reveal()) + "\r\n";
        message_ = base::Secret();
        return out;
    }

    Next ask_capabilities(Stage stage) {
        stage_ = stage;
        Next out;
        out.send = new_tag() + " CAPABILITY\r\n";
        return out;
    }

    /// ID and the login in one write: a server takes commands in their order.
    Next log_in() {
        stage_ = Stage::login;
        before_login_ = capabilities_;
        Next out;
        if (facts_.announce && has_word(capabilities_, "ID")) out.send = new_tag() + id_command();
        if (has_word(capabilities_, "AUTH=PLAIN")) {
            base::Secret message(plain_message(facts_));
            out.send += new_tag() + " AUTHENTICATE PLAIN";
            if (has_word(capabilities_, "SASL-IR")) {
                out.send.append(" ").append(message.reveal());
            } else {
                message_ = std::move(message);
            }
            out.send += "\r\n";
            return out;
        }
        if (!facts_.authenticated.empty()) return unavailable("it offers no AUTH=PLAIN");
        if (has_word(capabilities_, "LOGINDISABLED")) return unavailable("it takes no password here");
        if (!fits_quoted(facts_.user) || !fits_quoted(facts_.password.reveal()))
            return unavailable("it offers no AUTH=PLAIN, and LOGIN has no words for this name or password");
        out.send += fmt::format("{} LOGIN {} {}\r\n", new_tag(), quoted(facts_.user),
                                quoted(facts_.password.reveal()));
        return out;
    }

    std::string id_command() const {
        std::string out = " ID (\"name\" \"Barid\"";
        const auto add = [&out](const char* name, const std::string& value) {
            if (!value.empty()) out += fmt::format(" {} {}", quoted(name), quoted(value));
        };
        const auto port = [](std::uint16_t number) {
            return number == 0 ? std::string() : std::to_string(number);
        };
        add("x-session-id", facts_.session);
        add("x-originating-ip", facts_.address);
        add("x-originating-port", port(facts_.port));
        add("x-connected-ip", facts_.local_address);
        add("x-connected-port", port(facts_.local_port));
        add("x-proxy-ttl", std::to_string(facts_.hops));
        return out + ")\r\n";
    }

    Next done() {
        answer_ = capabilities_;
        Next out;
        out.kind = Next::Kind::done;
        return out;
    }

    const std::string& new_tag() {
        tag_ = fmt::format("b{}", ++tags_);
        return tag_;
    }

    Facts facts_;
    Stage stage_ = Stage::greeting;
    std::string capabilities_, before_login_;
    base::Secret message_;  // of AUTHENTICATE, where it has to wait to be asked
    std::string tag_;
    unsigned tags_ = 0;
    bool in_response_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> make_imap_dialogue(Facts facts) {
    return std::make_unique<ImapDialogue>(std::move(facts));
}

}  // namespace relay

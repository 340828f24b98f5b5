// Logging in at a POP3 server. RFC 1939, RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH).
#include <fmt/format.h>

#include "base/ascii.hpp"
#include "relay/dialogue/dialogue.hpp"

namespace relay {
namespace {

constexpr std::size_t command_bytes_max = 255;  // RFC 5034 section 4: with its initial response

class Pop3Dialogue final : public Dialogue {
public:
    explicit Pop3Dialogue(Facts facts) : facts_(std::move(facts)) {}

    Next secured() override { return ask(Stage::capabilities, "CAPA"); }

private:
    enum class Stage : std::uint8_t { greeting, start_tls, capabilities, list, xclient, user, login };

    Next take(std::string_view line) override {
        if (stage_ == Stage::list) return listed(line);
        const bool good = line.starts_with("+OK");
        switch (stage_) {
            case Stage::greeting:
                if (!good) break;
                // Dovecot offers it there, to those whom it trusts.
                xclient_ = line.find("[XCLIENT]") != std::string_view::npos;
                return facts_.start_tls ? ask(Stage::start_tls, "STLS") : secured();
            case Stage::start_tls: {
                if (!good) break;
                Next out;
                out.kind = Next::Kind::start_tls;
                return out;
            }
            case Stage::capabilities:
                if (!good) return announce();  // RFC 2449 is no duty
                stage_ = Stage::list;
                return {};
            case Stage::list:
                break;
            case Stage::xclient:
                if (!good) break;
                return log_in();
            case Stage::user:
                if (!good) return refused(line);
                return ask(Stage::login, "PASS " + std::string(facts_.password.reveal()));
            case Stage::login:
                return logged_in(line, good);
        }
        return unavailable("it answered " + quoted_for_log(line));
    }

    Next listed(std::string_view line) {
        if (line == ".") return announce();
        if (base::equals_nocase(line.substr(0, 5), "SASL ")) plain_ = has_word(line.substr(5), "PLAIN");
        if (has_word(line, "XCLIENT")) xclient_ = true;
        return {};
    }

    Next announce() {
        if (!facts_.announce || !xclient_) return log_in();
        return ask(Stage::xclient, "XCLIENT" + xclient_attributes(facts_, "ADDR PORT SESSION TTL"));
    }

    Next log_in() {
        if (!plain_) {
            if (!facts_.authenticated.empty()) return unavailable("it offers no SASL PLAIN");
            return ask(Stage::user, "USER " + facts_.user);
        }
        base::Secret message(plain_message(facts_));
        std::string command = "AUTH PLAIN " + std::string(message.reveal());
        if (command.size() + 2 <= command_bytes_max) return ask(Stage::login, command);
        message_ = std::move(message);
        return ask(Stage::login, "AUTH PLAIN");
    }

    Next logged_in(std::string_view line, bool good) {
        if (line.starts_with("+ ") || line == "+") {
            if (message_.empty()) return unavailable("a challenge that nobody asked for");
            const base::Secret message = std::exchange(message_, base::Secret());
            return ask(Stage::login, std::string(message.reveal()));
        }
        if (!good) return refused(line);
        answer_ = line.substr(std::min<std::size_t>(line.size(), 4));
        Next out;
        out.kind = Next::Kind::done;
        return out;
    }

    /// RFC 2449 section 8, RFC 3206
    Next refused(std::string_view line) {
        const std::string why = "it answered " + quoted_for_log(line);
        for (const char* passed : {"IN-USE", "LOGIN-DELAY"}) {
            if (line.find(fmt::format("[{}]", passed)) != std::string_view::npos)
                return fail(Failure::Kind::unavailable, why, passed);
        }
        const bool cannot = line.find("[SYS/") != std::string_view::npos;
        return fail(cannot ? Failure::Kind::unavailable : Failure::Kind::refused, why);
    }

    Next ask(Stage stage, const std::string& command) {
        stage_ = stage;
        Next out;
        // A name or a password from elsewhere must not become a second command.
        if (command.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            return unavailable("POP3 has no words for this name or password");
        out.send = command + "\r\n";
        return out;
    }

    Facts facts_;
    Stage stage_ = Stage::greeting;
    bool xclient_ = false, plain_ = false;
    base::Secret message_;
};

}  // namespace

std::unique_ptr<Dialogue> make_pop3_dialogue(Facts facts) {
    return std::make_unique<Pop3Dialogue>(std::move(facts));
}

}  // namespace relay

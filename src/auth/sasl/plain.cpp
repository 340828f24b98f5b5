// PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login) and EXTERNAL (RFC 4422 appendix A): one or two
// messages.
#include "auth/sasl/mechanism.hpp"

namespace auth::sasl {

Step Mechanism::known(Known) { return malformed(); }
Step Mechanism::token_refused() { return wrong(); }

namespace {

bool name_fits(std::string_view name) {
    return name.size() <= Limits::name_bytes_max && name.find('\0') == std::string_view::npos;
}

class Plain final : public Mechanism {
public:
    bool client_first() const override { return true; }
    /// message = [authzid] UTF8NUL authcid UTF8NUL passwd        RFC 4616 section 2
    Step step(std::string_view message) override {
        if (message.size() > Limits::message_bytes_max) return malformed();
        const std::size_t first = message.find('\0');
        if (first == std::string_view::npos) return malformed();
        const std::size_t second = message.find('\0', first + 1);
        if (second == std::string_view::npos) return malformed();
        CheckPassword out;
        out.authorization = message.substr(0, first);
        out.user = message.substr(first + 1, second - first - 1);
        out.password = base::Secret(std::string(message.substr(second + 1)));
        // authcid and passwd have at least one character; passwd has no NUL.
        if (out.user.empty() || out.password.empty()) return malformed();
        if (out.password.reveal().find('\0') != std::string_view::npos) return malformed();
        if (!name_fits(out.user) || !name_fits(out.authorization)) return malformed();
        return out;
    }
};

class Login final : public Mechanism {
public:
    /// The server asks first, but an initial response is taken as the name, as all servers do.
    bool client_first() const override { return false; }
    Step step(std::string_view response) override {
        if (response.size() > Limits::message_bytes_max) return malformed();
        switch (stage_) {
            case Stage::start:
                stage_ = Stage::name;
                if (response.empty()) return Challenge{"Username:"};
                [[fallthrough]];
            case Stage::name:
                if (response.empty() || !name_fits(response)) return malformed();
                user_ = response;
                stage_ = Stage::password;
                return Challenge{"Password:"};
            case Stage::password:
                break;
        }
        if (response.empty() || response.find('\0') != std::string_view::npos) return malformed();
        CheckPassword out;
        out.user = user_;
        out.password = base::Secret(std::string(response));
        return out;
    }

private:
    enum class Stage : std::uint8_t { start, name, password };
    Stage stage_ = Stage::start;
    std::string user_;
};

class External final : public Mechanism {
public:
    explicit External(std::string identity) : identity_(std::move(identity)) {}
    bool client_first() const override { return true; }
    /// The message is the authorization identity or nothing.
    Step step(std::string_view message) override {
        if (identity_.empty()) return wrong();
        if (!name_fits(message)) return malformed();
        Proven out;
        out.user = identity_;
        out.authorization = message;
        return out;
    }

private:
    std::string identity_;
};

}  // namespace

std::unique_ptr<Mechanism> make_plain() { return std::make_unique<Plain>(); }
std::unique_ptr<Mechanism> make_login() { return std::make_unique<Login>(); }
std::unique_ptr<Mechanism> make_external(std::string identity) {
    return std::make_unique<External>(std::move(identity));
}

}  // namespace auth::sasl

// Opening: the dialogue from the connection to the first MAIL, as a state machine without I/O: greeting, EHLO
// or HELO, STARTTLS, AUTH. It is given replies and writes commands; the owner moves the octets.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "mta/smtp_out/syntax/extensions.hpp"
#include "mta/smtp_out/syntax/failure.hpp"
#include "mta/smtp_out/syntax/sasl_client.hpp"

namespace mta::smtp_out {

struct OpeningSettings {
    enum class Tls : std::uint8_t { never, if_offered, must };
    std::string helo;  ///< our name, or an address literal
    Tls tls = Tls::if_offered;
    bool tls_on = false;                             ///< from the start (465)
    std::shared_ptr<const Credentials> credentials;  ///< null: no AUTH
    bool clear_passwords = false;                    ///< PLAIN and LOGIN also without TLS
    /// A server of one of these names is ourselves: the message would go round for ever.
    std::vector<std::string> own_names;
};

class Opening {
public:
    enum class Step : std::uint8_t {
        read,       ///< flush, then take() the next reply
        start_tls,  ///< shake hands, then tls_started() or give up
        ready,      ///< MAIL may come
        failed,     ///< failure() says why; QUIT and close
    };

    Opening(OpeningSettings settings, base::Random& random);

    Step step() const { return step_; }
    void take(const Reply& reply, std::string& out);
    void tls_started(ChannelBindings bindings, std::string& out);

    const Extensions& extensions() const { return extensions_; }
    const Failure& failure() const { return failure_; }
    bool authenticated() const { return authenticated_; }
    /// The server has refused STARTTLS that it offers, or offers none: known when ready.
    bool tls_refused() const { return tls_refused_; }
    std::string_view stage() const;

private:
    enum class Phase : std::uint8_t { greeting, ehlo, helo, starttls, auth, over };
    static constexpr std::size_t mechanisms_tried_max = 4;

    void take_greeting(const Reply& reply, std::string& out);
    void take_ehlo(const Reply& reply, std::string& out);
    void take_starttls(const Reply& reply, std::string& out);
    void take_auth(const Reply& reply, std::string& out);
    void say_ehlo(std::string& out);
    void after_hello(std::string& out);
    void begin_auth(std::string& out);
    void next_mechanism(std::string& out);
    bool is_own(std::string_view name) const;
    void ready();
    void fail(Failure failure);

    OpeningSettings settings_;
    base::Random& random_;
    Phase phase_ = Phase::greeting;
    Step step_ = Step::read;
    Extensions extensions_;
    Failure failure_;
    ChannelBindings bindings_;
    bool tls_on_ = false, tls_refused_ = false, authenticated_ = false, cancelled_ = false;
    std::vector<std::string> mechanisms_;
    std::size_t mechanism_ = 0;  // how many of them were begun
    std::unique_ptr<SaslClient> sasl_;
    std::optional<base::Secret> held_;  // an initial response too long for the command's line
};

}  // namespace mta::smtp_out

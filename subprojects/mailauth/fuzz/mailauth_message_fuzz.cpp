// A whole message through the DKIM verifier; its body in one piece and octet by octet must hash the same.
#include "mailauth/dkim.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    Script script(octets);
    const std::string key(script.next());
    const std::string message = mailauth::with_crlf(script.rest());
    class Keys : public mailauth::Resolver {
    public:
        explicit Keys(std::string text) : text_(std::move(text)) {}
        mailauth::Answer resolve(const mailauth::Query&) override {
            mailauth::Answer answer;
            answer.status = mailauth::DnsStatus::found;
            answer.texts.push_back(text_);
            return answer;
        }

    private:
        std::string text_;
    } keys(key);
    (void)mailauth::verify_dkim(message, keys, {});
    for (const auto form : {mailauth::Canonical::simple, mailauth::Canonical::relaxed}) {
        mailauth::BodyHash whole(form), pieces(form);
        whole.update(octets);
        for (std::size_t i = 0; i < octets.size(); ++i) pieces.update(octets.substr(i, 1));
        must(whole.finish() == pieces.finish() && whole.octets() == pieces.octets());
    }
}

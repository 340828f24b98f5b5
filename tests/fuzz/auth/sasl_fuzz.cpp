// Every mechanism, driven by what a peer may send. The first octet chooses the mechanism; responses are
// separated by line feeds. Nobody may be proven who is not real, an exchange ends, and what is refused stays
// refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/prepare.hpp"
#include "auth/sasl/mechanism.hpp"

namespace {

using namespace auth::sasl;

std::unique_ptr<Mechanism> choose(unsigned char which) {
    Binding binding;
    switch (which % 7) {
        case 0:
            return make_plain();
        case 1:
            return make_login();
        case 2:
            return make_external("demo@example.test");
        case 3:
            return make_cram_md5("<1896.697170952@example.test>");
        case 4:
            return make_scram(auth::Digest::sha_1, binding, "servernonce");
        case 5:
            return make_scram(auth::Digest::sha_256, binding, "servernonce");
        default:
            break;
    }
    binding.required = binding.offered = true;
    binding.exporter = "exported keying material of 32 o";
    return make_scram(auth::Digest::sha_256, binding, "servernonce");
}

void check(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool external = data[0] % 7 == 2;
    const auto mechanism = choose(data[0]);
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    bool over = false;
    for (int i = 0; i < 8 && !rest.empty(); ++i) {
        const std::size_t end = rest.find('\n');
        const std::string_view response = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        (void)auth::prepared_or_raw(response);
        Step step = mechanism->step(response);
        if (std::holds_alternative<LookUp>(step)) {
            const std::string& user = std::get<LookUp>(step).user;
            check(!user.empty());
            Known known;
            known.keys = auth::fake_keys(mechanism->keys_wanted().value_or(auth::Digest::sha_256), "secret",
                                         user, 4096);
            known.plain = base::Secret("secret");
            known.real = false;
            step = mechanism->known(std::move(known));
        }
        if (const auto* const wanted = std::get_if<CheckPassword>(&step)) {
            check(!wanted->user.empty() && !wanted->password.empty());
            check(wanted->user.find('\0') == std::string::npos);
            break;
        }
        check(external || !std::holds_alternative<Proven>(step));
        if (std::holds_alternative<Proven>(step)) break;
        if (std::holds_alternative<Refused>(step)) over = true;
        // SCRAM never goes on after a refusal; the driver ends the others' exchanges.
        if (over && data[0] % 7 >= 4) check(std::holds_alternative<Refused>(step));
    }
    return 0;
}

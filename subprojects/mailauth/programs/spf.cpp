// mailauth-spf: what a receiver would make of a client's address, HELO name and sender.
#include "mailauth/spf.hpp"

#include <cstdio>

#include "options.hpp"

using namespace mailauth;

namespace {

constexpr std::string_view usage_text =
    "mailauth-spf --dns HOST:PORT --ip IP --helo NAME [--from ADDRESS] [--receiver NAME] [--timeout MS]\n"
    "Prints the result, why, and the explanation of a fail. Without --from, or with an empty one, the HELO "
    "name counts.";

void print(std::string_view name, const std::string& value) {
    if (!value.empty()) {
        std::printf("%.*s: %s\n", static_cast<int>(name.size()), name.data(), value.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Options options =
        read_options(argc, argv, {"--dns", "--ip", "--helo", "--from", "--receiver", "--timeout", "--now"});
    if (!options.fault.empty() || !options.rest.empty()) return usage(usage_text, options.fault);
    auto resolver = resolver_of(options);
    const auto ip = IpAddress::parse(options.value("--ip"));
    if (!resolver || !ip) return usage(usage_text, !ip ? "--ip needs an address" : "--dns needs HOST:PORT");

    SpfRequest request;
    request.ip = *ip;
    request.helo = options.value("--helo");
    request.mail_from = options.value("--from");
    if (request.mail_from.starts_with('<') && request.mail_from.ends_with('>')) {
        request.mail_from = request.mail_from.substr(1, request.mail_from.size() - 2);
    }
    request.receiver = options.value("--receiver");
    request.now = now_of(options);
    const SpfResult result = run(check_spf(request), *resolver);
    std::printf("%s\n", std::string(name_of(result.status)).c_str());
    print("explanation", result.explanation);
    print("why", describe(request, result));
    print("mechanism", result.mechanism);
    return 0;
}

// mailauth-check: all of it for one message: the Authentication-Results field that a receiver would write.
#include <cstdio>

#include "mailauth/auth_results.hpp"
#include "options.hpp"

using namespace mailauth;

namespace {

constexpr std::string_view usage_text =
    "mailauth-check --dns HOST:PORT --ip IP --helo NAME --from ADDRESS [--id AUTHSERV-ID] [--now SECONDS] "
    "FILE\n"
    "Prints the DMARC result and what the owner asks for, then the Authentication-Results field.";

}  // namespace

int main(int argc, char** argv) {
    const Options options =
        read_options(argc, argv, {"--dns", "--ip", "--helo", "--from", "--id", "--timeout", "--now"});
    if (!options.fault.empty() || options.rest.size() != 1) return usage(usage_text, options.fault);
    auto resolver = resolver_of(options);
    const auto ip = IpAddress::parse(options.value("--ip"));
    if (!resolver || !ip) return usage(usage_text, !ip ? "--ip needs an address" : "--dns needs HOST:PORT");
    const auto file = read_file(options.rest.front());
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", options.rest.front().c_str());
        return 1;
    }
    const std::string message = with_crlf(*file);
    SpfRequest spf;
    spf.ip = *ip;
    spf.helo = options.value("--helo");
    spf.mail_from = options.value("--from");
    spf.now = now_of(options);
    DkimVerifyOptions verify;
    verify.now = spf.now;

    DmarcRequest dmarc;
    dmarc.author = author_domains(std::string_view(message).substr(0, body_offset(message)));
    dmarc.spf = run(check_spf(spf), *resolver);
    dmarc.dkim = verify_dkim(message, *resolver, verify);
    const DmarcResult result = run(check_dmarc(dmarc), *resolver);
    AuthResults all = auth_results(options.value("--id", "localhost"), spf, dmarc.spf, dmarc.dkim, result);
    const ArcResult arc = verify_arc(message, *resolver, verify);
    if (arc.status != ArcStatus::none) all.methods.push_back(auth_method(arc));
    std::printf("%s %s\n", std::string(name_of(result.status)).c_str(),
                std::string(name_of(result.policy)).c_str());
    if (!result.reason.empty()) std::printf("why: %s\n", result.reason.c_str());
    std::printf("%s", write_auth_results(all).c_str());
    return 0;
}

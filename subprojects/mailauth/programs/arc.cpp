// mailauth-arc: the verdict on a message's Authenticated Received Chain; with --seal, adds a set to it.
#include "mailauth/arc.hpp"

#include <cstdio>

#include "mailauth/auth_results.hpp"
#include "options.hpp"

using namespace mailauth;

namespace {

constexpr std::string_view usage_text =
    "mailauth-arc --dns HOST:PORT [--now SECONDS] [--timeout MS] FILE\n"
    "       mailauth-arc --dns HOST:PORT --seal SELECTOR=KEYFILE --domain D --id AUTHSERV-ID [--now SECONDS] "
    "FILE\n"
    "The first prints pass, fail, none or temperror and why, the second the message with one more ARC set.";

int seal(const Options& options, const std::string& message, const ArcResult& chain) {
    const std::string key = options.value("--seal");
    const std::size_t equals = key.find('=');
    const auto pem = equals == std::string::npos ? std::nullopt : read_file(key.substr(equals + 1));
    std::string fault = pem ? "" : "cannot read the key";
    auto signing = pem ? DkimKey::from_pem(*pem, fault) : std::nullopt;
    std::string fields;
    if (signing) {
        DkimSignOptions how;
        how.domain = options.value("--domain");
        how.selector = key.substr(0, equals);
        how.now = now_of(options);
        const std::size_t body = body_offset(message);
        ArcSealer sealer(message.substr(0, body),
                         {std::make_shared<const DkimKey>(std::move(*signing)), how});
        sealer.body(std::string_view(message).substr(body));
        AuthResults results;
        results.authserv_id = options.value("--id");
        results.methods.push_back(auth_method(chain));
        fields = sealer.finish(results, chain, fault);
    }
    if (!fault.empty()) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        return 1;
    }
    std::fwrite(fields.data(), 1, fields.size(), stdout);
    std::fwrite(message.data(), 1, message.size(), stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options =
        read_options(argc, argv, {"--dns", "--timeout", "--now", "--seal", "--domain", "--id"});
    if (!options.fault.empty() || options.rest.size() != 1) return usage(usage_text, options.fault);
    auto resolver = resolver_of(options);
    if (!resolver) return usage(usage_text, "--dns needs HOST:PORT");
    const auto file = read_file(options.rest.front());
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", options.rest.front().c_str());
        return 1;
    }
    const std::string message = with_crlf(*file);
    DkimVerifyOptions verify;
    verify.now = now_of(options);
    const ArcResult result = verify_arc(message, *resolver, verify);
    if (options.has("--seal")) return seal(options, message, result);
    std::printf("%s\n", std::string(name_of(result.status)).c_str());
    if (!result.reason.empty()) std::printf("why: %s\n", result.reason.c_str());
    for (const ArcSet& set : result.sets) {
        std::printf("set: i=%u d=%s s=%s\n", set.instance, set.domain.c_str(), set.selector.c_str());
    }
    if (result.status == ArcStatus::pass) std::printf("oldest-pass: %u\n", result.oldest_pass);
    return 0;
}

// mailauth-dkim: the verdict on a message's DKIM signatures.
#include "mailauth/dkim.hpp"

#include <cstdio>

#include "options.hpp"

using namespace mailauth;

namespace {

constexpr std::string_view usage_text =
    "mailauth-dkim --dns HOST:PORT [--now SECONDS] [--timeout MS] [--strict] FILE\n"
    "Prints pass, fail, none, permerror or temperror, then a line for each signature. FILE may be -.\n"
    "--strict: text that l= leaves unsigned is a fail.";

std::string line_of(const DkimResult& result) {
    std::string line = std::string(name_of(result.status));
    if (!result.domain.empty()) line += " d=" + result.domain;
    if (!result.selector.empty()) line += " s=" + result.selector;
    if (!result.algorithm.empty()) line += " a=" + result.algorithm;
    if (result.key_bits != 0) line += " bits=" + std::to_string(result.key_bits);
    if (result.testing) line += " testing";
    if (!result.reason.empty()) line += " (" + result.reason + ")";
    return line;
}

/// What a policy refuses counts as a failure here.
std::string_view verdict(const DkimResult* best) {
    if (best == nullptr) return "none";
    return best->status == DkimStatus::policy ? "fail" : name_of(best->status);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv, {"--dns", "--timeout", "--now"}, {"--strict"});
    if (!options.fault.empty() || options.rest.size() != 1) return usage(usage_text, options.fault);
    auto resolver = resolver_of(options);
    if (!resolver) return usage(usage_text, "--dns needs HOST:PORT");
    const auto message = read_file(options.rest.front());
    if (!message) {
        std::fprintf(stderr, "cannot read %s\n", options.rest.front().c_str());
        return 1;
    }
    DkimVerifyOptions verify;
    verify.now = now_of(options);
    verify.unsigned_tail = options.has("--strict") ? UnsignedTail::refuse : UnsignedTail::flag;
    const std::vector<DkimResult> results = verify_dkim(with_crlf(*message), *resolver, verify);
    std::printf("%s\n", std::string(verdict(best_of(results))).c_str());
    if (results.empty()) std::printf("why: the message is not signed\n");
    for (const DkimResult& result : results) std::printf("why: %s\n", line_of(result).c_str());
    return 0;
}

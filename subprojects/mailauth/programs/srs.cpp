// mailauth-srs: rewrites a sender, or turns a rewritten one back.
#include "mailauth/srs.hpp"

#include <cstdio>

#include "mailauth/domain.hpp"
#include "options.hpp"

using namespace mailauth;

namespace {

constexpr std::string_view usage_text =
    "mailauth-srs --domain OURS --secrets FILE [--hash-length N] [--now SECONDS] forward|reverse ADDRESS\n"
    "FILE holds a secret a line; the first one signs.";

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv, {"--domain", "--secrets", "--hash-length", "--now"});
    if (!options.fault.empty() || options.rest.size() != 2) return usage(usage_text, options.fault);
    const auto file = read_file(options.value("--secrets"));
    if (!file) return usage(usage_text, "cannot read the secrets");
    SrsOptions how;
    how.domain = options.value("--domain");
    how.hash_length = static_cast<std::size_t>(options.number("--hash-length").value_or(8));
    for (std::size_t begin = 0; begin < file->size();) {
        const std::size_t end = std::min(file->find('\n', begin), file->size());
        const std::string_view line = trim(std::string_view(*file).substr(begin, end - begin));
        if (!line.empty()) how.secrets.emplace_back(line);
        begin = end + 1;
    }
    const Srs srs(how);
    SrsAddress result;
    if (options.rest.front() == "forward") {
        result.address = srs.forward(options.rest.back(), now_of(options));
        result.status = result.address.empty() ? SrsStatus::malformed : SrsStatus::good;
    } else if (options.rest.front() == "reverse") {
        result = srs.reverse(options.rest.back(), now_of(options));
    } else {
        return usage(usage_text, "forward or reverse?");
    }
    if (result.status != SrsStatus::good) {
        std::fprintf(stderr, "%s\n", std::string(name_of(result.status)).c_str());
        return 1;
    }
    std::printf("%s\n", result.address.c_str());
    return 0;
}

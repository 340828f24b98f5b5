// mailauth-sign: makes keys, and signs a message with one or more of them. For tests and for zone files.
#include <cstdio>
#include <fcntl.h>

#include "mailauth/dkim_sign.hpp"
#include "mailauth/domain.hpp"
#include "options.hpp"

using namespace mailauth;

namespace {

constexpr std::string_view usage_text =
    "mailauth-sign --domain D --key SELECTOR=FILE[,SELECTOR=FILE…] [--c relaxed/relaxed] [--length] "
    "[--copy]\n"
    "              [--identity I] [--lifetime SECONDS] [--now SECONDS] FILE\n"
    "       mailauth-sign --generate rsa|ed25519 [--bits N] --key SELECTOR=FILE --domain D [--testing]\n"
    "The first prints the signed message, the second writes a new key and prints its line for the zone.";

struct NamedFile {
    std::string selector;
    std::string path;
};

std::vector<NamedFile> key_files(const std::string& list) {
    std::vector<NamedFile> files;
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string one = list.substr(begin, end - begin);
        const std::size_t equals = one.find('=');
        if (equals != std::string::npos) files.push_back({one.substr(0, equals), one.substr(equals + 1)});
        begin = end + 1;
    }
    return files;
}

int generate(const Options& options, const NamedFile& file) {
    const bool rsa = options.value("--generate") == "rsa";
    const auto bits = static_cast<unsigned>(options.number("--bits").value_or(2048));
    const std::optional<DkimKey> key = rsa ? DkimKey::generate_rsa(bits) : DkimKey::generate_ed25519();
    // Nobody else may read a key, not for a moment.
    const int descriptor =
        key ? ::open(file.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    std::FILE* out = descriptor >= 0 ? ::fdopen(descriptor, "w") : nullptr;
    if (out == nullptr) {
        std::fprintf(stderr, "cannot make the key or write %s\n", file.path.c_str());
        return 1;
    }
    const std::string pem = key->pem();
    const bool written = std::fwrite(pem.data(), 1, pem.size(), out) == pem.size();
    if (std::fclose(out) != 0 || !written) return 1;
    std::printf("%s\n",
                key->zone_line(file.selector, options.value("--domain"), options.has("--testing")).c_str());
    return 0;
}

std::optional<std::vector<DkimSigningKey>> read_keys(const Options& options, std::string& fault) {
    std::vector<DkimSigningKey> keys;
    for (const NamedFile& file : key_files(options.value("--key"))) {
        const auto pem = read_file(file.path);
        if (!pem) {
            fault = "cannot read " + file.path;
            return {};
        }
        auto key = DkimKey::from_pem(*pem, fault);
        if (!key) return {};
        DkimSigningKey added;
        added.key = std::make_shared<const DkimKey>(std::move(*key));
        added.options.domain = options.value("--domain");
        added.options.selector = file.selector;
        added.options.identity = options.value("--identity");
        const std::string forms = options.value("--c", "relaxed/relaxed");
        added.options.header = forms.starts_with("simple") ? Canonical::simple : Canonical::relaxed;
        added.options.body = forms.ends_with("/relaxed") ? Canonical::relaxed : Canonical::simple;
        added.options.now = now_of(options);
        if (const auto lifetime = options.number("--lifetime"))
            added.options.lifetime = std::chrono::seconds(*lifetime);
        added.options.write_length = options.has("--length");
        added.options.copy_fields = options.has("--copy");
        keys.push_back(std::move(added));
    }
    return keys;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(
        argc, argv, {"--domain", "--key", "--c", "--identity", "--lifetime", "--now", "--generate", "--bits"},
        {"--length", "--copy", "--testing"});
    const std::vector<NamedFile> files = key_files(options.value("--key"));
    if (!options.fault.empty() || files.empty()) return usage(usage_text, options.fault);
    if (options.has("--generate")) return generate(options, files.front());
    if (options.rest.size() != 1) return usage(usage_text, "one FILE is needed");
    const auto message = read_file(options.rest.front());
    std::string fault = message ? "" : "cannot read " + options.rest.front();
    std::string fields;
    std::string text;
    if (fault.empty()) {
        auto keys = read_keys(options, fault);
        text = with_crlf(*message);
        if (keys) fields = sign_dkim(text, std::move(*keys), fault);
    }
    if (!fault.empty()) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        return 1;
    }
    std::fwrite(fields.data(), 1, fields.size(), stdout);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

// StoreDirectory: what must be turned back and nobody may read in the store: keys that sign, passwords of
// smart hosts, recovery passwords of phones. In rows they stand as "sealed:" and base64; what an older
// version wrote plain is read as it is, and sealed when its row is next written.
#include "base/base64.hpp"
#include "directory/store_directory.hpp"

namespace directory {
namespace {

constexpr std::string_view mark = sealed_mark;
constexpr Error no_sealing_key{Errc::unavailable, "the sealing key cannot be read or made; the log says why"};

std::string label_of(const Domain& domain) { return "smart host of " + domain.name; }
std::string label_of(const PostOffice& office) { return "smart host of post office " + office.name; }
}  // namespace

std::string label_of(const std::string& domain, const DkimKey& key) {
    return "key " + key.selector + " of " + domain;
}

/// A smart host without a user has nothing to hide.
bool StoreDirectory::hides(const std::string& smart_host) {
    return smart_host.find('@') != std::string::npos;
}

Result<void> StoreDirectory::hide(const std::string& label, std::string& text) {
    if (options_.secrets_key_file.empty() || text.empty() || text.starts_with(mark)) return {};
    const auto sealed = secrets_.seal_text(label, base::Secret(text));
    if (!sealed) return no_sealing_key;
    text = std::string(mark) + base::base64_encode(*sealed);
    return {};
}

/// Without its key it stays sealed: what needs it says so, and the key may come back.
void StoreDirectory::reveal(const std::string& label, std::string& text) {
    if (!text.starts_with(mark)) return;
    const auto octets = base::base64_decode(std::string_view(text).substr(mark.size()));
    const auto plain = octets ? secrets_.open_text(label, *octets) : std::nullopt;
    if (plain) text = plain->reveal();
}

Result<void> StoreDirectory::hide(Domain& domain) {
    return hides(domain.smart_host) ? hide(label_of(domain), domain.smart_host) : Result<void>();
}
Result<void> StoreDirectory::hide(PostOffice& office) {
    return hides(office.smart_host) ? hide(label_of(office), office.smart_host) : Result<void>();
}
Result<void> StoreDirectory::hide(const std::string& domain, DkimKeys& keys) {
    for (DkimKey& key : keys)
        if (auto hidden = hide(label_of(domain, key), key.pem); !hidden) return hidden;
    return {};
}

void StoreDirectory::reveal(Domain& domain) { reveal(label_of(domain), domain.smart_host); }
void StoreDirectory::reveal(PostOffice& office) { reveal(label_of(office), office.smart_host); }
void StoreDirectory::reveal(const std::string& domain, DkimKeys& keys) {
    for (DkimKey& key : keys) reveal(label_of(domain, key), key.pem);
}

}  // namespace directory

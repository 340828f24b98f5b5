#include "directory/sealer.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"

namespace directory {
namespace {

static_assert(crypto_secretbox_KEYBYTES == 32);

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

private:
    int number_;
};

bool write_new(const std::string& path, const unsigned char* octets, std::size_t size) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return file.number() >= 0 && ::write(file.number(), octets, size) == static_cast<ssize_t>(size) &&
           ::fsync(file.number()) == 0;
}

std::string account_prefix(base::AccountId account) { return fmt::format("{:08x}", account.value); }

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Sealer::~Sealer() { sodium_memzero(key_.data(), key_.size()); }

bool Sealer::missing() {
    const std::lock_guard lock(mutex_);
    return !loaded_ && !key_file_.empty() && ::access(key_file_.c_str(), F_OK) != 0 && errno == ENOENT;
}

bool Sealer::load(bool create) {
    const std::lock_guard lock(mutex_);
    if (loaded_) return true;
    if (key_file_.empty()) return false;
    if (create && may_make_ && ::access(key_file_.c_str(), F_OK) != 0 && errno == ENOENT) {
        // Written aside and linked: two processes at their first start agree on one key, and a crash leaves
        // no half.
        std::array<unsigned char, 32> fresh{};
        randombytes_buf(fresh.data(), fresh.size());
        const std::string aside = fmt::format("{}.{}", key_file_, ::getpid());
        ::unlink(aside.c_str());
        if (write_new(aside, fresh.data(), fresh.size())) (void)::link(aside.c_str(), key_file_.c_str());
        ::unlink(aside.c_str());
        // What is sealed with it may be on the disk at once, so must its name be.
        const std::string folder = std::filesystem::path(key_file_).parent_path();
        const Descriptor names(
            ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (names.number() >= 0) ::fsync(names.number());
        sodium_memzero(fresh.data(), fresh.size());
    }
    const Descriptor file(::open(key_file_.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about{};
    loaded_ = file.number() >= 0 && ::fstat(file.number(), &about) == 0 &&
              ::read(file.number(), key_.data(), key_.size()) == static_cast<ssize_t>(key_.size());
    if (!loaded_ && !std::exchange(told_, true)) {
        base::log::error("directory", "cannot read the key of what is sealed",
                         {{"file", key_file_}, {"error", std::strerror(errno)}});
    } else if (loaded_ && (about.st_mode & 077U) != 0) {
        base::log::warn("directory", "others may read the key of what is sealed", {{"file", key_file_}});
    }
    return loaded_;
}

std::optional<std::string> Sealer::seal(base::AccountId account, const base::Secret& password) {
    return seal_behind(account_prefix(account), password);
}
std::optional<base::Secret> Sealer::open(base::AccountId account, std::string_view sealed) {
    return open_behind(account_prefix(account), sealed);
}
// An account's prefix has no line end, so that neither kind opens as the other.
std::optional<std::string> Sealer::seal_text(std::string_view owner, const base::Secret& text) {
    return seal_behind(std::string(owner) + "\n", text);
}
std::optional<base::Secret> Sealer::open_text(std::string_view owner, std::string_view sealed) {
    return open_behind(std::string(owner) + "\n", sealed);
}

std::optional<std::string> Sealer::seal_behind(const std::string& prefix, const base::Secret& text) {
    if (!load(true)) return std::nullopt;
    const base::Secret plain(std::string(prefix).append(text.reveal()));
    std::string out(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + plain.reveal().size(), '\0');
    randombytes_buf(out.data(), crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(octets(out) + crypto_secretbox_NONCEBYTES, octets(plain.reveal()),
                          plain.reveal().size(), octets(out), key_.data());
    return out;
}

std::optional<base::Secret> Sealer::open_behind(const std::string& prefix, std::string_view sealed) {
    constexpr std::size_t overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (sealed.size() < overhead || !load(false)) return std::nullopt;
    std::string buffer(sealed.size() - overhead, '\0');
    const int failed =
        crypto_secretbox_open_easy(octets(buffer), octets(sealed) + crypto_secretbox_NONCEBYTES,
                                   sealed.size() - crypto_secretbox_NONCEBYTES, octets(sealed), key_.data());
    const base::Secret plain(std::move(buffer));
    if (failed != 0 || !plain.reveal().starts_with(prefix)) return std::nullopt;
    return base::Secret(std::string(plain.reveal().substr(prefix.size())));
}

}  // namespace directory

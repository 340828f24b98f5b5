#include "eas/mail/file_name.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/assert.hpp"

namespace eas {

namespace {
constexpr std::size_t name_octets = 8;  // pim::itip::is_file_name()
}

struct FileName::State {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

FileName::FileName() : state_(std::make_unique<State>()) {
    BASE_ASSERT(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1);
}
FileName::~FileName() = default;

void FileName::add(std::string_view octets) {
    BASE_ASSERT(EVP_DigestUpdate(state_->context.get(), octets.data(), octets.size()) == 1);
}

std::string FileName::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    BASE_ASSERT(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr) == 1);
    std::string out;
    for (std::size_t i = 0; i < name_octets; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
}

}  // namespace eas

// Writing and reading stored values: little endian, varints, length-prefixed strings. Each value is
// [format u8][payload][crc32c u32 of both]; the reader takes any octets and never reads past them.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/crc32c.hpp"

namespace store {

static_assert(std::endian::native == std::endian::little,
              "numbers are stored as this machine has them in memory");

class WireWriter {
public:
    explicit WireWriter(std::uint8_t format, std::size_t reserve = 64) {
        out_.reserve(reserve);
        u8(format);
    }

    void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
    void u32(std::uint32_t value) { fixed(value); }
    void u64(std::uint64_t value) { fixed(value); }
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80U));
        u8(static_cast<std::uint8_t>(value));
    }
    /// Small numbers of either sign.
    void zigzag(std::int64_t value) {
        varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
    }
    void text(std::string_view octets) {
        varint(octets.size());
        out_ += octets;
    }
    void raw(const void* from, std::size_t bytes) { out_.append(static_cast<const char*>(from), bytes); }
    std::size_t size() const { return out_.size(); }

    /// The whole value, with its checksum.
    std::string seal() && {
        fixed(base::crc32c(out_));
        return std::move(out_);
    }

private:
    template <class Int>
    void fixed(Int value) {
        raw(&value, sizeof value);
    }
    std::string out_;
};

/// It is as it was written; what it says is not looked at.
inline bool is_sealed(std::string_view value) {
    if (value.size() < 5) return false;
    std::uint32_t stored = 0;
    std::memcpy(&stored, value.data() + value.size() - 4, 4);
    return base::crc32c(value.substr(0, value.size() - 4)) == stored;
}

/// After a failed read everything reads as zero and ok() is false for ever.
class WireReader {
public:
    /// Checks checksum and format.
    WireReader(std::string_view value, std::uint8_t format) {
        ok_ = is_sealed(value);
        if (!ok_) return;
        left_ = value.substr(0, value.size() - 4);
        if (u8() != format) ok_ = false;
    }

    bool ok() const { return ok_; }
    /// All read, nothing left over.
    bool done() const { return ok_ && left_.empty(); }
    std::size_t left() const { return ok_ ? left_.size() : 0; }

    std::uint8_t u8() { return fixed<std::uint8_t>(); }
    std::uint32_t u32() { return fixed<std::uint32_t>(); }
    std::uint64_t u64() { return fixed<std::uint64_t>(); }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t octet = u8();
            if (shift == 63 && octet > 1) break;  // over 64 bits
            value |= std::uint64_t{octet & 0x7FU} << shift;
            if (octet < 0x80) return ok_ ? value : 0;
        }
        ok_ = false;
        return 0;
    }
    std::uint32_t varint32() {
        const std::uint64_t value = varint();
        if (value > 0xFFFFFFFFU) ok_ = false;
        return static_cast<std::uint32_t>(value);
    }
    std::int64_t zigzag() {
        const std::uint64_t value = varint();
        return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1U) + 1));
    }
    /// Points into the value.
    std::string_view text() { return raw(varint()); }
    std::string_view raw(std::uint64_t bytes) {
        if (!ok_ || bytes > left_.size()) {
            ok_ = false;
            return {};
        }
        const std::string_view out = left_.substr(0, bytes);
        left_.remove_prefix(bytes);
        return out;
    }
    void fail() { ok_ = false; }

private:
    template <class Int>
    Int fixed() {
        Int value = 0;
        const std::string_view from = raw(sizeof value);
        if (ok_) std::memcpy(&value, from.data(), sizeof value);
        return value;
    }
    std::string_view left_;
    bool ok_ = false;
};

}  // namespace store

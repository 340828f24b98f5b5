#include "net/buffers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace net {
namespace {

/// Blocks of one size and strings, kept by each thread. What is over the limit goes back to malloc.
struct Store {
    static constexpr std::size_t blocks_max = 32, strings_max = 32;
    std::vector<char*> blocks;
    std::vector<std::string> strings;

    Store() {
        blocks.reserve(blocks_max);
        strings.reserve(strings_max);
    }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    ~Store() {
        for (char* block : blocks) delete[] block;
    }
};

Store& store() {
    thread_local Store instance;
    return instance;
}

char* take_block(std::size_t capacity) {
    Store& s = store();
    if (capacity != InputBuffer::block_bytes || s.blocks.empty()) return new char[capacity];
    char* block = s.blocks.back();
    s.blocks.pop_back();
    return block;
}

void give_block(char* block, std::size_t capacity) {
    Store& s = store();
    if (capacity == InputBuffer::block_bytes && s.blocks.size() < Store::blocks_max) {
        s.blocks.push_back(block);  // reserved: does not throw
    } else {
        delete[] block;
    }
}

}  // namespace

std::span<char> InputBuffer::prepare(std::size_t octets) {
    if (capacity_ - end_ < octets) {
        const std::size_t held = size();
        if (begin_ != 0 && capacity_ - held >= octets) {
            std::memmove(data_, data_ + begin_, held);
        } else {
            // Doubling, so that a caller that lets its input grow copies each octet a few times at most.
            const std::size_t capacity =
                std::max({block_bytes, held + octets, held > block_bytes ? held * 2 : 0});
            char* bigger = take_block(capacity);
            if (held != 0) std::memcpy(bigger, data_ + begin_, held);
            if (data_ != nullptr) give_block(data_, capacity_);
            data_ = bigger;
            capacity_ = capacity;
        }
        begin_ = 0;
        end_ = held;
    }
    return {data_ + end_, capacity_ - end_};
}

void InputBuffer::append(std::string_view octets) {
    if (octets.empty()) return;
    const auto room = prepare(octets.size());
    std::memcpy(room.data(), octets.data(), octets.size());
    commit(octets.size());
}

void InputBuffer::consume(std::size_t octets) {
    if (octets > size()) throw base::Bug("net: consumed more than there is");
    begin_ += octets;
    if (begin_ == end_) release();
}

void InputBuffer::shrink() {
    const std::size_t held = size();
    if (held == 0) return release();
    if (capacity_ <= 2 * held + 256)
        return;  // little to win, and a rest that grows octet by octet is not copied each time
    char* exact = new char[held];
    std::memcpy(exact, data_ + begin_, held);
    give_block(data_, capacity_);
    data_ = exact;
    capacity_ = held;
    begin_ = 0;
    end_ = held;
}

void InputBuffer::release() {
    if (data_ != nullptr) give_block(data_, capacity_);
    data_ = nullptr;
    capacity_ = begin_ = end_ = 0;
}

std::string borrow_output() {
    Store& s = store();
    if (s.strings.empty()) {
        std::string fresh;
        fresh.reserve(4000);
        return fresh;
    }
    std::string kept = std::move(s.strings.back());
    s.strings.pop_back();
    return kept;
}

void return_output(std::string& output) {
    Store& s = store();
    constexpr std::size_t worth_keeping = 1000;
    if (output.capacity() >= worth_keeping && output.capacity() <= output_kept_bytes &&
        s.strings.size() < Store::strings_max) {
        output.clear();
        s.strings.push_back(std::move(output));
    }
    output = std::string();
}

std::span<char> receive_scratch() {
    thread_local const auto octets = std::make_unique<char[]>(InputBuffer::large_bytes);
    return {octets.get(), InputBuffer::large_bytes};
}

std::string& ciphertext_scratch() {
    thread_local std::string octets;
    return octets;
}

}  // namespace net

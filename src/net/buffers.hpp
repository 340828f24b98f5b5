// Buffers on loan: a connection borrows memory from the thread that it runs on while it has something to
// hold, and gives it back before it sleeps. So ten thousand idle connections hold none, and a busy one
// allocates nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace net {

/// Octets received and not consumed yet. Empty, it owns no memory.
class InputBuffer {
public:
    /// What one receive asks for. Larger blocks are for streams that have filled a small one (message
    /// bodies).
    static constexpr std::size_t block_bytes = 16U << 10;
    static constexpr std::size_t large_bytes = 64U << 10;

    InputBuffer() = default;
    InputBuffer(const InputBuffer&) = delete;
    InputBuffer& operator=(const InputBuffer&) = delete;
    ~InputBuffer() { release(); }

    std::string_view view() const { return {data_ + begin_, static_cast<std::size_t>(end_ - begin_)}; }
    bool empty() const { return begin_ == end_; }
    std::size_t size() const { return end_ - begin_; }

    /// Room for at least `octets` behind what is held; views taken before are void.
    std::span<char> prepare(std::size_t octets);
    void commit(std::size_t octets) { end_ += octets; }
    void append(std::string_view octets);
    void consume(std::size_t octets);
    /// Before a sleep: keeps the rest in a block of its own size.
    void shrink();
    void release();

private:
    char* data_ = nullptr;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

/// An empty string with room for a few answers, from the thread's store; and back.
std::string borrow_output();
void return_output(std::string& output);
/// Above it an output is freed when it was sent, not returned.
constexpr std::size_t output_kept_bytes = 32U << 10;

/// Scratch of the thread, for use between two suspensions only.
std::span<char> receive_scratch();  ///< TLS: octets as they come from the socket
std::string& ciphertext_scratch();  ///< TLS: records on their way to the socket

}  // namespace net

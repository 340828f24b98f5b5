// Inflater and Deflater: one direction each of a connection that is compressed with raw DEFLATE (RFC 1951,
// for RFC 4978). zlib's own state belongs to the thread: a connection keeps only the octets that the other
// side may refer back to, so that one that sleeps holds some KB instead of 300.
//
// Sans I/O; on the connection's strand.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/buffers.hpp"

namespace net {

class Inflater {
public:
    enum class Status : std::uint8_t {
        done,        ///< plain text has grown
        want_input,  ///< nothing left to inflate
        failed,      ///< damaged, or the stream has ended: nothing more comes
    };

    Inflater();
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Octets as they come from the peer go to its end.
    InputBuffer& received() { return received_; }
    /// Gives at most `octets_max` of plain text, and none of what is behind a flush of the peer's (call it
    /// again): so what is done after a command that ends the compression is not taken for compressed, and 64
    /// KiB that stand for 64 MiB never are in memory at one time.
    Status read(InputBuffer& plain, std::size_t octets_max);
    /// True when read() without new octets may give plain text, or tells the end.
    bool has_input() const { return failed_ || more_ || !received_.empty(); }
    /// True when all that was inflated so far ends with a flush of the peer's.
    bool at_flush() const { return at_flush_; }
    /// Before a sleep: gives zlib's state back, if the peer has stopped between two blocks.
    void park();
    /// Of a peer that says nothing for a while: packs what it may refer back to. False: that is not worth it.
    bool can_pack() const { return !packed_ && past_.size() > worth_packing; }
    void pack();

private:
    struct Engine;
    static constexpr std::size_t worth_packing = 4U << 10;
    void load();

    InputBuffer received_;
    std::unique_ptr<Engine> engine_;  // null: parked
    std::string past_;                // parked: the last 32 KiB of plain text
    bool packed_ = false;             // past_ is deflated itself
    std::uint8_t bits_ = 0;           // parked: how many of `octet_`, from its top, are not read yet
    std::uint8_t octet_ = 0;
    bool more_ = false;  // zlib has more than it could give
    bool block_gave_ = false;
    bool at_flush_ = false;
    bool failed_ = false;  // or ended
};

class Deflater {
public:
    /// Appends what `plain` becomes to `out`, flushed: the peer can inflate all of it. Of large output call
    /// it with pieces.
    void write(std::string_view plain, std::string& out);

private:
    std::string past_;          // the last octets of plain text, for the next write() to refer to
    std::uint64_t serial_ = 0;  // of the last write(); see Engine
};

}  // namespace net

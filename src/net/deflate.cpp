#include "net/deflate.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>
#include <vector>
#include <zlib.h>

#include "base/result.hpp"

namespace net {
namespace {

constexpr int raw_window_bits = -15;  // RFC 4978 section 4: no zlib header
constexpr std::size_t window_bytes = 32U << 10;
/// Level 6 takes 1.4 times the time of 3, and what mail becomes is 4 % smaller: see net/README.md.
constexpr int level = 3;
/// What a sleeping connection keeps of its output, as the dictionary of what follows. Answers of 300 octets
/// become 1 % larger than with all of it, with 4 KiB 6 % larger.
constexpr std::size_t past_kept_bytes = 8U << 10;
/// Of zlib's states a thread keeps as many as may be needed between two sleeps, and some for streams that
/// stop in the middle of a block.
constexpr std::size_t engines_max = 4;

Bytef* octets_of(const char* text) {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));  // zlib's next_in is not const
}

}  // namespace

// ---- Inflater ----

struct Inflater::Engine {
    z_stream z{};
    Engine() {
        if (inflateInit2(&z, raw_window_bits) != Z_OK) throw std::bad_alloc();
    }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() { inflateEnd(&z); }

    static std::vector<std::unique_ptr<Engine>>& store() {
        thread_local std::vector<std::unique_ptr<Engine>> instance;
        return instance;
    }
    static std::unique_ptr<Engine> take() {
        if (store().empty()) return std::make_unique<Engine>();
        std::unique_ptr<Engine> out = std::move(store().back());
        store().pop_back();
        inflateReset(&out->z);
        return out;
    }
    static void give(std::unique_ptr<Engine> engine) {
        if (store().size() < engines_max) store().push_back(std::move(engine));
    }
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

void Inflater::load() {
    engine_ = Engine::take();
    std::string past = std::exchange(past_, {});
    if (std::exchange(packed_, false)) {
        // What pack() has made, so it is whole.
        const auto room = receive_scratch();
        z_stream& z = engine_->z;
        z.next_in = octets_of(past.data());
        z.avail_in = static_cast<uInt>(past.size());
        z.next_out = octets_of(room.data());
        z.avail_out = static_cast<uInt>(room.size());
        if (inflate(&z, Z_FINISH) != Z_STREAM_END) throw base::Bug("net: packed octets are damaged");
        past.assign(room.data(), room.size() - z.avail_out);
        inflateReset(&z);
    }
    if (!past.empty())
        inflateSetDictionary(&engine_->z, octets_of(past.data()), static_cast<uInt>(past.size()));
    if (bits_ != 0) inflatePrime(&engine_->z, bits_, octet_ >> (8 - bits_));
}

Inflater::Status Inflater::read(InputBuffer& plain, std::size_t octets_max) {
    if (failed_) return Status::failed;
    if (!has_input()) return Status::want_input;
    if (engine_ == nullptr) load();
    z_stream& z = engine_->z;
    const auto room = plain.prepare(octets_max).first(octets_max);
    z.next_out = octets_of(room.data());
    z.avail_out = static_cast<uInt>(room.size());
    const std::string_view from = received_.view();
    z.next_in = octets_of(from.data());
    z.avail_in = static_cast<uInt>(from.size());
    for (;;) {
        const uInt in = z.avail_in, out = z.avail_out;
        const int result = inflate(&z, Z_BLOCK);
        if (z.avail_out != out) {
            block_gave_ = true;
            at_flush_ = false;
        }
        const bool between_blocks = (z.data_type & 128) != 0;
        const bool ended = result == Z_STREAM_END || (between_blocks && (z.data_type & 64) != 0);
        if (ended || (result != Z_OK && result != Z_BUF_ERROR)) {
            failed_ = true;  // what was said before is still heard
            at_flush_ = at_flush_ || ended;
            break;
        }
        if (between_blocks && !std::exchange(block_gave_, false)) {  // an empty block
            at_flush_ = true;
            break;
        }
        if (between_blocks ? z.avail_in == 0 : z.avail_in == in && z.avail_out == out) break;
    }
    const std::size_t taken = from.size() - z.avail_in;
    if (taken != 0) octet_ = static_cast<std::uint8_t>(from[taken - 1]);
    received_.consume(taken);
    more_ = z.avail_out == 0;
    const std::size_t given = room.size() - z.avail_out;
    plain.commit(given);
    if (plain.empty()) plain.release();
    if (given != 0) return Status::done;
    return failed_ ? Status::failed : Status::want_input;
}

void Inflater::park() {
    received_.shrink();
    if (engine_ == nullptr) return;
    const z_stream& z = engine_->z;
    const bool between_blocks = (z.data_type & 128) != 0 && (z.data_type & 64) == 0;
    const unsigned bits = static_cast<unsigned>(z.data_type) & 63U;
    if (failed_ || more_ || !between_blocks || bits >= 8) return;
    bits_ = static_cast<std::uint8_t>(bits);
    const auto room = receive_scratch();
    uInt length = window_bytes;
    if (inflateGetDictionary(&engine_->z, octets_of(room.data()), &length) != Z_OK) return;
    past_.assign(room.data(), length);
    Engine::give(std::move(engine_));
}

void Inflater::pack() {
    z_stream z{};
    if (deflateInit2(&z, 1, Z_DEFLATED, raw_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) return;
    std::string out(deflateBound(&z, static_cast<uLong>(past_.size())), '\0');
    z.next_in = octets_of(past_.data());
    z.avail_in = static_cast<uInt>(past_.size());
    z.next_out = octets_of(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    packed_ = deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (packed_) past_.assign(out, 0, out.size() - z.avail_out);
    past_.shrink_to_fit();
    deflateEnd(&z);
}

// ---- Deflater ----

namespace {

/// One for each thread. Whoever has written last needs not tell it his past again: `serial` is that of the
/// last write().
struct DeflateEngine {
    z_stream z{};
    std::uint64_t serial = 0;
    DeflateEngine() {
        if (deflateInit2(&z, level, Z_DEFLATED, raw_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    DeflateEngine(const DeflateEngine&) = delete;
    DeflateEngine& operator=(const DeflateEngine&) = delete;
    ~DeflateEngine() { deflateEnd(&z); }

    static DeflateEngine& instance() {
        thread_local DeflateEngine engine;
        return engine;
    }
    static std::uint64_t next_serial() {
        static std::atomic<std::uint64_t> last{0};
        return last.fetch_add(1, std::memory_order_relaxed) + 1;
    }
};

}  // namespace

void Deflater::write(std::string_view plain, std::string& out) {
    if (plain.empty()) return;
    DeflateEngine& engine = DeflateEngine::instance();
    z_stream& z = engine.z;
    if (serial_ == 0 || engine.serial != serial_) {
        deflateReset(&z);
        if (!past_.empty())
            deflateSetDictionary(&z, octets_of(past_.data()), static_cast<uInt>(past_.size()));
    }
    z.next_in = octets_of(plain.data());
    z.avail_in = static_cast<uInt>(plain.size());
    do {
        const std::size_t held = out.size();
        out.resize(held + deflateBound(&z, z.avail_in) + 16);  // with the flush's marker
        z.next_out = octets_of(out.data()) + held;
        z.avail_out = static_cast<uInt>(out.size() - held);
        deflate(&z, Z_SYNC_FLUSH);
        out.resize(out.size() - z.avail_out);
    } while (z.avail_out == 0);
    engine.serial = serial_ = DeflateEngine::next_serial();
    if (plain.size() >= past_kept_bytes) {
        past_.assign(plain.substr(plain.size() - past_kept_bytes));
        return;
    }
    const std::size_t excess =
        past_.size() + plain.size() - std::min(past_.size() + plain.size(), past_kept_bytes);
    past_.erase(0, excess);
    if (past_.capacity() < past_.size() + plain.size())
        past_.reserve(std::min(past_kept_bytes, past_.size() + plain.size() + 1024));
    past_.append(plain);
}

}  // namespace net

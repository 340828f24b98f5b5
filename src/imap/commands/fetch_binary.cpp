// BINARY and BINARY.SIZE: RFC 9051 sections 6.4.5 and 7.5.2, RFC 3516. The transfer encoding is taken off in
// pieces: once to learn the size, which the literal must announce, and once to send.
#include "imap/commands/fetch_run.hpp"
#include "mime/codec.hpp"

namespace imap {

/// The octets of the decoded part that are sent; nothing is sent while `out` is null.
struct FetchRun::Window {
    std::uint64_t skip = 0;
    std::uint64_t left = 0;
    std::string* out = nullptr;

    void take(std::string_view octets) {
        const std::uint64_t passed = std::min<std::uint64_t>(skip, octets.size());
        skip -= passed;
        octets.remove_prefix(passed);
        octets = octets.substr(0, std::min<std::uint64_t>(left, octets.size()));
        left -= octets.size();
        if (out != nullptr) out->append(octets);
    }
};

awaitable<bool> FetchRun::write_binary(const FetchSection* what, Message* message) {
    const bool size_only = what->kind == FetchSection::Kind::binary_size;
    mime::Range range{0, message->detail->size};  // BINARY[]: the message as it is
    mime::Encoding encoding = mime::Encoding::binary;
    if (!what->section.part.empty()) {
        const mime::Tree& tree = tree_of(*message);
        const std::uint32_t index = mime::find_part(tree, what->section.part);
        if (index == mime::no_part) {
            size_only ? writer_.binary_size(*what, 0) : writer_.absent(*what);
            co_return true;
        }
        const mime::Part& part = tree.parts[index];
        range = {part.body_offset + message->detail->prefix.size(), part.body_bytes};
        if (part.kind == mime::Kind::leaf) encoding = part.encoding;
    }
    if (encoding == mime::Encoding::unknown) {
        // RFC 9051 section 6.4.5: NO [UNKNOWN-CTE] for the command; the item itself stays out.
        unknown_cte_ = true;
        co_return true;
    }
    const bool encoded = encoding == mime::Encoding::base64 || encoding == mime::Encoding::quoted_printable;
    std::uint64_t size = range.bytes;
    if (encoded) {
        const auto decoded = co_await decode(message, range, encoding, nullptr);
        if (!decoded) {
            note(decoded.error());
            size_only ? writer_.binary_size(*what, 0) : writer_.absent(*what);
            co_return true;
        }
        size = *decoded;
    }
    if (size_only) {
        writer_.binary_size(*what, size);
        co_return true;
    }
    Window window;
    window.skip = what->partial ? std::min(what->partial->offset, size) : 0;
    window.left = what->partial ? std::min(what->partial->length, size - window.skip) : size;
    if (!encoded) co_return co_await write_octets(what, message, {range.offset + window.skip, window.left});
    window.out = &session_.out();
    writer_.literal(*what, window.left);
    const auto sent = co_await decode(message, range, encoding, &window);
    co_return sent.has_value() && window.left == 0;
}

/// Reads and decodes the part; gives what the window wants to it. Its value: octets of the decoded part (all
/// of it without a window).
awaitable<store::Result<std::uint64_t>> FetchRun::decode(Message* message, mime::Range range,
                                                         mime::Encoding encoding, Window* window) {
    mime::TransferDecoder decoder(encoding);
    std::string decoded;
    std::uint64_t size = 0;
    while (range.bytes != 0) {
        const std::size_t wanted = std::min<std::uint64_t>(range.bytes, session_.services_.limits.read_bytes);
        const auto piece = co_await folder_->read(message->detail, range.offset, wanted);
        if (!piece) co_return piece.error();
        if (piece->size() != wanted)
            co_return store::Error(store::Errc::corrupt, "message is shorter than known");
        range.offset += wanted;
        range.bytes -= wanted;
        decoded.clear();
        decoder.decode(*piece, decoded);
        if (range.bytes == 0) decoder.finish(decoded);
        size += decoded.size();
        if (window != nullptr) window->take(decoded);
        if (window != nullptr && window->left == 0) break;
        bool more = true;
        if (window == nullptr) {
            more = co_await session_.give_way();
        } else {
            more = co_await session_.breathe();
        }
        if (!more) co_return store::Error(store::Errc::unavailable, "the client is gone");
    }
    co_return size;
}

}  // namespace imap

#include "mta/smtp_out/down_convert.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "mime/codec.hpp"
#include "mime/index.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

using Way = SevenBitPlan::Way;
using Piece = SevenBitPlan::Piece;
constexpr std::size_t base64_line_octets = 57;  // 76 letters

/// What is in one body.
struct BodyFacts {
    std::uint64_t octets = 0, eight_bit = 0;
    std::size_t longest_line = 0;
    bool nul = false;

    void feed(std::string_view piece) {
        octets += piece.size();
        for (const char c : piece) {
            line_ = c == '\n' ? 0 : line_ + 1;
            longest_line = std::max(longest_line, line_);
            if (static_cast<unsigned char>(c) >= 0x80) ++eight_bit;
            nul = nul || c == '\0';
        }
    }
    bool plain() const { return eight_bit == 0 && !nul && longest_line <= 999; }

private:
    std::size_t line_ = 0;
};

bool identity(mime::Encoding encoding) {
    return encoding == mime::Encoding::seven_bit || encoding == mime::Encoding::eight_bit ||
           encoding == mime::Encoding::binary;
}

asio::awaitable<store::Result<BodyFacts>> look_at(std::shared_ptr<Message> message, std::uint64_t offset,
                                                  std::uint64_t bytes, std::size_t piece_bytes) {
    BodyFacts out;
    for (std::uint64_t at = 0; at < bytes;) {
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - at, piece_bytes));
        const auto piece = co_await message->read(offset + at, length);
        if (!piece) co_return piece.error();
        if (piece->empty()) co_return store::Error(store::Errc::corrupt, "the message is cut short");
        out.feed(*piece);
        at += piece->size();
    }
    co_return out;
}

asio::awaitable<store::Result<mime::Index>> index_of(std::shared_ptr<Message> message,
                                                     std::size_t piece_bytes) {
    mime::Indexer indexer;
    PlainSource source(std::move(message), piece_bytes);
    for (;;) {
        const auto piece = co_await source.next();
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        indexer.feed(*piece);
    }
    co_return indexer.finish();
}

/// Puts header and body of a part behind what was planned; what lies between is copied.
void plan_part(SevenBitPlan& plan, std::uint64_t& planned, const mime::Part& part, bool top,
               const std::string& encoding, Way way) {
    const auto put = [&](Piece piece) {
        if (piece.bytes != 0 || piece.way == Way::header) plan.pieces.push_back(std::move(piece));
    };
    if (part.header_offset < planned) return;  // cannot be: parts come in order
    put({Way::copy, planned, part.header_offset - planned, {}, false});
    put({Way::header, part.header_offset, part.header_bytes, encoding, top});
    planned = part.header_offset + part.header_bytes;
    if (way == Way::copy) return;
    put({Way::copy, planned, part.body_offset - planned, {}, false});
    put({way, part.body_offset, part.body_bytes, {}, false});
    planned = part.body_offset + part.body_bytes;
}

}  // namespace

asio::awaitable<store::Result<std::shared_ptr<const SevenBitPlan>>> plan_seven_bit(
    std::shared_ptr<Message> message, std::size_t piece_bytes) {
    auto out = std::make_shared<SevenBitPlan>();
    const auto index = co_await index_of(message, piece_bytes);
    if (!index) co_return index.error();
    out->eight_bit_header = index->eight_bit_header;
    if (index->eight_bit_header) co_return out;
    std::uint64_t planned = 0;
    for (const mime::Part& part : index->tree.parts) {
        const bool top = part.parent == mime::no_part;
        const bool convertible = part.header_bytes <= ConvertLimits::header_bytes && part.header_bytes != 0;
        if (part.kind != mime::Kind::leaf) {
            // Their encoding may only say what is inside.
            if (part.encoding == mime::Encoding::seven_bit) continue;
            if (!identity(part.encoding) || !convertible) co_return out;
            plan_part(*out, planned, part, top, "7bit", Way::copy);
            continue;
        }
        const auto facts = co_await look_at(message, part.body_offset, part.body_bytes, piece_bytes);
        if (!facts) co_return facts.error();
        if (facts->plain()) {
            if (part.encoding == mime::Encoding::seven_bit || !identity(part.encoding)) continue;
            if (!convertible) co_return out;
            plan_part(*out, planned, part, top, "7bit", Way::copy);
            continue;
        }
        if (!identity(part.encoding) || !convertible) co_return out;
        const bool text = (part.type.empty() || part.type == "text") && !facts->nul &&
                          facts->longest_line <= ConvertLimits::line_bytes &&
                          facts->eight_bit * 3 <= facts->octets;
        plan_part(*out, planned, part, top, text ? "quoted-printable" : "base64",
                  text ? Way::quoted_printable : Way::base64);
    }
    if (planned < index->size) out->pieces.push_back({Way::copy, planned, index->size - planned, {}, false});
    out->possible = true;
    co_return out;
}

std::string with_encoding(std::string_view header, const std::string& encoding, bool top) {
    std::string out;
    bool skipping = false, has_version = false, has_type = false, ended = false;
    const auto is_field = [](std::string_view line, std::string_view name) {
        return line.size() > name.size() && base::equals_nocase(line.substr(0, name.size()), name);
    };
    const auto add = [&] {
        if (top && !has_version) out += "MIME-Version: 1.0\r\n";
        // RFC 1428 section 3: what the octets mean was never said.
        if (top && !has_type && encoding != "7bit")
            out += "Content-Type: text/plain; charset=unknown-8bit\r\n";
        out += "Content-Transfer-Encoding: " + encoding + "\r\n";
        ended = true;
    };
    while (!header.empty()) {
        const std::size_t end = std::min(header.find('\n'), header.size() - 1) + 1;
        const std::string_view line = header.substr(0, end);
        header.remove_prefix(end);
        if (line == "\r\n" || line == "\n") {
            add();
            out += line;
            break;
        }
        const bool folded = line.front() == ' ' || line.front() == '\t';
        if (!folded) {
            skipping = is_field(line, "Content-Transfer-Encoding:");
            has_version = has_version || is_field(line, "MIME-Version:");
            has_type = has_type || is_field(line, "Content-Type:");
        }
        if (!skipping) out += line;
    }
    if (!ended) {
        if (!out.empty() && out.back() != '\n') out += "\r\n";
        add();
    }
    return out;
}

/// In whole lines; the rest waits.
std::string SevenBitSource::encode(const Piece& piece, std::string octets, bool last) {
    std::string all = std::move(rest_) + octets;
    rest_.clear();
    if (piece.way == Way::base64) {
        const std::size_t whole = last ? all.size() : all.size() - all.size() % base64_line_octets;
        rest_ = all.substr(whole);
        std::string out = mime::base64_encode(std::string_view(all).substr(0, whole));
        if (last && out.ends_with("\r\n")) out.resize(out.size() - 2);  // the boundary's own follows
        return out;
    }
    const std::size_t line_end = all.rfind('\n');
    const std::size_t whole = last ? all.size() : line_end == std::string::npos ? 0 : line_end + 1;
    rest_ = all.substr(whole);
    return mime::quoted_printable_encode(std::string_view(all).substr(0, whole));
}

asio::awaitable<store::Result<std::string>> SevenBitSource::next() {
    while (at_ < plan_->pieces.size()) {
        const Piece& piece = plan_->pieces[at_];
        const std::uint64_t most = piece.way == Way::header ? piece.bytes : piece_bytes_;
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.bytes - done_, most));
        std::string octets;
        if (length != 0) {
            auto read = co_await message_->read(piece.offset + done_, length);
            if (!read) co_return read.error();
            if (read->size() != length)
                co_return store::Error(store::Errc::corrupt, "the message is cut short");
            octets = std::move(*read);
        }
        done_ += length;
        const bool last = done_ == piece.bytes;
        if (last) {
            ++at_;
            done_ = 0;
        }
        if (piece.way == Way::header) {
            octets = with_encoding(octets, piece.encoding, piece.top);
        } else if (piece.way == Way::copy) {
            // Between parts, where nobody reads: no reason to refuse the message.
            for (char& c : octets)
                if (static_cast<unsigned char>(c) >= 0x80) c = '?';
        } else {
            octets = encode(piece, std::move(octets), last);
        }
        if (!octets.empty()) co_return octets;
    }
    co_return std::string();
}

}  // namespace mta::smtp_out

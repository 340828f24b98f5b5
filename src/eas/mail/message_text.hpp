// The text of a message in the form that a device asked for, from the octets of its parts. Pure.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "eas/mail/layout.hpp"
#include "eas/syntax/mail_item.hpp"
#include "mime/decode.hpp"

namespace eas {

/// The octets of a part's body, as they stand in the message.
using PartOctets = std::function<std::string_view(std::uint32_t part)>;

/// The text of all blocks of a message in one form, in UTF-8, as far as there is room for it.
struct GatheredText {
    std::string text;
    std::uint64_t size = 0;  ///< of all of it: about, where it is cut
    bool cut = false;
};

/// How much a TextGatherer may hold: of what it makes, and of the HTML of one part that it makes text of.
struct TextRoom {
    std::size_t octets_max = 8U << 20;
    std::size_t html_bytes_max = 8U << 20;
};

/// Gathers the text of a message, part by part and each in pieces.
class TextGatherer {
public:
    explicit TextGatherer(BodyType type, TextRoom room = {});
    ~TextGatherer();

    /// The next part of the text; with end() behind its last piece.
    void begin(const mime::Part& part);
    /// As they stand in the message.
    void take(std::string_view octets);
    void end();
    /// A plain text that is no part of a message.
    void append_plain(std::string_view utf8);
    /// There is no room for more: the rest needs not be read.
    bool full() const { return out_.cut; }
    GatheredText finish();

private:
    void append(std::string_view utf8);
    void append_as_html(std::string_view plain);
    void stop_before(std::string_view utf8);

    const BodyType type_;
    const TextRoom room_;
    GatheredText out_;
    const mime::Part* part_ = nullptr;
    std::unique_ptr<mime::TextDecoder> decoder_;
    std::string piece_;           // decoded; of HTML that becomes plain text all of it
    std::uint64_t taken_ = 0;     // of the part
    std::uint64_t left_out_ = 0;  // about, of all parts: there was no room for it
    bool same_ = true;            // the part is written in the form that is wanted
};

/// Which part of a block has its text in that form, or in the other where it has not.
std::uint32_t part_for(const TextBlock& block, BodyType type);

/// All text as plain text or as HTML, of a message that is in memory.
GatheredText text_as(BodyType type, const mime::Tree& tree, const Layout& layout, const PartOctets& octets,
                     TextRoom room = {});

/// The body that goes out: cut to what was asked for.
ItemBody make_body(BodyType type, GatheredText text, const BodyPreference& wanted);
ItemBody make_body(BodyType type, std::string text, const BodyPreference& wanted);

/// Which of the device's preferences is served: MIME where it takes it, else what the message is written in,
/// else the first. null: none was sent.
const BodyPreference* choose_body(const ItemOptions& options, const Layout& layout);

/// HTML that shows a plain text as it is: up to html_growth_max times as long.
constexpr std::size_t html_growth_max = 6;  // &quot;
std::string html_of(std::string_view plain);

}  // namespace eas

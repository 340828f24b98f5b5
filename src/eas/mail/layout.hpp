// Layout: which parts of a message are its text, and which are attachments. Pure.
#pragma once
#include <cstdint>
#include <vector>

#include "mime/tree.hpp"

namespace eas {

/// A piece of the message's text: the same in two forms, or in one.
struct TextBlock {
    std::uint32_t plain = mime::no_part, html = mime::no_part;
};

struct Layout {
    std::vector<TextBlock> texts;
    std::vector<std::uint32_t> attachments;
    std::vector<std::uint32_t> related;  ///< of these, ascending: they stand beside a text that may show them
    std::uint32_t calendar = mime::no_part;  ///< text/calendar beside the text: a meeting's message
    /// The first that stands as a file: it speaks too if its Content-Type has a method.
    std::uint32_t attached_calendar = mime::no_part;
    bool is_signed = false, is_encrypted = false, is_report = false;

    bool has_html() const;
};
Layout lay_out(const mime::Tree& tree);

}  // namespace eas

// Out-of-office answers in Settings: MS-ASCMD section 2.2.3.118.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wbxml/document.hpp"
#include "wbxml/encoder.hpp"

namespace eas {

/// Of a mailbox.
struct OutOfOffice {
    struct Reply {
        bool enabled = false;
        std::string text, type;  ///< "TEXT" or "HTML"
        bool operator==(const Reply&) const = default;
    };
    std::uint8_t state = 0;  ///< 0 off, 1 on, 2 between two times
    std::string start, end;
    Reply internal, external_known, external_unknown;
    bool operator==(const OutOfOffice&) const = default;
};

constexpr std::size_t oof_text_bytes_max = 64U << 10;

/// MS-ASCMD section 2.2.3.17: of plain text or HTML, or nobody said.
bool is_oof_body_type(std::string_view type);
/// A Set element. Nothing: not as the specification has it; one of two times is missing, or the end
/// is not the later one.
std::optional<OutOfOffice> parse_oof(wbxml::Element set);
/// A Get element; `type`: "TEXT" or "HTML", as asked for.
void write_oof(wbxml::Encoder& to, const OutOfOffice& oof, std::string_view type);

}  // namespace eas

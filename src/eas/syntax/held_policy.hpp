// HeldPolicy: what of a policy the server itself holds to, whatever a device makes of it. The rest of
// src/eas/syntax/policy.hpp only the device can obey. Pure.
#pragma once
#include <cstdint>

#include "eas/syntax/options.hpp"
#include "eas/syntax/policy.hpp"

namespace eas {

struct HeldPolicy {
    bool attachments = true;  ///< AttachmentsEnabled
    bool html = true;         ///< AllowHTMLEmail
    std::uint64_t attachment_bytes_max = UINT64_MAX;
    // FilterTypes; 0: as far back as anybody likes.
    std::uint8_t mail_filter = 0, calendar_filter = 0;
    // Of mail bodies, octets. The settings are kilobytes, as Exchange's operators know them.
    std::uint32_t plain_bytes_max = UINT32_MAX, html_bytes_max = UINT32_MAX;
    bool operator==(const HeldPolicy&) const = default;
};
HeldPolicy held_policy(const PolicySettings& settings);

/// Of two FilterTypes of one kind of folder the one that lets in less.
std::uint8_t narrower_filter(std::uint8_t asked, std::uint8_t most);

/// How a mail may be shown to who asks for it so. A whole message (MIME) brings its files and its HTML along:
/// where either is not allowed there is none, and text in its place.
ItemOptions held_options(ItemOptions asked, const HeldPolicy& held);

}  // namespace eas

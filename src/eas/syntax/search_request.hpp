// Search and Find: what is looked for, as values. MS-ASCMD sections 2.2.2.16 and, for Find, 16.1's pages.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "eas/syntax/options.hpp"
#include "wbxml/document.hpp"

namespace eas {

namespace search_status {
inline constexpr int ok = 1, protocol_error = 2, server_error = 3, bad_link = 4, access_denied = 5,
                     not_found = 6, too_complex = 8, bad_range = 12;
}

/// In the mailbox.
struct MailQuery {
    /// "Email", "Contacts", …; none: all. Those that nobody serves find nothing.
    std::vector<std::string> classes;
    std::vector<base::FolderId> folders;   ///< none: all
    bool deep = false;                     ///< what is below them too
    std::vector<std::string> words;        ///< each must be there
    std::optional<std::int64_t> from, to;  ///< of DateReceived
    std::string conversation;              ///< 16 octets; empty: any
};

struct SearchRequest {
    enum class Store : std::uint8_t { mailbox, people, other };
    Store store = Store::other;
    MailQuery mail;
    std::string people;  ///< the beginning of a name or an address
    bool wants_picture = false;
    PlaceRange range{0, 99};
    bool has_range = false;
    ItemOptions options;
    int status = search_status::ok;
};

/// Whether items of this class are looked for.
bool wants_class(const MailQuery& query, std::string_view name);
SearchRequest parse_search(wbxml::Element root);
SearchRequest parse_find(wbxml::Element root);

/// Words of a free text: what stands between blanks, quotes hold some together.
std::vector<std::string> words_of(std::string_view text);

}  // namespace eas

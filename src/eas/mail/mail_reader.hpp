// MailReader: a message of the store as an item for a device. Reads what the device asked for and no more.
#pragma once
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "eas/mail/layout.hpp"
#include "eas/syntax/ids.hpp"
#include "eas/syntax/mail_item.hpp"
#include "store/folder.hpp"

namespace eas {

using boost::asio::awaitable;

struct MailReaderLimits {
    std::size_t whole_bytes_max = 512U << 10;  ///< a message up to here is read at once
    /// Of all its text, in the form that is asked for, in UTF-8: longer ones are cut.
    std::size_t text_bytes_max = 8U << 20;
    std::size_t measured_bytes_max = 512U
                                     << 10;  ///< of text read where less is asked for, to say how long it is
    std::size_t header_bytes_max = 256U << 10;  ///< of a message's or a part's header
    std::size_t calendar_bytes_max = 6U << 20;  ///< of a text/calendar part, as it stands; larger: none
};

/// One message, read piece by piece as it is asked for. The folder and the detail live as long as it does.
class MessageOctets {
public:
    MessageOctets(store::FolderPtr folder, store::DetailPtr detail, MailReaderLimits limits = {})
        : folder_(std::move(folder)), detail_(std::move(detail)), limits_(limits) {}

    /// Small ones whole, of others nothing yet. \errors as Folder::read
    awaitable<store::Result<void>> open();
    const store::Detail& detail() const { return *detail_; }
    const mime::Tree& tree() const { return tree_; }
    const Layout& layout() const { return layout_; }

    awaitable<store::Result<std::string>> header();
    awaitable<store::Result<std::string>> part_header(std::uint32_t part);
    /// As they stand in the message, at most so many, from `offset` on.
    awaitable<store::Result<std::string>> part_octets(std::uint32_t part, std::size_t octets_max,
                                                      std::uint64_t offset = 0);
    /// As a part of another message: header and body. Of a message that is one file itself, the header says
    /// of the body alone.
    awaitable<store::Result<std::string>> whole_part(std::uint32_t part);
    awaitable<store::Result<std::string>> octets(std::uint64_t offset, std::size_t length);
    const MailReaderLimits& limits() const { return limits_; }

private:
    store::FolderPtr folder_;
    store::DetailPtr detail_;
    MailReaderLimits limits_;
    mime::Tree tree_;
    Layout layout_;
    std::optional<std::string> whole_;
};

/// Of these parts, with their headers, as they stand.
std::uint64_t octets_of(const mime::Tree& tree, const std::vector<std::uint32_t>& parts);

/// 16 octets that are the same for all messages of a thread. MS-ASCON section 2.2.2.3.
std::string conversation_of(base::ThreadId thread);
/// Nothing: it is the name of none.
std::optional<base::ThreadId> thread_of(std::string_view conversation);

/// Where a message with this header stands in its conversation.
std::string index_of(const store::Entry& entry, std::string_view header);

/// What of a message is in a snapshot: read, flagged, categories. `says`: its flag, if it says more than
/// that.
MailState state_of(const store::Entry& entry, const store::Keywords& keywords, const store::FollowUp* says);

struct ReadRequest {
    store::FolderPtr folder;
    store::Entry entry;
    store::DetailPtr detail;
    MailState state;
    ItemOptions options;
    bool is_draft = false;
};
/// \errors corrupt, not_found, unavailable
awaitable<store::Result<MailItem>> read_mail(ReadRequest request);

/// An attachment's octets, decoded, with its type ("image/png").
struct AttachmentOctets {
    std::string octets;  ///< of the range that was asked for
    std::string type;
    std::uint64_t total = 0;  ///< octets of the whole
};
struct AttachmentRequest {
    store::FolderPtr folder;
    store::DetailPtr detail;
    std::uint32_t part = 0;
    PlaceRange range{0, UINT32_MAX};  ///< of decoded octets
    std::size_t octets_max = SIZE_MAX;
    std::uint64_t total_max = UINT64_MAX;  ///< of the whole, whatever the range
    std::uint64_t* read_room = nullptr;    ///< so many may be read; what is read is taken off. Null: all
};
/// Reads piece by piece: only what was asked for is held. \errors not_found, limit: more than octets_max,
/// total_max or read_room
awaitable<store::Result<AttachmentOctets>> read_attachment(AttachmentRequest request);

}  // namespace eas

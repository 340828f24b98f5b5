// Items other than mail as they are read from a folder of the store, and as they are put there. The files of
// an event are parts of the same message, behind its text: docs/decisions/0015-items.md.
#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/random.hpp"
#include "eas/mail/mail_reader.hpp"
#include "eas/syntax/attachments.hpp"
#include "pim/component.hpp"
#include "store/account.hpp"
#include "store/store.hpp"

namespace eas {

using boost::asio::awaitable;

/// \errors not_found: the message is there no more, or is another by now · as Folder::details
awaitable<store::Result<store::DetailPtr>> read_detail(store::FolderPtr folder, store::Entry entry);

/// \errors corrupt: its text cannot be read · as Folder::read
awaitable<store::Result<pim::Component>> read_stored_item(store::FolderPtr folder, store::Entry entry,
                                                          store::DetailPtr detail, store::FolderKind kind);

/// What came with a mail about the event.
struct MailedFiles {
    struct Part {
        std::uint32_t number = 0;  ///< in `mail`
        AddedAttachment file;      ///< without octets
    };
    MessageOctets* mail = nullptr;
    std::vector<Part> parts;
    AttachmentChanges embedded;  ///< those within the calendar's text
};

/// Where the files are that an event names.
struct FileSources {
    const AttachmentChanges* added = nullptr;  ///< what a device sends with it; null: nothing
    const MailedFiles* mailed = nullptr;       ///< null: nothing
    store::FolderPtr folder;                   ///< and the event as it is stored now; null: it is new
    store::Entry entry;
};

/// What items are made with; both outlive them.
struct ItemTools {
    store::Store* store = nullptr;
    base::Random* random = nullptr;
    std::int64_t now = 0;
};

/// Ready for a folder. \errors limit: it would not be read again · conflict: the event is another one by now
/// · as MessageWriter
awaitable<store::Result<store::Incoming>> make_stored_item(ItemTools tools, store::FolderKind kind,
                                                           const pim::Component* item,
                                                           const FileSources* files);

/// The part of an event's message that holds a file. \errors not_found · as Folder::read
awaitable<store::Result<std::uint32_t>> find_file(MessageOctets* message, std::string name);
/// Of these files those that are there, as parts of another message: header and body.
awaitable<store::Result<std::vector<std::string>>> read_file_parts(store::FolderPtr folder,
                                                                   store::Entry entry,
                                                                   std::vector<std::string> names);

/// Of an item's row, which says which UID it has without reading it: item_message_id(). Empty: none.
std::string_view message_id_of(const store::Detail& detail);

}  // namespace eas

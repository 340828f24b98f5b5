// Mail as files: maildir (with Maildir++ subfolders), mbox and eml trees, read message by message and written
// back. Line ends: messages are CRLF in the store and LF in maildir and mbox files, as every Unix program
// expects them there; eml files keep what they have, but a message with LF only is read as CRLF too.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/admin_client.hpp"

namespace cli {

struct MailFile {
    std::string folder;              ///< "INBOX", "Work/2026"
    std::vector<std::string> flags;  ///< "\\Seen", "$Forwarded" …
    std::optional<std::int64_t> date;
    std::string octets;  ///< CRLF line ends
};

/// Takes a message; a failure ends the reading.
using OnMail = std::function<Result<void>(MailFile)>;

/// Flags after ":2," in a maildir file name.
std::vector<std::string> maildir_flags(std::string_view file_name);
std::string maildir_info(const std::vector<std::string>& flags);

/// A message's "From " line in an mbox: at the start of the file or after an empty line, with a date at its
/// end.
bool is_from_line(std::string_view line);

Result<void> read_maildir(const std::filesystem::path& root, const std::string& into, const OnMail& on_mail);
Result<void> read_mbox(const std::filesystem::path& file, const std::string& into, const OnMail& on_mail);
Result<void> read_eml(const std::filesystem::path& root, const std::string& into, const OnMail& on_mail);

/// Writes messages as they come; folders become Maildir++ directories, one mbox file each, or directories of
/// eml files.
class MailWriter {
public:
    virtual ~MailWriter() = default;
    virtual Result<void> write(const MailFile& mail, std::uint32_t uid) = 0;
};
Result<std::unique_ptr<MailWriter>> make_mail_writer(std::string_view format,
                                                     const std::filesystem::path& target);

}  // namespace cli

// Writers of ACL, LISTRIGHTS, MYRIGHTS (RFC 4314), QUOTA, QUOTAROOT (RFC 9208) and METADATA (RFC 5464).
#include "imap/syntax/response.hpp"

namespace imap {

std::string code::metadata_long_entries(std::uint64_t longest) {
    return "METADATA LONGENTRIES " + std::to_string(longest);
}
std::string code::metadata_max_size(std::uint64_t octets) {
    return "METADATA MAXSIZE " + std::to_string(octets);
}

/// A value of any octets: one that no string can hold goes as literal8 (RFC 5464 section 5).
void write_metadata(std::string& out, std::string_view mailbox, const std::vector<MetadataEntry>& entries,
                    WriteMode mode) {
    out.append("* METADATA ");
    write_mailbox(out, mailbox, mode);
    out.append(" (");
    bool first = true;
    for (const MetadataEntry& entry : entries) {
        if (!first) out.push_back(' ');
        first = false;
        write_astring(out, entry.name);
        out.push_back(' ');
        const bool binary = entry.value && entry.value->find('\0') != std::string_view::npos;
        if (binary) {
            out.append("~{");
            write_number(out, entry.value->size());
            out.append("}\r\n").append(*entry.value);
        } else {
            write_nstring(out, entry.value, mode);
        }
    }
    out.append(")\r\n");
}

void write_acl(std::string& out, std::string_view mailbox, const std::vector<AclPair>& pairs,
               WriteMode mode) {
    out.append("* ACL ");
    write_mailbox(out, mailbox, mode);
    for (const AclPair& pair : pairs) {
        out.push_back(' ');
        write_astring(out, pair.identifier, mode);
        out.push_back(' ');
        write_astring(out, pair.rights);
    }
    out.append("\r\n");
}

void write_list_rights(std::string& out, std::string_view mailbox, std::string_view identifier,
                       std::string_view always, std::string_view each, WriteMode mode) {
    out.append("* LISTRIGHTS ");
    write_mailbox(out, mailbox, mode);
    out.push_back(' ');
    write_astring(out, identifier, mode);
    out.push_back(' ');
    write_astring(out, always);
    for (const char right : each) out.append(" ").push_back(right);
    out.append("\r\n");
}

void write_my_rights(std::string& out, std::string_view mailbox, std::string_view rights, WriteMode mode) {
    out.append("* MYRIGHTS ");
    write_mailbox(out, mailbox, mode);
    out.push_back(' ');
    write_astring(out, rights);
    out.append("\r\n");
}

void write_metadata_names(std::string& out, std::string_view mailbox, std::span<const std::string> entries,
                          WriteMode mode) {
    if (entries.empty()) return;
    out.append("* METADATA ");
    write_mailbox(out, mailbox, mode);
    for (const std::string& entry : entries) {
        out.push_back(' ');
        write_astring(out, entry, mode);
    }
    out.append("\r\n");
}

void write_quota_root(std::string& out, std::string_view mailbox, std::string_view root, WriteMode mode) {
    out.append("* QUOTAROOT ");
    write_mailbox(out, mailbox, mode);
    out.push_back(' ');
    write_string(out, root, mode);
    out.append("\r\n");
}

void write_quota(std::string& out, std::string_view root, const std::vector<QuotaResource>& resources,
                 WriteMode mode) {
    out.append("* QUOTA ");
    write_string(out, root, mode);
    out.append(" (");
    bool first = true;
    for (const QuotaResource& resource : resources) {
        if (!first) out.push_back(' ');
        first = false;
        out.append(resource.name).push_back(' ');
        write_number(out, resource.usage);
        out.push_back(' ');
        write_number(out, resource.limit);
    }
    out.append(")\r\n");
}

}  // namespace imap

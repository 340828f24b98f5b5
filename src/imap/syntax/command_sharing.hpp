// The commands of ACL (RFC 4314), QUOTA (RFC 9208) and METADATA (RFC 5464): see command.hpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace imap::cmd {

struct SetAcl {  // RFC 4314 sections 3.1 and 3.2 (DELETEACL)
    enum class Change : std::uint8_t { replace, add, remove, erase };
    std::string mailbox;
    std::string identifier;  ///< with its "-" where it has one
    Change change = Change::replace;
    std::string rights;  ///< lower-case letters and digits
};
struct GetAcl {  // RFC 4314 section 3.3
    std::string mailbox;
};
struct ListRights {  // RFC 4314 section 3.4
    std::string mailbox;
    std::string identifier;
};
struct MyRights {  // RFC 4314 section 3.5
    std::string mailbox;
};
struct GetQuota {  // RFC 9208 section 4.1.1
    std::string root;
};
struct GetQuotaRoot {  // RFC 9208 section 4.1.2
    std::string mailbox;
};
struct SetQuota {  // RFC 9208 section 4.1.3
    std::string root;
    std::vector<std::pair<std::string, std::uint64_t>> limits;  ///< names in upper case
};

struct GetMetadata {  // RFC 5464 section 4.2
    enum class Depth : std::uint8_t { self, children, all };
    std::string mailbox;  ///< empty: the server
    std::optional<std::uint32_t> size_max;
    Depth depth = Depth::self;
    std::vector<std::string> entries;
};
struct SetMetadata {      // RFC 5464 section 4.3
    std::string mailbox;  ///< empty: the server
    std::vector<std::pair<std::string, std::optional<std::string>>> entries;
};

}  // namespace imap::cmd

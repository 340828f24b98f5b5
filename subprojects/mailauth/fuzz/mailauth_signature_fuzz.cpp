// A DKIM-Signature's value: what parses must come apart and together the same way.
#include "signature.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    const std::string field = "DKIM-Signature:" + std::string(octets) + "\r\n";
    const auto fields = mailauth::split_header(field);
    if (fields.empty()) return;
    for (const auto kind : {mailauth::SignatureKind::dkim, mailauth::SignatureKind::arc_message,
                            mailauth::SignatureKind::arc_seal}) {
        const mailauth::Signature signature = mailauth::parse_signature(fields.front(), kind);
        if (!signature.fault.empty()) continue;
        must(signature.b_begin <= signature.b_end && signature.b_end <= fields.front().octets.size());
        std::string text;
        mailauth::append_unsigned_field(signature, signature.header, text);
        must(!text.ends_with("\r\n"));
        (void)mailauth::header_digest(signature, mailauth::FieldIndex(fields));
    }
}

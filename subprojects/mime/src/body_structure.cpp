// BODYSTRUCTURE (RFC 9051 section 7.5.2), written part after part without recursion.
#include <vector>

#include "ascii.hpp"
#include "imap_writer.hpp"
#include "mime/charset.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "mime/imap.hpp"
#include "words.hpp"

namespace mime {
namespace {

// A multipart without parts: body-type-mpart has at least one body. Dovecot's answer, which clients know.
constexpr std::string_view empty_part =
    R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))";

class BodyStructureWriter {
public:
    BodyStructureWriter(const Index& index, const Limits& limits) : index_(index), out_(limits, false) {}

    std::string write() {
        const auto& parts = index_.tree.parts;
        std::vector<std::uint32_t> open;
        for (std::uint32_t i = 0; i < parts.size(); ++i) {
            while (!open.empty() && parts[open.back()].end <= i) {
                close(open.back());
                open.pop_back();
            }
            begin(i);
            if (parts[i].kind != Kind::leaf) open.push_back(i);
        }
        for (; !open.empty(); open.pop_back()) close(open.back());
        return out_.take();
    }

private:
    void begin(std::uint32_t at) {
        const Part& part = index_.tree.parts[at];
        out_.raw("(");
        if (part.kind == Kind::multipart) {
            if (part.end == at + 1) out_.raw(empty_part);
            return;
        }
        const KnownFields known = known_fields(index_, at);
        basic_fields(part, known);
        if (part.kind == Kind::message) {
            out_.raw(" ");
            out_.envelope(index_.header(at + 1), known_fields(index_, at + 1));
            out_.raw(" ");  // the body of the message inside is the next part
            return;
        }
        if (part.type == "text") {
            out_.raw(" ");
            out_.number(part.body_lines);
        }
        out_.raw(" ");
        out_.field(known, Known::content_md5);
        extension(known);
        out_.raw(")");
    }

    /// What follows the parts inside.
    void close(std::uint32_t at) {
        const Part& part = index_.tree.parts[at];
        const KnownFields known = known_fields(index_, at);
        out_.raw(" ");
        if (part.kind == Kind::multipart) {
            out_.quoted(safe(part.subtype));
            out_.raw(" ");
            parameters(parse_structured(known[Known::content_type], out_.limits()).parameters, false);
        } else {
            out_.number(part.body_lines);
            out_.raw(" ");
            out_.field(known, Known::content_md5);
        }
        extension(known);
        out_.raw(")");
    }

    void basic_fields(const Part& part, const KnownFields& known) {
        // What is not looked into (too deep, too many, encoded) must not promise parts or an envelope.
        const bool opaque =
            part.kind == Kind::leaf &&
            (part.type == "multipart" ||
             (part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global")));
        out_.quoted(opaque ? "application" : safe(part.type));
        out_.raw(" ");
        out_.quoted(opaque ? "octet-stream" : safe(part.subtype));
        out_.raw(" ");
        std::vector<Parameter> list = parse_structured(known[Known::content_type], out_.limits()).parameters;
        if (part.type == "text" && part.charset.empty()) {
            list.push_back({.name = "charset", .value = "us-ascii", .charset = {}});  // RFC 2045 section 5.2
        }
        parameters(list, opaque);
        out_.raw(" ");
        out_.field(known, Known::content_id);
        out_.raw(" ");
        out_.field(known, Known::content_description);
        out_.raw(" ");
        if (part.encoding == Encoding::unknown) {
            out_.text(known[Known::content_transfer_encoding]);
        } else {
            out_.quoted(encoding_name(part.encoding));
        }
        out_.raw(" ");
        out_.number(part.body_bytes);
    }

    /// Media types and parameter names are ASCII; faults become "?".
    static std::string safe(std::string_view token) {
        std::string out(token);
        for (char& c : out) {
            if (!is_printable(c)) c = '?';
        }
        return out;
    }

    void parameters(const std::vector<Parameter>& list, bool opaque) {
        bool any = false;
        for (const Parameter& parameter : list) {
            if (out_.full()) break;
            if (opaque && parameter.name == "boundary") continue;
            out_.raw(any ? " " : "(");
            any = true;
            if (!has_eight_bit(parameter.value)) {
                out_.quoted(safe(parameter.name));
                out_.raw(" ");
                out_.text(parameter.value);
            } else {
                // RFC 9051 asks for "name*" of such values; percent keeps them 7-bit, and clients read that
                // form.
                out_.quoted(safe(parameter.name) + '*');
                out_.raw(" ");
                out_.quoted(extended(guess_utf8(parameter.value)));
            }
        }
        out_.raw(any ? ")" : "NIL");
    }

    /// ext-value = charset "'" [language] "'" value-chars                    RFC 2231 section 7
    static std::string extended(std::string_view utf8) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        std::string out = "utf-8''";
        for (const char c : utf8) {
            if (is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_') {
                out.push_back(c);
            } else {
                out.push_back('%');
                out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
                out.push_back(digits[static_cast<unsigned char>(c) & 15]);
            }
        }
        return out;
    }

    /// Disposition, language and location, which leaves and multiparts share.
    void extension(const KnownFields& known) {
        out_.raw(" ");
        const Structured disposition = parse_structured(known[Known::content_disposition], out_.limits());
        // RFC 2183 section 2.8 has unknown types shown as attachments; what is no token is no type.
        if (disposition.value.empty() ||
            disposition.value.find_first_of("=?/<>@,:\\()[]\" ") != std::string::npos) {
            out_.raw("NIL");
        } else {
            out_.raw("(");
            out_.quoted(safe(disposition.value));
            out_.raw(" ");
            parameters(disposition.parameters, false);
            out_.raw(")");
        }
        out_.raw(" ");
        language(known[Known::content_language]);
        out_.raw(" ");
        if (known.has(Known::content_location)) {
            out_.text(known[Known::content_location]);
        } else {
            out_.raw("NIL");
        }
    }

    void language(std::string_view value) {
        constexpr std::size_t tags_max = 100;  // a part in more languages is no part
        std::vector<std::string_view> tags;
        while (!value.empty() && tags.size() < tags_max) {
            const std::size_t comma = value.find(',');
            const std::string_view tag = trim(value.substr(0, comma));
            if (!tag.empty()) tags.push_back(tag);
            value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
        }
        if (tags.empty()) return out_.raw("NIL");
        for (std::size_t i = 0; i < tags.size(); ++i) {
            out_.raw(i == 0 ? "(" : " ");
            out_.text(tags[i]);
        }
        out_.raw(")");
    }

    const Index& index_;
    ImapWriter out_;
};

}  // namespace

std::string body_structure(const Index& index, const Limits& limits) {
    return BodyStructureWriter(index, limits).write();
}

}  // namespace mime

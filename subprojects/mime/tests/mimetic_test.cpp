// mimetic as an oracle on well-formed mail: the same parts with the same types and bodies.
#include <gtest/gtest.h>
#include <mimetic/mimetic.h>

#include "corpus.hpp"
#include "mime/index.hpp"

namespace {

struct Seen {
    std::string type;
    std::string body;
    bool operator==(const Seen&) const = default;
};
void PrintTo(const Seen& seen, std::ostream* out) {
    *out << seen.type << " of " << seen.body.size() << " octets";
}

/// Leaves in order; mimetic goes into messages as we do.
void walk(const mimetic::MimeEntity& entity, std::vector<Seen>& out) {
    const auto& type = entity.header().contentType();
    const bool has_type = entity.header().hasField("Content-Type");
    if (!entity.body().parts().empty()) {
        for (const auto* part : entity.body().parts()) walk(*part, out);
        return;
    }
    std::string name = has_type ? type.type() + "/" + type.subtype() : "text/plain";
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out.push_back({.type = name, .body = entity.body()});
}

std::vector<Seen> by_mimetic(const std::string& message) {
    const mimetic::MimeEntity entity(message.begin(), message.end());
    std::vector<Seen> out;
    walk(entity, out);
    return out;
}

std::vector<Seen> by_index(const std::string& message) {
    std::vector<Seen> out;
    for (const mime::Part& part : mime::index(message).tree.parts) {
        if (part.kind != mime::Kind::leaf) continue;
        out.push_back({.type = part.type + "/" + part.subtype,
                       .body = message.substr(part.body_offset, part.body_bytes)});
    }
    return out;
}

TEST(Mimetic, agrees_on_well_formed_mail) {
    // Not attachments.eml: mimetic ends a quoted boundary at its semicolon.
    for (const char* name :
         {"simple.eml", "alternative.eml", "forwarded.eml", "html-only.eml", "groups.eml"}) {
        EXPECT_EQ(by_mimetic(mime_test::sample(name)), by_index(mime_test::sample(name))) << name;
    }
}

/// A message with parts nested as \p random says, bodies of lines that are no boundaries.
std::string generated(unsigned& random, int depth) {
    const auto next = [&random](unsigned below) {
        return (random = random * 1'664'525U + 1'013'904'223U) / 65'536U % below;
    };
    if (depth == 0 || next(3) == 0) {
        std::string text = next(2) ? "Content-Type: text/html; charset=utf-8\r\n\r\n"
                                   : "Content-Type: application/octet-stream\r\n\r\n";
        for (unsigned line = next(20); line > 0; --line)
            text += std::string(next(76), static_cast<char>('a' + next(26))) + "\r\n";
        return text + "x";
    }
    const std::string boundary = "=_" + std::to_string(depth) + "_" + std::to_string(next(100'000)) + "_=";
    std::string text = "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n\r\npreamble\r\n";
    for (unsigned part = next(4) + 1; part > 0; --part)
        text += "--" + boundary + "\r\n" + generated(random, depth - 1) + "\r\n";
    return text + "--" + boundary + "--\r\n";
}

TEST(Mimetic, agrees_on_generated_mail) {
    unsigned random = 7;
    for (int round = 0; round < 200; ++round) {
        const std::string message = "From: a@b\r\nSubject: s\r\n" + generated(random, 4);
        ASSERT_EQ(by_mimetic(message), by_index(message)) << message;
    }
}

}  // namespace

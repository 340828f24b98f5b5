#include "sample.hpp"

#include <array>
#include <random>

#include "wbxml/encoder.hpp"
#include "wbxml/tags.hpp"

namespace wbxml::sample {

namespace {

void mail(Encoder& out, int number) {
    out.open(airsync::add);
    out.text(airsync::server_id, "5:" + std::to_string(number));
    out.open(airsync::application_data);
    out.text(email::to, "\"Asma Haddad\" <asma@example.org>");
    out.text(email::from, "\"Karim Mansour\" <karim@example.net>");
    out.text(email::subject, "Minutes of the meeting " + std::to_string(number));
    out.text(email::date_received, "2026-11-22T09:15:00.000Z");
    out.text(email::display_to, "Asma Haddad");
    out.number(email::importance, 1);
    out.number(email::read, number % 2);
    out.open(airsyncbase::body);
    out.number(airsyncbase::type, 1);
    out.number(airsyncbase::estimated_data_size, 2700);
    out.number(airsyncbase::truncated, 1);
    out.text(airsyncbase::data, std::string(500, 'm'));
    out.close();
    out.text(email::message_class, "IPM.Note");
    out.text(email::internet_cpid, "65001");
    out.empty(email::flag);
    out.text(email::content_class, "urn:content-classes:message");
    out.number(airsyncbase::native_body_type, 1);
    out.opaque(email2::conversation_id, "0123456789abcdef");
    out.opaque(email2::conversation_index, "\x01\x02\x03\x04\x05");
    out.close();
    out.close();
}

class RandomWriter {
public:
    explicit RandomWriter(std::uint32_t seed) : random_(seed), out_(octets_) {}

    std::string write() {
        out_.open(any_tag());
        for (int i = below(40); i > 0; --i) step();
        while (out_.depth() > 0) out_.close();
        return std::move(octets_);
    }

private:
    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

    Tag any_tag() {
        for (;;) {
            const Tag tag(static_cast<std::uint8_t>(below(26)), static_cast<std::uint8_t>(5 + below(59)));
            if (!name(tag).empty()) return tag;
        }
    }

    std::string any_text() {
        static constexpr std::array<std::string_view, 8> pieces{"a", "<&>\"'", "\r\n", "\t",
                                                                "ü", "خبر",    "長い", "0"};
        std::string text;
        for (int i = below(6); i > 0; --i) text += pieces[static_cast<std::size_t>(below(8))];
        if (below(10) == 0) text.append(static_cast<std::size_t>(below(300)), 'x');
        return text;
    }

    void step() {
        switch (below(5)) {
            case 0:
                if (out_.depth() < 12) out_.open(any_tag());
                break;
            case 1:
                if (out_.depth() > 1) out_.close();
                break;
            case 2:
                out_.empty(any_tag());
                break;
            case 3:
                out_.text(any_tag(), any_text());
                break;
            default:
                out_.opaque(any_tag(),
                            std::string(static_cast<std::size_t>(below(400)), static_cast<char>(below(256))));
                break;
        }
    }

    std::mt19937 random_;
    std::string octets_;
    Encoder out_;
};

}  // namespace

std::string sync_answer(int items) {
    std::string octets;
    Encoder out(octets);
    out.open(airsync::sync);
    out.open(airsync::collections);
    out.open(airsync::collection);
    out.text(airsync::sync_key, "17.3");
    out.text(airsync::collection_id, "5");
    out.number(airsync::status, 1);
    out.empty(airsync::more_available);
    out.open(airsync::commands);
    for (int i = 1; i <= items; ++i) mail(out, i);
    while (out.depth() > 0) out.close();
    return octets;
}

std::string random_document(std::uint32_t seed) { return RandomWriter(seed).write(); }

}  // namespace wbxml::sample

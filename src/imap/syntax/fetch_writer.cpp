#include "imap/syntax/fetch_writer.hpp"

#include <array>
#include <charconv>

#include "imap/syntax/date_time.hpp"

namespace imap {
namespace {
constexpr unsigned recent_bit = 32;
constexpr std::array<std::string_view, 6> flag_names{"\\Seen",    "\\Answered", "\\Flagged",
                                                     "\\Deleted", "\\Draft",    "\\Recent"};

/// A short text on the stack: what belongs together is appended to the output at once.
class Piece {
public:
    void text(std::string_view text) {
        length_ += text.copy(octets_.data() + length_, octets_.size() - length_);
    }
    void number(std::uint64_t number) {
        char* const from = octets_.data() + length_;
        length_ +=
            static_cast<std::size_t>(std::to_chars(from, octets_.data() + octets_.size(), number).ptr - from);
    }
    std::string_view view() const { return {octets_.data(), length_}; }

private:
    std::array<char, 64> octets_;
    std::size_t length_ = 0;
};

/// "FLAGS (\Seen \Draft" for each set of system flags, made by the compiler.
struct FlagsText {
    std::array<char, 64> octets{};
    std::uint8_t length = 0;

    constexpr void append(std::string_view text) {
        for (const char c : text) octets[length++] = c;
    }
};
constexpr std::array<FlagsText, 64> make_flags_texts() {
    std::array<FlagsText, 64> texts{};
    for (unsigned set = 0; set < texts.size(); ++set) {
        texts[set].append(" FLAGS (");
        bool first = true;
        for (unsigned bit = 0; bit < flag_names.size(); ++bit) {
            if ((set >> bit & 1U) == 0) continue;
            if (!first) texts[set].append(" ");
            first = false;
            texts[set].append(flag_names[bit]);
        }
    }
    return texts;
}
constexpr std::array<FlagsText, 64> flags_texts = make_flags_texts();

void write_part(std::string& out, const Section& section) {
    for (std::size_t i = 0; i < section.part.size(); ++i) {
        if (i > 0) out.push_back('.');
        write_number(out, section.part[i]);
    }
}

std::string_view text_name(Section::Text text) {
    switch (text) {
        case Section::Text::whole:
            return "";
        case Section::Text::header:
            return "HEADER";
        case Section::Text::text:
            return "TEXT";
        case Section::Text::header_fields:
            return "HEADER.FIELDS";
        case Section::Text::header_fields_not:
            return "HEADER.FIELDS.NOT";
        case Section::Text::mime:
            return "MIME";
    }
    return "";
}

void write_fields(std::string& out, const Section& section) {
    if (section.text != Section::Text::header_fields && section.text != Section::Text::header_fields_not)
        return;
    out.append(" (");
    for (std::size_t i = 0; i < section.fields.size(); ++i) {
        if (i > 0) out.push_back(' ');
        write_astring(out, section.fields[i]);
    }
    out.push_back(')');
}

std::string_view kind_name(FetchSection::Kind kind) {
    switch (kind) {
        case FetchSection::Kind::body:
            return "BODY[";
        case FetchSection::Kind::binary:
            return "BINARY[";
        case FetchSection::Kind::binary_size:
            return "BINARY.SIZE[";
        case FetchSection::Kind::rfc822:
            return "RFC822";
        case FetchSection::Kind::rfc822_header:
            return "RFC822.HEADER";
        case FetchSection::Kind::rfc822_text:
            return "RFC822.TEXT";
    }
    return "BODY[";
}
}  // namespace

void write_section_label(std::string& out, const FetchSection& what) {
    const std::string_view name = kind_name(what.kind);
    out.append(name);
    if (!name.ends_with('[')) return;
    write_part(out, what.section);
    const std::string_view text = text_name(what.section.text);
    if (!text.empty() && !what.section.part.empty()) out.push_back('.');
    out.append(text);
    write_fields(out, what.section);
    out.push_back(']');
    if (!what.partial) return;
    out.push_back('<');
    write_number(out, what.partial->offset);
    out.push_back('>');
}

void FetchWriter::begin(base::SeqNum seq) {
    first_ = true;
    Piece piece;
    piece.text("* ");
    piece.number(seq.value);
    piece.text(" FETCH (");
    out_.append(piece.view());
}

void FetchWriter::begin(base::Uid uid) {
    first_ = true;
    Piece piece;
    piece.text("* ");
    piece.number(uid.value);
    piece.text(" UIDFETCH (");
    out_.append(piece.view());
}

void FetchWriter::end() { out_.append(")\r\n"); }

void FetchWriter::item(std::string_view name, std::uint64_t number, std::string_view closing) {
    Piece piece;
    piece.text(name);
    piece.number(number);
    piece.text(closing);
    out_.append(piece.view().substr(first_ ? 1 : 0));
    first_ = false;
}

void FetchWriter::uid(base::Uid uid) { item(" UID ", uid.value, ""); }
void FetchWriter::size(std::uint64_t octets) { item(" RFC822.SIZE ", octets, ""); }
void FetchWriter::gm_message_id(std::uint64_t id) { item(" X-GM-MSGID ", id, ""); }
void FetchWriter::gm_thread_id(std::uint64_t id) { item(" X-GM-THRID ", id, ""); }
void FetchWriter::mod_seq(base::ModSeq mod_seq) { item(" MODSEQ (", mod_seq.value, ")"); }

void FetchWriter::open_flags(std::uint8_t system, bool recent) {
    const FlagsText& text = flags_texts[system | (recent ? recent_bit : 0U)];
    out_.append(std::string_view(text.octets.data(), text.length).substr(first_ ? 1 : 0));
    first_ = false;
    first_flag_ = system == 0 && !recent;
}

void FetchWriter::keyword(std::string_view name) {
    if (!first_flag_) out_.push_back(' ');
    first_flag_ = false;
    out_.append(name);
}

void FetchWriter::internal_date(std::int64_t unix_seconds, int zone_minutes) {
    space();
    out_.append("INTERNALDATE \"");
    write_date_time(out_, unix_seconds, zone_minutes);
    out_.push_back('"');
}

void FetchWriter::save_date(std::optional<std::int64_t> unix_seconds) {
    space();
    out_.append("SAVEDATE ");
    if (!unix_seconds) {
        out_.append("NIL");
        return;
    }
    out_.push_back('"');
    write_date_time(out_, *unix_seconds);
    out_.push_back('"');
}

void FetchWriter::ready(std::string_view label, std::string_view text) {
    space();
    out_.append(label);
    out_.append(text);
}

void FetchWriter::object_id(std::string_view label, std::string_view id) {
    ready(label, id);
    out_.push_back(')');
}

void FetchWriter::thread_id(std::string_view id) {
    if (id.empty()) {
        ready("THREADID ", "NIL");
    } else {
        object_id("THREADID (", id);
    }
}

void FetchWriter::preview(std::optional<std::string_view> text, WriteMode mode) {
    ready("PREVIEW ", "");
    write_nstring(out_, text, mode);
}

void FetchWriter::literal(const FetchSection& what, std::uint64_t octets, bool literal8) {
    space();
    write_section_label(out_, what);
    out_.append(what.kind == FetchSection::Kind::binary && literal8 ? " ~{" : " {");
    write_number(out_, octets);
    out_.append("}\r\n");
}

void FetchWriter::absent(const FetchSection& what) {
    space();
    write_section_label(out_, what);
    out_.append(" NIL");
}

void FetchWriter::binary_size(const FetchSection& what, std::uint64_t octets) {
    space();
    write_section_label(out_, what);
    out_.push_back(' ');
    write_number(out_, octets);
}

}  // namespace imap

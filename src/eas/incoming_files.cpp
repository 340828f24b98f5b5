#include "eas/incoming_files.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "eas/items/event_attachments.hpp"
#include "eas/mail/file_name.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/files.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;
using store::Result;

constexpr std::size_t piece_bytes = 256U << 10;

std::string parameter_of(std::string_view header, std::string_view field_name, std::string_view name) {
    mime::Field field;
    if (!mime::find_field(header, field_name, field)) return {};
    const std::string text = mime::unfold(field.value);
    const mime::Structured read = mime::parse_structured(text);
    return std::string(read.parameter(name));
}

std::string content_id_of(std::string_view header) {
    mime::Field field;
    if (!mime::find_field(header, "Content-ID", field)) return {};
    const std::string text = mime::unfold(field.value);
    const auto ids = mime::parse_ids(text, 1);
    return ids.empty() ? std::string() : std::string(ids.front());
}

/// The Content-ID that "CID:..." names; empty: it is another kind.
std::string_view content_id_in(const pim::Property& property) {
    constexpr std::string_view scheme = "cid:";
    const std::string_view value = property.value;
    const bool named = property.name == "ATTACH" && value.size() > scheme.size() &&
                       base::equals_nocase(value.substr(0, scheme.size()), scheme);
    return named ? value.substr(scheme.size()) : std::string_view();
}

/// Programs differ in what they call it.
std::string file_name_of(const pim::Property& property) {
    for (const std::string_view name : {"FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-LABEL", "X-TITLE"})
        if (!property.parameter(name).empty()) return std::string(property.parameter(name));
    return "attachment";
}

/// One invitation.
class FileTaker {
public:
    FileTaker(MessageOctets* mail, itip::Message* message, const IncomingFileLimits& limits)
        : mail_(mail), message_(message), limits_(limits) {
        out_.mail = mail;
    }

    awaitable<Result<MailedFiles>> run() {
        for (pim::Component& event : message_->calendar.components)
            if (itip::is_event(event)) take_embedded(event);
        for (const std::uint32_t part : mail_->layout().attachments) {
            if (count_ >= limits_.count_max) break;
            const auto taken = co_await take_part(part);
            if (!taken) co_return taken.error();
        }
        co_return std::move(out_);
    }

private:
    bool has_room(std::uint64_t octets) const {
        return count_ < limits_.count_max && octets <= limits_.octets_max - octets_;
    }
    void note(std::uint64_t octets) {
        ++count_;
        octets_ += octets;
    }

    void take_embedded(pim::Component& event) {
        std::vector<AddedAttachment> found;
        std::erase_if(event.properties, [&](const pim::Property& one) {
            if (!itip::holds_octets(one)) return false;
            AddedAttachment file;
            file.octets = base::base64_decode(one.value).value_or(std::string());
            if (file.octets.empty() || !has_room(file.octets.size()) ||
                embedded_ + file.octets.size() > limits_.embedded_octets_max)
                return true;
            embedded_ += file.octets.size();
            note(file.octets.size());
            file.name = file_name_of(one);
            file.type = one.parameter("FMTTYPE");
            FileName name;
            name.add(file.name + "\n");
            name.add(file.octets);
            file.name_in_event = name.finish();
            found.push_back(std::move(file));
            return true;
        });
        for (AddedAttachment& file : found) {
            name_mailed_file(event, file, file.octets.size());
            out_.embedded.added.push_back(std::move(file));
        }
    }

    awaitable<Result<void>> take_part(std::uint32_t number) {
        const mime::Part& part = mail_->tree().parts[number];
        // The calendar's own text, also as a file beside it.
        if (part.subtype == "calendar" || part.subtype == "ics") co_return Result<void>();
        if (part.kind != mime::Kind::leaf || part.encoding == mime::Encoding::unknown)
            co_return Result<void>();
        if (part.body_bytes / 4 * 3 > limits_.octets_max - octets_) co_return Result<void>();
        const auto header = co_await mail_->part_header(number);
        if (!header) co_return header.error();
        const std::string content_id = content_id_of(*header);
        const bool is_named = !content_id.empty() && names(content_id);
        // What the text shows, a picture in a signature, is none of the meeting's files.
        if (!is_named && !part.attachment) co_return Result<void>();
        AddedAttachment file;
        file.name = mime::decode_text(parameter_of(*header, "Content-Disposition", "filename"));
        if (file.name.empty()) file.name = mime::decode_text(parameter_of(*header, "Content-Type", "name"));
        if (file.name.empty()) file.name = "attachment";
        file.type = part.type + "/" + part.subtype;
        FileName name;
        name.add(file.name + "\n");
        mime::TransferDecoder decoder(part.encoding);
        std::uint64_t octets = 0;
        std::string piece;
        for (std::uint64_t at = 0; at <= part.body_bytes; at += piece_bytes) {
            const auto raw = co_await mail_->part_octets(number, piece_bytes, at);
            if (!raw) co_return raw.error();
            decoder.decode(*raw, piece);
            if (at + piece_bytes > part.body_bytes) decoder.finish(piece);
            name.add(piece);
            octets += piece.size();
            piece.clear();
        }
        if (!has_room(octets)) co_return Result<void>();
        note(octets);
        file.name_in_event = name.finish();
        put_part(file, octets, content_id, is_named);
        MailedFiles::Part made;
        made.number = number;
        made.file = std::move(file);
        out_.parts.push_back(std::move(made));
        co_return Result<void>();
    }

    bool names(std::string_view content_id) const {
        return std::ranges::any_of(message_->calendar.components, [&](const pim::Component& event) {
            return itip::is_event(event) &&
                   std::ranges::any_of(event.properties, [&](const pim::Property& one) {
                       return content_id_in(one) == content_id;
                   });
        });
    }

    /// In the events that name it; what none names belongs to the meeting as a whole.
    void put_part(const AddedAttachment& file, std::uint64_t octets, std::string_view content_id,
                  bool is_named) {
        bool again = false;  // each event keeps its own
        for (pim::Component& event : message_->calendar.components) {
            if (!itip::is_event(event)) continue;
            const std::size_t before = event.properties.size();
            if (is_named)
                std::erase_if(event.properties,
                              [&](const pim::Property& one) { return content_id_in(one) == content_id; });
            const bool here =
                is_named ? event.properties.size() < before : &event == itip::main_event(message_->calendar);
            if (!here || (again && octets > limits_.octets_max - octets_)) continue;
            if (again) octets_ += octets;
            again = true;
            name_mailed_file(event, file, octets);
        }
    }

    MessageOctets* mail_;
    itip::Message* message_;
    const IncomingFileLimits limits_;
    MailedFiles out_;
    std::size_t count_ = 0;
    std::uint64_t octets_ = 0, embedded_ = 0;
};

}  // namespace

awaitable<Result<MailedFiles>> take_files(MessageOctets* mail, itip::Message* message,
                                          IncomingFileLimits limits) {
    const bool asks = message->method == itip::Method::request || message->method == itip::Method::add;
    if (!asks) co_return MailedFiles();
    FileTaker taker(mail, message, limits);
    co_return co_await taker.run();
}

void leave_files(pim::Component& calendar) {
    for (pim::Component& event : calendar.components)
        std::erase_if(event.properties, [](const pim::Property& one) {
            return !one.parameter(itip::mailed_file_parameter).empty();
        });
}

}  // namespace eas

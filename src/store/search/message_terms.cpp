#include "store/search/message_terms.hpp"

#include <utility>

#include "base/log.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "store/search_text.hpp"

namespace store::search {

trigram::Field field_of(std::string_view name) {
    using trigram::Field;
    if (mime::same_name(name, "Subject")) return Field::subject;
    if (mime::same_name(name, "From")) return Field::from;
    if (mime::same_name(name, "To")) return Field::to;
    if (mime::same_name(name, "Cc") || mime::same_name(name, "Bcc")) return Field::copy;
    return Field::other;
}

MessageTerms::MessageTerms(trigram::BuilderLimits limits) : collector_(std::in_place), builder_(limits) {}
MessageTerms::~MessageTerms() = default;

/// A message that the decoders stumble over is like one that cannot be read: any search looks at it.
void MessageTerms::take(std::vector<Step>& steps) {
    for (Step& step : steps) {
        if (failed_ && !std::holds_alternative<step::End>(step)) continue;
        try {
            std::visit([this](auto& what) { take(what); }, step);
        } catch (const std::exception& failure) {
            if (failed_ || std::holds_alternative<step::End>(step)) throw;
            base::log::error("search", "a message was not indexed", {{"what", failure.what()}});
            failed_ = true;
        }
    }
}

void MessageTerms::take(step::Begin&) { collector_->begin_document(); }

/// Each field as a line of its own, in the field of the index that its name says. TEXT searches the line,
/// other keys the value alone: so words of names are not certain.
void MessageTerms::take(step::Header& header) {
    mime::FieldReader reader(header.octets);
    for (mime::Field field; reader.next(field);) {
        collector_->begin_text(field_of(field.name));
        collector_->feed(field.name, false);
        collector_->feed(": ", false);
        collector_->feed(mime::decode_text(field.value.substr(0, SearchText::field_bytes_max)));
        collector_->end_text();
    }
}

void MessageTerms::take(step::PartHeader& header) {
    mime::FieldReader reader(header.octets);
    for (mime::Field field; reader.next(field);) {
        collector_->begin_text(trigram::Field::body);
        collector_->feed(field.name);
        collector_->feed(": ");
        collector_->feed(mime::decode_text(field.value.substr(0, SearchText::field_bytes_max)));
        collector_->end_text();
    }
}

void MessageTerms::take(step::Part& part) {
    decoder_ = std::make_unique<mime::TextDecoder>(part.encoding, part.charset);
    collector_->begin_text(trigram::Field::body);
}

void MessageTerms::take(step::Octets& octets) {
    text_.clear();
    decoder_->decode(octets.octets, text_);
    if (octets.last) decoder_->finish(text_);
    collector_->feed(text_);
    if (octets.last) collector_->end_text();
}

void MessageTerms::take(step::End& end) {
    if (end.readable && !failed_) {
        builder_.add(end.id, *collector_);
    } else {
        builder_.add_unknown(end.id);
    }
    if (std::exchange(failed_, false)) collector_.emplace();  // it stopped anywhere
}

}  // namespace store::search

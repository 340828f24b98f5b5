#include "filter/draft.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"

namespace filter {
namespace {
constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
}

std::string_view Draft::Field::value() const {
    const std::size_t colon = octets.find(':');
    if (colon == std::string::npos) return {};
    std::string_view out = std::string_view(octets).substr(colon + 1);
    if (out.ends_with('\n')) out.remove_suffix(1);
    if (out.ends_with('\r')) out.remove_suffix(1);
    return out;
}

Draft::Draft(std::string header, MessagePtr message)
    : original_(std::move(message)), body_offset_(header.size()) {
    mime::FieldReader reader(header);
    mime::Field field;
    while (reader.next(field)) {
        Field one;
        one.name = field.name;
        one.octets = field.octets;
        fields_.push_back(std::move(one));
    }
    end_ = reader.rest();
}

Draft::Field Draft::make_field(std::string_view name, std::string_view value) {
    Field out;
    out.name = name;
    out.octets.append(name).append(":").append(field_value(value)).append("\r\n");
    out.added = true;
    return out;
}

/// \p number from 1.
std::size_t Draft::find(std::string_view name, std::uint32_t number) const {
    for (std::size_t i = 0; i < fields_.size(); ++i)
        if (base::equals_nocase(fields_[i].name, name) && --number == 0) return i;
    return nowhere;
}

void Draft::edit(const HeaderEdit& edit) {
    if (!is_field_name(edit.name)) return;
    switch (edit.kind) {
        case HeaderEdit::Kind::insert: {
            const std::size_t at = std::min<std::size_t>(edit.index, fields_.size());
            // Among those that are in front already, all that changes is in front.
            const auto in_front = fields_.begin() + static_cast<std::ptrdiff_t>(at);
            if (!std::ranges::all_of(fields_.begin(), in_front, &Field::added)) rewritten_ = true;
            fields_.insert(in_front, make_field(edit.name, edit.value));
            return;
        }
        case HeaderEdit::Kind::change:
            if (const std::size_t at = find(edit.name, std::max<std::uint32_t>(edit.index, 1));
                at != nowhere) {
                rewritten_ = rewritten_ || !fields_[at].added;
                const bool added = fields_[at].added;
                fields_[at] = make_field(edit.name, edit.value);
                fields_[at].added = added;
                return;
            }
            [[fallthrough]];
        case HeaderEdit::Kind::append:
            rewritten_ = true;
            if (!fields_.empty() && !fields_.back().octets.ends_with('\n')) fields_.back().octets += "\r\n";
            fields_.push_back(make_field(edit.name, edit.value));
            return;
        case HeaderEdit::Kind::remove:
            if (const std::size_t at = find(edit.name, std::max<std::uint32_t>(edit.index, 1));
                at != nowhere) {
                rewritten_ = rewritten_ || !fields_[at].added;
                fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(at));
            }
            return;
        case HeaderEdit::Kind::remove_all:
            std::erase_if(fields_, [&](const Field& field) {
                if (!base::equals_nocase(field.name, edit.name)) return false;
                rewritten_ = rewritten_ || !field.added;
                return true;
            });
            return;
    }
}

void Draft::prefix_subject(std::string_view prefix) {
    const std::string word = mime::encode_word(prefix);
    const std::size_t at = find("Subject", 1);
    HeaderEdit change;
    change.name = "Subject";
    if (at == nowhere) {
        change.kind = HeaderEdit::Kind::insert;
        change.value = " " + word;
        return edit(change);
    }
    const std::string_view before = fields_[at].value();
    const std::size_t first = std::min(before.find_first_not_of(" \t\r\n"), before.size());
    if (before.substr(first).starts_with(word)) return;  // one that came back
    change.kind = HeaderEdit::Kind::change;
    change.index = 1;
    change.value = " " + word;
    if (!word.ends_with(' ')) change.value += ' ';
    change.value += before.substr(first);
    edit(change);
}

void Draft::replace_body(MessagePtr body) {
    new_body_ = std::move(body);
    rewritten_ = true;
    if (end_.empty()) end_ = "\r\n";
}

std::string Draft::header() const {
    std::string out;
    for (const Field& field : fields_) out += field.octets;
    // A message that ends within its header, without a line end, got fields behind it.
    if (!fields_.empty() && !out.ends_with('\n') && (!end_.empty() || new_body_)) out += "\r\n";
    return out + end_;
}

MessagePtr Draft::body() const {
    return new_body_ ? new_body_ : make_message(std::string(), original_, body_offset_);
}

MessagePtr Draft::message() const {
    if (new_body_) return make_message(header(), new_body_, 0);
    return make_message(header(), original_, body_offset_);
}

std::string Draft::prefix() const {
    std::string out;
    if (rewritten_) return out;
    for (const Field& field : fields_)
        if (field.added) out += field.octets;
    return out;
}

}  // namespace filter

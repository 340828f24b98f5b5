// Draft: a message as the filters have changed it so far. Keeps the header in memory, field by field, and the
// body where it is. Says at the end whether fields in front of the message are all that has changed, so that
// the blob which was written already may stay.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "filter/message.hpp"
#include "filter/syntax/edit.hpp"

namespace filter {

class Draft {
public:
    /// `header` is read_header() of `message`.
    Draft(std::string header, MessagePtr message);

    void edit(const HeaderEdit& edit);
    /// In front of Subject's text, once; a message without Subject gets one.
    void prefix_subject(std::string_view prefix);
    void replace_body(MessagePtr body);

    /// As it is now. Stays as it is when the draft changes again.
    MessagePtr message() const;
    std::string header() const;
    MessagePtr body() const;
    bool rewritten() const { return rewritten_; }
    /// When not rewritten(): the fields in front.
    std::string prefix() const;

    struct Field {
        std::string name;
        std::string octets;  ///< with its line end
        bool added = false;
        /// Behind the colon, folded as it is, without the last line end.
        std::string_view value() const;
    };
    const std::vector<Field>& fields() const { return fields_; }

private:
    std::size_t find(std::string_view name, std::uint32_t number) const;
    static Field make_field(std::string_view name, std::string_view value);

    std::vector<Field> fields_;
    std::string end_;  ///< the empty line; none: the message has no body
    MessagePtr original_;
    std::uint64_t body_offset_ = 0;
    MessagePtr new_body_;
    bool rewritten_ = false;
};

}  // namespace filter

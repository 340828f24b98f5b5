// MessageTerms: the text of messages into a segment in the making. What is searched is what IMAP searches:
// the header fields and the text parts of a message, decoded, and the header fields of its parts; attachments
// that are no text are not (src/imap/commands/search_content.cpp must find nothing that is not fed here).
//
// Work comes as a list of steps, gathered where octets are read and done where time may be spent.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mime/tree.hpp"
#include "trigram/builder.hpp"

namespace mime {
class TextDecoder;
}

namespace store::search {

namespace step {
struct Begin {};
struct Header {
    std::string octets;  ///< of the message, whole
};
struct PartHeader {
    std::string octets;
};
struct Part {
    mime::Encoding encoding = mime::Encoding::seven_bit;
    std::string charset;
};
struct Octets {
    std::string octets;  ///< of the part's body, the next
    bool last = false;
};
struct End {
    trigram::DocumentId id = 0;
    bool readable = true;  ///< false: it was not read to its end
};
}  // namespace step
using Step = std::variant<step::Begin, step::Header, step::PartHeader, step::Part, step::Octets, step::End>;

/// Used by one thread at a time.
class MessageTerms {
public:
    explicit MessageTerms(trigram::BuilderLimits limits);
    ~MessageTerms();
    MessageTerms(const MessageTerms&) = delete;
    MessageTerms& operator=(const MessageTerms&) = delete;

    void take(std::vector<Step>& steps);
    bool full() const { return builder_.full(); }
    std::size_t documents() const { return builder_.documents(); }
    std::string build() { return builder_.build(); }

private:
    void take(step::Begin& begin);
    void take(step::Header& header);
    void take(step::PartHeader& header);
    void take(step::Part& part);
    void take(step::Octets& octets);
    void take(step::End& end);

    std::optional<trigram::Collector> collector_;
    bool failed_ = false;  // of this document
    trigram::SegmentBuilder builder_;
    std::unique_ptr<mime::TextDecoder> decoder_;
    std::string text_;
};

/// Where a header field of a message is indexed.
trigram::Field field_of(std::string_view name);

}  // namespace store::search

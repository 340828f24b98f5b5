// A rule's line and a message, parted by a NUL: reading either never fails badly, and matching ends.
#include <cstdint>
#include <string>
#include <string_view>

#include "filter/rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace filter;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find('\0'), input.size());
    const std::string_view line = input.substr(0, end);
    const std::string message(input.substr(std::min(end + 1, input.size())));
    static_cast<void>(Action::parse(line).has_value());
    const auto criterion = Criterion::parse(line);
    if (!criterion) return 0;
    const std::size_t body = message.find("\r\n\r\n");
    Draft draft(message.substr(0, body == std::string::npos ? body : body + 4), make_message(message));
    draft.prefix_subject("[X] ");
    const Facts facts;
    Content content;
    content.text = message;
    content.attachments.push_back({{message.substr(0, 100)}, "a/b"});
    const std::vector<std::string> recipients{"a@b.test"};
    Seen seen;
    seen.facts = &facts;
    seen.draft = &draft;
    seen.content = &content;
    seen.recipients = &recipients;
    static_cast<void>(matches(*criterion, seen));
    return 0;
}

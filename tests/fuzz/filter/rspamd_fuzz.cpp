// An rspamd that says anything: bounded, and what it adds to a message is whole fields.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "filter/syntax/rspamd.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace filter;
    std::string why;
    const auto answer = rspamd::parse(std::string_view(reinterpret_cast<const char*>(data), size), why);
    if (!answer) {
        if (why.empty()) std::abort();
        return 0;
    }
    const rspamd::Limits limits;
    if (answer->edits.size() > limits.edits_max || answer->symbols.size() > limits.symbols_max) std::abort();
    for (const HeaderEdit& edit : answer->edits) {
        if (!is_field_name(edit.name)) std::abort();
        const std::string& value = edit.value;
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (value[i] == '\0') std::abort();
            if (value[i] == '\r' && (i + 2 >= value.size() || value[i + 1] != '\n')) std::abort();
            if (value[i] != '\n') continue;
            if (i == 0 || value[i - 1] != '\r' || (value[i + 1] != ' ' && value[i + 1] != '\t')) std::abort();
        }
    }
    return 0;
}

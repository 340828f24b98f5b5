// Any octets as a response: read whole and read in two pieces, it is the same response or the same fault.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/response_reader.hpp"

namespace {

struct Read {
    bool bad = false, header = false, done = false;
    unsigned status = 0;
    std::string body;
    http::Fields fields;
    friend bool operator==(const Read&, const Read&) = default;
};

Read read(std::string_view first, std::string_view second) {
    using State = http::ResponseReader::State;
    http::ResponseReader reader(2'000);
    Read out;
    std::string input;
    for (const std::string_view part : {first, second}) {
        input += part;
        for (bool again = true; again;) {
            again = false;
            const std::size_t before = out.body.size();
            const http::ResponseReader::Step step =
                out.header ? reader.read_body(input, out.body, 100) : reader.read_header(input);
            if (step.consumed > input.size() || out.body.size() > before + 100) std::abort();
            input.erase(0, step.consumed);
            if (step.state == State::need_more) continue;
            out.bad = step.state == State::bad;
            out.done = step.state == State::done;
            if (out.bad || out.done) return out;
            if (!out.header) {
                out.status = reader.status();
                out.fields = reader.end_to_end_fields();
                if (out.status < 200) std::abort();
            }
            again = out.header = true;
        }
    }
    out.bad = reader.end_of_input() == State::bad;
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t cut = data[0] % size;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Read whole = read(octets, {}), parts = read(octets.substr(0, cut), octets.substr(cut));
    if (size > 1'900) return 0;  // near the limit of a header what is refused depends on the cut
    const bool refused = whole.bad && parts.bad;
    if (!refused && !(whole == parts)) std::abort();
    return 0;
}

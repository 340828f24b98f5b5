// Any octets as a request: read whole and read in two pieces, it is the same request or the same fault.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/request_reader.hpp"
#include "http/response_writer.hpp"

namespace {

struct Read {
    int end = -1;  // of the last step; -1: more octets are needed
    unsigned status = 0;
    bool header = false;  // it is whole
    std::string method, target, body;
    friend bool operator==(const Read&, const Read&) = default;
};

Read read(std::string_view first, std::string_view second) {
    using State = http::RequestReader::State;
    http::RequestReader reader(2'000);
    Read out;
    std::string input;
    bool header = false;
    for (const std::string_view part : {first, second}) {
        input += part;
        for (bool again = true; again;) {
            again = false;
            const http::RequestReader::Step step =
                header ? reader.read_body(input, out.body, 100) : reader.read_header(input);
            if (step.consumed > input.size()) std::abort();
            input.erase(0, step.consumed);
            if (step.state == State::need_more) continue;
            out.end = static_cast<int>(step.state);
            if (step.state == State::bad) {
                out.status = reader.status();
                if (out.status < 400) std::abort();
                return out;
            }
            if (step.state == State::done) return out;
            if (!header) {
                out.header = true;
                out.method = reader.method();
                out.target = reader.target();
                http::accepts_gzip(reader.field("Accept-Encoding"));
            }
            again = header = true;
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t cut = data[0] % size;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Read whole = read(octets, {}), parts = read(octets.substr(0, cut), octets.substr(cut));
    if (size > 1'900) return 0;  // near the limit of a header what is refused depends on the cut
    // A header over its limit is refused as soon as that shows: another fault may stand behind it. So is what
    // cannot become a request, of which a part may be refused before the whole is looked at.
    const bool refused = (whole.status != 0 && parts.status != 0) || (!whole.header && !parts.header);
    if (!refused && !(whole == parts)) std::abort();
    return 0;
}

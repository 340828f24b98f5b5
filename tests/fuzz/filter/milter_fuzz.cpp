// A milter that says anything: the dialogue ends or waits, however its octets are cut, with the same result;
// what is said to it are whole packets.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "filter/syntax/milter.hpp"

namespace {
using namespace filter;
using milter::MilterDialogue;

void require(bool fine) {
    if (!fine) std::abort();
}

void check_packets(std::string_view out) {
    while (!out.empty()) {
        require(out.size() >= 5);
        std::size_t length = 0;
        for (int i = 0; i < 4; ++i)
            length = (length << 8U) | static_cast<unsigned char>(out[static_cast<std::size_t>(i)]);
        require(length >= 1 && length <= out.size() - 4);
        out.remove_prefix(4 + length);
    }
}

std::string converse(std::string_view filter, std::size_t cut) {
    milter::Facts facts;
    facts.host_name = "mx.test";
    facts.client_address = "192.0.2.1";
    facts.helo = "client.test";
    facts.sender = "s@client.test";
    facts.recipients = {"a@acme.test", "b@acme.test"};
    facts.fields = {{"Subject", " hello"}, {"From", " s@client.test"}};
    milter::Limits limits;
    limits.edits_max = 20;
    limits.progress_max = 50;
    MilterDialogue dialogue(facts, limits);
    std::string said, held;
    dialogue.start(said);
    int pieces = 0;
    for (std::size_t at = 0; at < filter.size() && dialogue.step() != MilterDialogue::Step::done; at += cut) {
        held += filter.substr(at, cut);
        for (bool more = true; more;) {
            more = false;
            while (dialogue.step() == MilterDialogue::Step::body) {
                dialogue.body(pieces < 3 ? "abc" : "", said);
                ++pieces;
                require(pieces < 100);
            }
            if (dialogue.step() != MilterDialogue::Step::reading) break;
            dialogue.take(held, said);
            require(dialogue.consumed() <= held.size());
            more = dialogue.consumed() != 0;
            held.erase(0, dialogue.consumed());
            said += dialogue.take_new_body().empty() ? "" : "";
        }
    }
    check_packets(said);
    const milter::Result& result = dialogue.result();
    require(result.edits.size() <= limits.edits_max);
    for (const HeaderEdit& edit : result.edits) require(is_field_name(edit.name));
    require(result.recipients_refused.size() <= facts.recipients.size());
    if (result.decision == milter::Result::Decision::reject) require(result.reply.code / 100 == 5);
    if (result.decision == milter::Result::Decision::tempfail) require(result.reply.code / 100 == 4);
    return said + std::to_string(static_cast<int>(result.decision)) + result.why;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view filter(reinterpret_cast<const char*>(data), size);
    const std::string whole = converse(filter, size == 0 ? 1 : size);
    require(whole == converse(filter, 1));
    require(whole == converse(filter, 7));
    return 0;
}

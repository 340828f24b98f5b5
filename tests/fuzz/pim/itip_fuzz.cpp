// Messages between calendars: no crash, bounded time; what was read is written and read as the same, and does
// what it may to an event that is kept.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/write.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pim::itip;
    const auto message = read_message(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!message) return 0;
    const Owner attendee{{"anna@example.test"}, "Anna"}, organizer{{"olga@example.test"}, "Olga"};
    pim::Component kept = adopt(*message, attendee);
    if (master_of(kept) == nullptr || !pim::parse(pim::write(kept))) std::abort();
    apply_request(kept, *message, attendee);
    apply_reply(kept, *message, "anna@example.test");
    const auto start = moment_of(kept, *master_of(kept), "DTSTART");
    apply_answer(kept, {Answer::tentative, start, 1'790'000'000}, attendee);
    OutgoingReply reply;
    reply.answer = Answer::accepted;
    if (const auto text = make_reply(kept, reply, attendee); text && !pim::parse(pim::write(*text)))
        std::abort();
    pim::Component after = kept;
    apply_answer(after, {Answer::declined, start, 1'790'000'000}, attendee);
    for (const Notice& notice : organize(&kept, after, organizer))
        if (notice.attendees.empty()) std::abort();
    (void)make_request(after, {}, 1'790'000'000);
    (void)make_cancel(kept, {"anna@example.test"}, start, 1'790'000'000);
    apply_cancel(kept, *message, attendee);
    return 0;
}

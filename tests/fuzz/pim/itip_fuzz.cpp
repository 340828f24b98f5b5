// Messages between calendars: no crash, bounded time; what was read is written and read as the same, and does
// what it may to an event that is kept, as does the message behind it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/write.hpp"

namespace {

using namespace pim::itip;

const Owner attendee{{"anna@example.test"}, "Anna"};

void apply_next(pim::Component& kept, const Message& next) {
    pim::Component cancelled = kept;
    apply_cancel(cancelled, next, attendee);
    apply_request(kept, next, attendee);
    apply_reply(kept, next, "anna@example.test");
    if (master_of(kept) == nullptr || master_of(cancelled) == nullptr) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto message = read_message(input);
    if (!message) return 0;
    const Owner organizer{{"olga@example.test"}, "Olga"};
    pim::Component kept = adopt(*message, attendee);
    if (master_of(kept) == nullptr || !pim::parse(pim::write(kept))) std::abort();
    apply_request(kept, *message, attendee);
    apply_reply(kept, *message, "anna@example.test");
    // What comes behind it is the next one about the same event.
    constexpr std::string_view end = "END:VCALENDAR";
    const std::size_t behind = input.find(end);
    if (behind != std::string_view::npos)
        if (const auto next = read_message(input.substr(behind + end.size()))) apply_next(kept, *next);
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
    (void)make_decline_counter(kept, {"anna@example.test"}, start, 1'790'000'000);
    if (const auto notice = answer_to(after, *message, organizer, "anna@example.test"))
        for (const Notice& told : still_to_tell({*notice}, &after))
            if (told.attendees.empty()) std::abort();
    apply_cancel(kept, *message, attendee);
    return 0;
}

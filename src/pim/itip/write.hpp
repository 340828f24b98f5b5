// What this calendar says to another about an event: REQUEST, CANCEL, REPLY, COUNTER, DECLINECOUNTER. RFC
// 5546 section 3.2. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pim/itip/message.hpp"
#include "pim/itip/people.hpp"

namespace pim::itip {

struct OutgoingReply {
    Answer answer = Answer::none;
    std::optional<std::int64_t> occurrence;  ///< nothing: the whole event
    /// Another time that he would like better; of a whole day its dates. Then it is a COUNTER.
    std::optional<std::int64_t> proposed_start, proposed_end;
    std::string comment;
    std::int64_t now = 0;
};
Method method_of(const OutgoingReply& reply);
/// The object with its METHOD. Nothing: there is no such occurrence, or the owner was not asked.
std::optional<Component> make_reply(const Component& calendar, const OutgoingReply& reply,
                                    const Owner& owner);

/// The event as others may see it. `occurrence`: that one alone. Nothing: there is none.
std::optional<Component> make_request(const Component& calendar, std::optional<std::int64_t> occurrence,
                                      std::int64_t now);
/// To `attendees` alone; of one occurrence or of all.
std::optional<Component> make_cancel(const Component& calendar, const std::vector<std::string>& attendees,
                                     std::optional<std::int64_t> occurrence, std::int64_t now);

/// To `attendees` alone, who would have liked another time: RFC 5546 section 3.2.8.
std::optional<Component> make_decline_counter(const Component& calendar,
                                              const std::vector<std::string>& attendees,
                                              std::optional<std::int64_t> occurrence, std::int64_t now);

/// What the organizer's change of an event asks to be told.
struct Notice {
    Method method = Method::request;
    std::optional<std::int64_t> occurrence;
    std::vector<std::string> attendees;
    bool operator==(const Notice&) const = default;
};
/// Makes `after` ready to be kept: SEQUENCE goes up when the times have changed, and answers to the former
/// ones do not count (RFC 5546 section 2.1.4). `before` null: the event is new.
std::vector<Notice> organize(const Component* before, Component& after, const Owner& owner);
/// Of a change of which somebody else tells: who is asked no more stays off, as organize() has it too.
void note_taken_off(const Component& before, Component& after, const Owner& owner);
/// Of what was to be told before, what is true of the event as it is now; null: it is gone. Who is asked
/// hears no CANCEL, and nobody else a REQUEST.
std::vector<Notice> still_to_tell(std::vector<Notice> notices, const Component* now_there);
/// Without what `told` has brought to the same people: of the whole event it is of each occurrence too.
std::vector<Notice> without_told(std::vector<Notice> notices, const std::vector<Notice>& told);
/// What the organizer's calendar says by itself to what `sender` asks: the event as it is to a REFRESH, no to
/// a COUNTER where other times are not wanted. Nothing: he is not asked, it is another one's event, or it is
/// for the organizer to answer.
std::optional<Notice> answer_to(const Component& calendar, const Message& message, const Owner& owner,
                                std::string_view sender);
/// Of an event that is taken away: to all that were asked.
std::vector<Notice> call_off_all(const Component& calendar, const Owner& owner);

}  // namespace pim::itip

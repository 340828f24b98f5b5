// Settings of mail that leaves and waits: routing, retries, sending limits, the trace.
#include <array>

#include "config/key_tables.hpp"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::array table{
    Key{"mta.smart_host",
        Type::text,
        "",
        {},
        "A host that takes all mail for the world: \"smtp://user:password@relay.example:587\", \"smtps://…\" "
        "for "
        "465; characters that a URL does not allow as %XX. With a user TLS is verified unless "
        "\"?tls=encrypted\", "
        "\"opportunistic\" or \"never\" stands behind it. Empty: the hosts that DNS names.",
        [](Config& c, const Value& v) { c.mta.smart_host = v.text; }},
    Key{"mta.by_recipient_domain",
        Type::list,
        "",
        {},
        "Smart hosts for mail to some domains: \"example.com=smtp://host\"; \".example.com\" are those below "
        "it. "
        "They go before all other rules of what leaves.",
        [](Config& c, const Value& v) { c.mta.by_recipient = v.list; }},
    Key{"mta.by_sender_domain",
        Type::list,
        "",
        {},
        "Smart hosts for mail of some senders, in the same way.",
        [](Config& c, const Value& v) { c.mta.by_sender = v.list; }},
    Key{"mta.relay_from_loopback",
        Type::boolean,
        "false",
        {},
        "Whether programs of this machine may send to the world through port 25 without a password.",
        [](Config& c, const Value& v) { c.mta.relay_from_loopback = v.yes; }},
    Key{"mta.retry_first",
        Type::duration,
        "5m",
        {ms(seconds(1)), ms(hours(24)), {}},
        "After how long mail that could not go is tried again; then after twice that, and so on.",
        [](Config& c, const Value& v) { c.mta.retry_first = time(v); }},
    Key{"mta.retry_longest",
        Type::duration,
        "4h",
        {ms(seconds(1)), ms(hours(48)), {}},
        "The longest time between two tries.",
        [](Config& c, const Value& v) { c.mta.retry_longest = time(v); }},
    Key{"mta.give_up",
        Type::duration,
        "30h",
        {ms(seconds(1)), ms(hours(24 * 30)), {}},
        "After how long the sender is told that it could not be delivered.",
        [](Config& c, const Value& v) { c.mta.give_up = time(v); }},
    Key{"mta.tell_delay",
        Type::duration,
        "4h",
        {0, ms(hours(24 * 30)), {}},
        "After how long the sender is told, once, that it takes longer; 0: never.",
        [](Config& c, const Value& v) { c.mta.tell_delay = time(v); }},
    Key{"mta.attempts_max",
        Type::count,
        "200",
        {1, 10'000, {}},
        "Messages that are being sent at one time.",
        [](Config& c, const Value& v) { c.mta.attempts_max = u32(v); }},
    Key{"mta.destination_attempts_max",
        Type::count,
        "20",
        {1, 1'000, {}},
        "Of them to one destination.",
        [](Config& c, const Value& v) { c.mta.destination_attempts_max = u32(v); }},
    Key{"mta.recipients_per_hour",
        Type::count,
        "1000",
        {0, 10'000'000, {}},
        "To how many recipients an account may send in an hour: what a stolen password is worth. 0: no "
        "limit.",
        [](Config& c, const Value& v) { c.mta.recipients_per_hour = u32(v); }},
    Key{"mta.recipients_per_day",
        Type::count,
        "0",
        {0, 100'000'000, {}},
        "The same for a day.",
        [](Config& c, const Value& v) { c.mta.recipients_per_day = u32(v); }},
    Key{"mta.trace_bytes",
        Type::size,
        "512MiB",
        {0, std::int64_t{1} << 40, {}},
        "How much `barid trace` remembers, some 300 octets a step; the oldest goes first. 0: nothing.",
        [](Config& c, const Value& v) { c.mta.trace_bytes = u64(v); }},
};

}  // namespace

std::span<const Key> mta_keys() { return table; }

}  // namespace config

// The exceptions of a series as devices hear of them: MS-ASCAL section 2.2.2.21.
#include <algorithm>
#include <limits>

#include "eas/items/event_exceptions.hpp"
#include "pim/date_time.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::calendar;

constexpr std::size_t shown_max = 256;  // to a device: MS-ASCAL section 2.2.2.21

void write_id(wbxml::Encoder& to, const EventFrame& frame, std::int64_t id, const ItemView& view) {
    const std::string text = write_compact(frame.to_device(id));
    if (view.version >= 160)
        to.text(wbxml::airsyncbase::instance_id, text);
    else
        to.text(tags::exception_start_time, text);
}

/// Of too many exceptions those that lie farthest back are not told.
std::int64_t first_shown(const pim::Component& calendar, const EventFrame& frame,
                         const std::set<std::int64_t>& removed) {
    std::vector<std::int64_t> ids(removed.begin(), removed.end());
    for (const pim::Component& one : calendar.components)
        if (is_override(one)) ids.push_back(frame.read(one, "RECURRENCE-ID").value_or(0));
    if (ids.size() <= shown_max) return std::numeric_limits<std::int64_t>::min();
    std::ranges::nth_element(ids, ids.end() - shown_max);
    return *(ids.end() - shown_max);
}

void show_override(wbxml::Encoder& to, const pim::Component& calendar, const pim::Component& one,
                   const ItemView& view) {
    const pim::Component& master = *master_of(calendar);
    const EventFrame series = frame_of(calendar, master, view.version);
    const EventFrame own = frame_of(calendar, one, view.version);
    const auto id = series.read(one, "RECURRENCE-ID");
    const auto start = own.read(one, "DTSTART");
    if (!id || !start) return;
    to.open(tags::exception);
    write_id(to, series, *id, view);
    to.text(tags::start_time, write_compact(own.to_device(*start)));
    to.text(tags::end_time, write_compact(own.to_device(own.read_end(one, *start))));
    if (own.all_day != series.all_day) to.number(tags::all_day_event, own.all_day ? 1 : 0);
    if (const auto stamp = pim::parse_date_time(one.raw("DTSTAMP")))
        to.text(tags::dt_stamp, write_compact(stamp->seconds));
    write_details(to, one, &master, view);
    to.close();
}

}  // namespace

void write_exceptions(wbxml::Encoder& to, const pim::Component& calendar, const EventFrame& frame,
                      const ItemView& view) {
    const pim::Component& master = *master_of(calendar);
    const std::set<std::int64_t> removed = removed_dates(master, frame);
    const bool any = !removed.empty() || std::ranges::any_of(calendar.components, is_override);
    if (!any || master.find("RRULE") == nullptr) return;
    const std::int64_t first = first_shown(calendar, frame, removed);
    to.open(tags::exceptions);
    for (const std::int64_t id : removed) {
        if (id < first) continue;
        to.open(tags::exception);
        to.number(tags::deleted, 1);
        write_id(to, frame, id, view);
        to.close();
    }
    for (const pim::Component& one : calendar.components)
        if (is_override(one) && frame.read(one, "RECURRENCE-ID").value_or(0) >= first)
            show_override(to, calendar, one, view);
    to.close();
}

}  // namespace eas

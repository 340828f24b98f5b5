// Between the files about the exceptions of a series: event_exceptions.cpp, exceptions_moved.cpp,
// exceptions_shown.cpp. Pure.
#pragma once
#include <set>
#include <string_view>
#include <vector>

#include "eas/items/event.hpp"
#include "pim/event_names.hpp"

namespace eas {

inline constexpr std::size_t exceptions_max = 1'000;  ///< of one series, as the schema has it

/// What occurrences take from their series unless they have their own.
inline constexpr std::string_view inherited[] = {"SUMMARY",
                                                 "LOCATION",
                                                 "CATEGORIES",
                                                 "CLASS",
                                                 "TRANSP",
                                                 "ATTENDEE",
                                                 "ORGANIZER",
                                                 "DESCRIPTION",
                                                 "ATTACH",
                                                 "X-ALT-DESC",
                                                 "STATUS",
                                                 pim::busy_property,
                                                 pim::meeting_status_property,
                                                 pim::place_property};

std::vector<pim::Property> all_of(const pim::Component& event, std::string_view name);
/// EXDATE, in values of the frame.
std::set<std::int64_t> removed_dates(const pim::Component& master, const EventFrame& frame);
void write_removed(pim::Component& master, const EventFrame& frame, const std::set<std::int64_t>& dates);
/// The name of an occurrence in the series' new frame: it is that of the same day, whose time of day is the
/// series'.
std::int64_t moved_id(std::int64_t id, const EventFrame& from, const EventFrame& to, std::int64_t start);

/// Each occurrence of its own holds what it has of the series: together they must stay an item that can be
/// kept, and not a thousand times its text.
class Room {
public:
    /// False: that is too much.
    bool takes(const pim::Component& one) {
        const std::size_t octets = pim::octets_of(one), properties = one.properties.size();
        if (octets > octets_ || properties > properties_) return false;
        octets_ -= octets;
        properties_ -= properties;
        return true;
    }

private:
    std::size_t octets_ = pim::ComponentLimits().text_bytes_max;
    std::size_t properties_ = pim::ComponentLimits().properties_max;
};

}  // namespace eas

#include "eas/syntax/mail_change.hpp"

#include <algorithm>

#include "eas/syntax/mail_item.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace email = wbxml::email;
namespace tasks = wbxml::tasks;

/// MS-ASEMAIL sections 2.2.2.21, 2.2.2.59 and 2.2.2.70.
constexpr wbxml::Tag of_the_server[] = {wbxml::email2::conversation_id, wbxml::email2::received_as_bcc,
                                        wbxml::email2::sender};
constexpr wbxml::Tag dates[] = {tasks::start_date, tasks::due_date, tasks::utc_start_date,
                                tasks::utc_due_date};
constexpr wbxml::Tag other_dates[] = {tasks::date_completed, tasks::reminder_time, tasks::ordinal_date,
                                      email::complete_time};

/// The second does not come before the first; neither is there, or both are dates.
bool in_order(wbxml::Element flag, wbxml::Tag first, wbxml::Tag second) {
    if (flag.child(first).text().empty() && flag.child(second).text().empty()) return true;
    const auto begin = parse_date(flag.child(first).text()), end = parse_date(flag.child(second).text());
    return begin && end && *begin <= *end;
}

bool is_sound_flag(wbxml::Element flag) {
    if (!flag.has_children()) return true;  // it is cleared
    const auto status = flag.child(email::status).number();
    if (!status || *status < 0 || *status > 2) return false;
    if (*status == 0) return true;
    const auto says = [flag](wbxml::Tag tag) { return !flag.child(tag).text().empty(); };
    if (*status == 1 && !(says(email::complete_time) && says(tasks::date_completed))) return false;
    const auto told = std::ranges::count_if(dates, says);
    if (told != 0 && told != std::ssize(dates)) return false;
    if (flag.child(tasks::reminder_set).text() == "1" && !says(tasks::reminder_time)) return false;
    const auto is_no_date = [&](wbxml::Tag tag) { return says(tag) && !parse_date(flag.child(tag).text()); };
    if (std::ranges::any_of(other_dates, is_no_date)) return false;
    return in_order(flag, tasks::start_date, tasks::due_date) &&
           in_order(flag, tasks::utc_start_date, tasks::utc_due_date);
}

/// MS-ASEMAIL section 2.2.2.58: anything else is refused.
bool is_absent_or_boolean(wbxml::Element element) {
    return !element || element.text() == "0" || element.text() == "1";
}

}  // namespace

bool is_sound_change(wbxml::Element data) {
    const auto there = [data](wbxml::Tag tag) { return static_cast<bool>(data.child(tag)); };
    return std::ranges::none_of(of_the_server, there) && is_absent_or_boolean(data.child(email::read)) &&
           is_sound_flag(data.child(email::flag));
}

bool lacks_flag_type(wbxml::Element data) {
    const wbxml::Element flag = data.child(email::flag);
    return flag.child(email::status).number() == 2 && flag.child(email::flag_type).text().empty();
}

}  // namespace eas

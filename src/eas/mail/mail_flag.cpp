#include "eas/mail/mail_flag.hpp"

#include <utility>

#include "eas/syntax/mail_item.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace email = wbxml::email;
namespace tasks = wbxml::tasks;
using Date = store::FollowUp::Date;

// MS-ASEMAIL section 2.2.2.74.
constexpr int status_complete = 1, status_active = 2;

struct DateTag {
    Date date;
    wbxml::Tag tag;
};
constexpr DateTag date_tags[] = {
    {Date::completed, tasks::date_completed}, {Date::complete, email::complete_time},
    {Date::start, tasks::start_date},         {Date::due, tasks::due_date},
    {Date::utc_start, tasks::utc_start_date}, {Date::utc_due, tasks::utc_due_date},
    {Date::reminder, tasks::reminder_time},   {Date::ordinal, tasks::ordinal_date},
};

void take_text(std::string& to, wbxml::Element flag, wbxml::Tag tag) {
    if (const wbxml::Element text = flag.child(tag)) to = text.text();
}

void take(store::FollowUp& to, wbxml::Element flag) {
    take_text(to.type, flag, email::flag_type);
    take_text(to.sub_ordinal, flag, tasks::sub_ordinal_date);
    take_text(to.subject, flag, tasks::subject);
    // Most often the message's own, which may be of any length.
    to.subject = cut_utf8(to.subject, store::FollowUpLimits::subject_bytes_max);
    if (const wbxml::Element reminds = flag.child(tasks::reminder_set)) to.reminds = reminds.text() == "1";
    for (const auto& [date, tag] : date_tags)
        if (const wbxml::Element at = flag.child(tag)) to.date(date) = parse_milliseconds(at.text());
}

}  // namespace

std::optional<FlagWish> wish_of(wbxml::Element flag, const store::FollowUp& known) {
    FlagWish out;
    const auto status = flag.child(email::status).number().value_or(0);
    if (status != status_active && status != status_complete) return out;
    out.flagged = status == status_active;
    const bool is_new = out.flagged && !flag.child(email::flag_type).text().empty();
    if (!is_new) out.follow_up = known;
    if (out.flagged) out.follow_up.date(Date::completed) = out.follow_up.date(Date::complete) = std::nullopt;
    take(out.follow_up, flag);
    if (!store::fits(out.follow_up)) return std::nullopt;
    return out;
}

const store::FollowUp* find_follow_up(const std::map<base::Uid, store::FollowUp>& all, base::Uid uid) {
    const auto found = all.find(uid);
    return found == all.end() ? nullptr : &found->second;
}

std::string show_flag(bool flagged, const store::FollowUp* says) {
    std::string out;
    if (!flagged && says == nullptr) return out;
    wbxml::Encoder to(out, wbxml::Encoder::Fragment());
    to.open(email::flag);
    to.number(email::status, flagged ? status_active : status_complete);
    const bool typed = says != nullptr && !says->type.empty();
    to.text(email::flag_type, typed ? std::string_view(says->type) : "for Follow Up");
    if (says != nullptr) {
        if (!says->subject.empty()) to.text(tasks::subject, says->subject);
        for (const auto& [date, tag] : date_tags)
            if (const auto& at = says->date(date)) to.text(tag, write_milliseconds(*at));
        if (says->reminds) to.number(tasks::reminder_set, *says->reminds ? 1 : 0);
        if (!says->sub_ordinal.empty()) to.text(tasks::sub_ordinal_date, says->sub_ordinal);
    }
    to.close();
    to.end_fragment();
    return out;
}

}  // namespace eas

#include "eas/items/contact_fields.hpp"

#include <algorithm>

namespace eas {
namespace {

namespace c = wbxml::contacts;
namespace c2 = wbxml::contacts2;
using Shape = ContactField::Shape;

constexpr std::string_view mark = "X-BARID-FIELD";

bool has_types(const pim::Property& property, std::string_view types) {
    while (!types.empty()) {
        const std::size_t end = std::min(types.find(','), types.size());
        if (!property.has_parameter("TYPE", types.substr(0, end))) return false;
        types.remove_prefix(std::min(end + 1, types.size()));
    }
    return true;
}

}  // namespace

const std::array<ContactSlot, 40> contact_slots{{
    {"Name", "N", ""},
    {"FileAs", "X-FILE-AS", ""},
    {"NickName", "NICKNAME", ""},
    {"JobTitle", "TITLE", ""},
    {"Company", "ORG", ""},
    {"Birthday", "BDAY", ""},
    {"Anniversary", "ANNIVERSARY", ""},
    {"Spouse", "RELATED", "spouse"},
    {"Assistant", "RELATED", "agent"},
    {"Manager", "X-MANAGER", ""},
    {"OfficeLocation", "X-OFFICE-LOCATION", ""},
    {"WebPage", "URL", ""},
    {"YomiFirstName", "X-PHONETIC-FIRST-NAME", ""},
    {"YomiLastName", "X-PHONETIC-LAST-NAME", ""},
    {"YomiCompanyName", "X-PHONETIC-ORG", ""},
    {"CustomerId", "X-CUSTOMER-ID", ""},
    {"GovernmentId", "X-GOVERNMENT-ID", ""},
    {"AccountName", "X-ACCOUNT-NAME", ""},
    {"Email1", "EMAIL", ""},
    {"Email2", "EMAIL", ""},
    {"Email3", "EMAIL", ""},
    {"IM1", "IMPP", ""},
    {"IM2", "IMPP", ""},
    {"IM3", "IMPP", ""},
    {"BusinessFax", "TEL", "work,fax"},
    {"HomeFax", "TEL", "home,fax"},
    {"Pager", "TEL", "pager"},
    {"Car", "TEL", "car"},
    {"Radio", "TEL", "x-radio"},
    {"AssistantPhone", "TEL", "x-assistant"},
    {"CompanyMain", "TEL", "x-company"},
    {"MMS", "TEL", "x-mms"},
    {"Mobile", "TEL", "cell"},
    {"Business", "TEL", "work"},
    {"Business2", "TEL", "work"},
    {"Home", "TEL", "home"},
    {"Home2", "TEL", "home"},
    {"BusinessAddress", "ADR", "work"},
    {"HomeAddress", "ADR", "home"},
    {"OtherAddress", "ADR", ""},
}};

const std::array<ContactField, 57> contact_fields{{
    {c::last_name, "Name", Shape::part, 0},
    {c::first_name, "Name", Shape::part, 1},
    {c::middle_name, "Name", Shape::part, 2},
    {c::title, "Name", Shape::part, 3},
    {c::suffix, "Name", Shape::part, 4},
    {c::file_as, "FileAs"},
    {c2::nick_name, "NickName"},
    {c::job_title, "JobTitle"},
    {c::company_name, "Company", Shape::part, 0},
    {c::department, "Company", Shape::part, 1},
    {c::birthday, "Birthday", Shape::date},
    {c::anniversary, "Anniversary", Shape::date},
    {c::spouse, "Spouse"},
    {c::assistant_name, "Assistant"},
    {c2::manager_name, "Manager"},
    {c::office_location, "OfficeLocation"},
    {c::web_page, "WebPage"},
    {c::yomi_first_name, "YomiFirstName"},
    {c::yomi_last_name, "YomiLastName"},
    {c::yomi_company_name, "YomiCompanyName"},
    {c2::customer_id, "CustomerId"},
    {c2::government_id, "GovernmentId"},
    {c2::account_name, "AccountName"},
    {c::email1_address, "Email1", Shape::mailbox},
    {c::email2_address, "Email2", Shape::mailbox},
    {c::email3_address, "Email3", Shape::mailbox},
    {c2::im_address, "IM1"},
    {c2::im_address2, "IM2"},
    {c2::im_address3, "IM3"},
    {c::business_fax_number, "BusinessFax"},
    {c::home_fax_number, "HomeFax"},
    {c::pager_number, "Pager"},
    {c::car_phone_number, "Car"},
    {c::radio_phone_number, "Radio"},
    {c::assistant_phone_number, "AssistantPhone"},
    {c2::company_main_phone, "CompanyMain"},
    {c2::mms, "MMS"},
    {c::mobile_phone_number, "Mobile"},
    {c::business_phone_number, "Business"},
    {c::business2_phone_number, "Business2"},
    {c::home_phone_number, "Home"},
    {c::home2_phone_number, "Home2"},
    {c::business_address_street, "BusinessAddress", Shape::part, 2},
    {c::business_address_city, "BusinessAddress", Shape::part, 3},
    {c::business_address_state, "BusinessAddress", Shape::part, 4},
    {c::business_address_postal_code, "BusinessAddress", Shape::part, 5},
    {c::business_address_country, "BusinessAddress", Shape::part, 6},
    {c::home_address_street, "HomeAddress", Shape::part, 2},
    {c::home_address_city, "HomeAddress", Shape::part, 3},
    {c::home_address_state, "HomeAddress", Shape::part, 4},
    {c::home_address_postal_code, "HomeAddress", Shape::part, 5},
    {c::home_address_country, "HomeAddress", Shape::part, 6},
    {c::other_address_street, "OtherAddress", Shape::part, 2},
    {c::other_address_city, "OtherAddress", Shape::part, 3},
    {c::other_address_state, "OtherAddress", Shape::part, 4},
    {c::other_address_postal_code, "OtherAddress", Shape::part, 5},
    {c::other_address_country, "OtherAddress", Shape::part, 6},
}};

std::size_t slot_number(std::string_view name) {
    const auto at = std::ranges::find(contact_slots, name, &ContactSlot::name);
    return static_cast<std::size_t>(at - contact_slots.begin());
}

std::vector<int> find_slots(const pim::Component& card) {
    std::vector<int> out(contact_slots.size(), -1);
    std::vector<bool> taken(card.properties.size(), false);
    for (std::size_t i = 0; i < card.properties.size(); ++i) {
        const std::string_view marked = card.properties[i].parameter(mark);
        if (marked.empty()) continue;
        const std::size_t slot = slot_number(marked);
        if (slot >= out.size() || out[slot] >= 0 || contact_slots[slot].property != card.properties[i].name)
            continue;
        out[slot] = static_cast<int>(i);
        taken[i] = true;
    }
    for (std::size_t slot = 0; slot < out.size(); ++slot) {
        for (std::size_t i = 0; out[slot] < 0 && i < card.properties.size(); ++i) {
            const pim::Property& property = card.properties[i];
            if (taken[i] || property.name != contact_slots[slot].property ||
                !property.parameter(mark).empty() || !has_types(property, contact_slots[slot].types))
                continue;
            out[slot] = static_cast<int>(i);
            taken[i] = true;
        }
    }
    return out;
}

}  // namespace eas

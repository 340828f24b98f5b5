// Rows of DmarcLedger as JSON. A reader takes what is there and nothing for the rest.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "mailauth/report.hpp"

namespace mta::reports {

using Json = nlohmann::json;

std::string text_in(const Json& row, const char* name);
std::uint64_t number_in(const Json& row, const char* name);
std::vector<std::string> texts_in(const Json& row, const char* name);
std::string dump(const Json& row);

Json row_of(const mailauth::ReportPolicy& policy);
Json row_of(const mailauth::ReportRecord& record);
mailauth::ReportPolicy policy_of(const Json& row);
mailauth::ReportRecord record_of(const Json& row);

}  // namespace mta::reports

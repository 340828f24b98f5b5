// Rows of DmarcLedger as JSON. A reader takes what is there and nothing for the rest.
#pragma once
#include <nlohmann/json.hpp>

#include "base/json_fields.hpp"
#include "mailauth/report.hpp"

namespace mta::reports {

using Json = nlohmann::json;

using base::dump;
using base::number_in;
using base::text_in;
using base::texts_in;

Json row_of(const mailauth::ReportPolicy& policy);
Json row_of(const mailauth::ReportRecord& record);
mailauth::ReportPolicy policy_of(const Json& row);
mailauth::ReportRecord record_of(const Json& row);

}  // namespace mta::reports

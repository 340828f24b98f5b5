#include "mta/reports/dmarc_rows.hpp"

namespace mta::reports {

Json row_of(const mailauth::ReportPolicy& policy) {
    return {{"domain", policy.domain}, {"p", policy.p},       {"sp", policy.sp}, {"np", policy.np},
            {"adkim", policy.adkim},   {"aspf", policy.aspf}, {"fo", policy.fo}, {"t", policy.testing}};
}

mailauth::ReportPolicy policy_of(const Json& row) {
    mailauth::ReportPolicy out;
    out.domain = text_in(row, "domain");
    out.p = text_in(row, "p");
    out.sp = text_in(row, "sp");
    out.np = text_in(row, "np");
    out.adkim = text_in(row, "adkim");
    out.aspf = text_in(row, "aspf");
    out.fo = text_in(row, "fo");
    out.testing = text_in(row, "t");
    return out;
}

Json row_of(const mailauth::ReportRecord& record) {
    Json out = {{"ip", record.source_ip},   {"fate", record.disposition},  {"dkim", record.dkim},
                {"spf", record.spf},        {"from", record.header_from},  {"sender", record.envelope_from},
                {"reasons", Json::array()}, {"signatures", Json::array()}, {"policies", Json::array()}};
    for (const mailauth::ReportReason& one : record.reasons)
        out["reasons"].push_back({{"type", one.type}, {"comment", one.comment}});
    for (const mailauth::ReportDkim& one : record.dkim_results)
        out["signatures"].push_back(
            {{"domain", one.domain}, {"selector", one.selector}, {"result", one.result}});
    for (const mailauth::ReportSpf& one : record.spf_results)
        out["policies"].push_back({{"domain", one.domain}, {"scope", one.scope}, {"result", one.result}});
    return out;
}

mailauth::ReportRecord record_of(const Json& row) {
    mailauth::ReportRecord out;
    out.source_ip = text_in(row, "ip");
    out.count = number_in(row, "count");
    out.disposition = text_in(row, "fate");
    out.dkim = text_in(row, "dkim");
    out.spf = text_in(row, "spf");
    out.header_from = text_in(row, "from");
    out.envelope_from = text_in(row, "sender");
    const auto each = [&row](const char* name, auto take) {
        const auto found = row.find(name);
        if (found == row.end() || !found->is_array()) return;
        for (const Json& one : *found)
            if (one.is_object()) take(one);
    };
    each("reasons",
         [&out](const Json& one) { out.reasons.push_back({text_in(one, "type"), text_in(one, "comment")}); });
    each("signatures", [&out](const Json& one) {
        mailauth::ReportDkim dkim;
        dkim.domain = text_in(one, "domain");
        dkim.selector = text_in(one, "selector");
        dkim.result = text_in(one, "result");
        out.dkim_results.push_back(std::move(dkim));
    });
    each("policies", [&out](const Json& one) {
        mailauth::ReportSpf spf;
        spf.domain = text_in(one, "domain");
        spf.scope = text_in(one, "scope");
        spf.result = text_in(one, "result");
        out.spf_results.push_back(std::move(spf));
    });
    return out;
}

}  // namespace mta::reports

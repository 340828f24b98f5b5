// Reports of strangers. expat tells what it meets; a path of element names says where a text belongs.
#include <algorithm>
#include <charconv>
#include <expat.h>
#include <memory>
#include <new>

#include "mailauth/domain.hpp"
#include "mailauth/report.hpp"
#include "unpack.hpp"

namespace mailauth {

namespace {

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() ? value : 0;
}

std::chrono::seconds seconds(std::string_view text) {
    return std::chrono::seconds(std::min<std::uint64_t>(number(text), 1ULL << 40U));
}

class ReportReader {
public:
    explicit ReportReader(const ReportLimits& limits) : limits_(limits), parser_(XML_ParserCreate(nullptr)) {
        XML_Parser parser = parser_.get();
        if (parser == nullptr) throw std::bad_alloc();
        report_.policy.discovery_method.clear();  // not said: the report is older than the tree walk
        XML_SetUserData(parser, this);
        XML_SetElementHandler(
            parser, [](void* self, const XML_Char* name, const XML_Char**) { of(self).open(name); },
            [](void* self, const XML_Char*) { of(self).close(); });
        XML_SetCharacterDataHandler(parser, [](void* self, const XML_Char* text, int length) {
            of(self).text({text, static_cast<std::size_t>(length)});
        });
        // A DTD is where entities come from: inner ones that grow, outer ones that fetch (threats 32).
        XML_SetStartDoctypeDeclHandler(
            parser, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
                of(self).fail("the report has a DTD");
            });
    }

    bool feed(std::string_view octets) {
        if (!fault_.empty()) return false;
        if (XML_Parse(parser_.get(), octets.data(), static_cast<int>(octets.size()), 0) != XML_STATUS_OK) {
            fail(XML_ErrorString(XML_GetErrorCode(parser_.get())));
        }
        return fault_.empty();
    }
    ReadReport finish(std::string fault) {
        if (!fault.empty()) fail(std::move(fault));
        if (fault_.empty() && XML_Parse(parser_.get(), "", 0, 1) != XML_STATUS_OK) {
            fail(XML_ErrorString(XML_GetErrorCode(parser_.get())));
        }
        if (fault_.empty() && !is_report_) fail("no feedback element");
        if (!fault_.empty()) report_ = AggregateReport();
        return {std::move(report_), std::move(fault_)};
    }

private:
    struct Free {
        void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
    };
    static ReportReader& of(void* self) { return *static_cast<ReportReader*>(self); }

    void fail(std::string fault) {
        if (!fault_.empty()) return;
        fault_ = std::move(fault);
        XML_StopParser(parser_.get(), XML_FALSE);
    }

    void open(std::string_view name) {
        if (!fault_.empty()) return;
        if (const std::size_t colon = name.find(':'); colon != std::string_view::npos)
            name.remove_prefix(colon + 1);
        if (depth_++ == limits_.depth_max) return fail("elements too deep");
        lengths_.push_back(path_.size());
        path_ += '/';
        path_ += name.substr(0, 64);
        text_.clear();
        if (path_ == "/feedback") is_report_ = true;
        if (path_ == "/feedback/record") {
            if (report_.records.size() == limits_.records_max) return fail("too many records");
            report_.records.emplace_back();
        }
        add_item();
    }

    /// An element that stands for a new item of the last record.
    void add_item() {
        if (report_.records.empty()) return;
        ReportRecord& record = report_.records.back();
        const auto add = [this](auto& items) {
            if (items.size() == limits_.items_max)
                fail("too many items in a record");
            else
                items.emplace_back();
        };
        if (path_ == "/feedback/record/row/policy_evaluated/reason") add(record.reasons);
        if (path_ == "/feedback/record/auth_results/dkim") add(record.dkim_results);
        if (path_ == "/feedback/record/auth_results/spf") add(record.spf_results);
    }

    void text(std::string_view octets) {
        if (!fault_.empty()) return;
        if (text_.size() + octets.size() > limits_.text_octets_max) return fail("a text too long");
        text_ += octets;
    }

    void close() {
        if (!fault_.empty()) return;
        const std::string_view value = trim(text_);
        if (path_.starts_with("/feedback/record/") && !report_.records.empty())
            record_value(value);
        else
            report_value(value);
        path_.resize(lengths_.back());
        lengths_.pop_back();
        --depth_;
        text_.clear();
    }

    struct Place {
        std::string_view path;
        std::string* to;
    };
    /// True when the path is one of \p places.
    bool put(std::initializer_list<Place> places, std::string_view below, std::string_view value) {
        for (const Place& place : places) {
            if (below != place.path) continue;
            *place.to = value;
            return true;
        }
        return false;
    }

    void report_value(std::string_view value) {
        if (!path_.starts_with("/feedback/")) return;
        const std::string_view below = std::string_view(path_).substr(10);
        ReportPolicy& policy = report_.policy;
        if (put({{"report_metadata/org_name", &report_.organization},
                 {"report_metadata/email", &report_.email},
                 {"report_metadata/extra_contact_info", &report_.contact},
                 {"report_metadata/report_id", &report_.report_id},
                 {"report_metadata/generator", &report_.generator},
                 {"policy_published/domain", &policy.domain},
                 {"policy_published/p", &policy.p},
                 {"policy_published/discovery_method", &policy.discovery_method},
                 {"policy_published/sp", &policy.sp},
                 {"policy_published/np", &policy.np},
                 {"policy_published/adkim", &policy.adkim},
                 {"policy_published/aspf", &policy.aspf},
                 {"policy_published/fo", &policy.fo},
                 {"policy_published/testing", &policy.testing}},
                below, value)) {
            return;
        }
        if (below == "report_metadata/date_range/begin") report_.begin = seconds(value);
        if (below == "report_metadata/date_range/end") report_.end = seconds(value);
        if (below == "report_metadata/error" && report_.errors.size() < limits_.items_max) {
            report_.errors.emplace_back(value);
        }
    }

    void record_value(std::string_view value) {
        ReportRecord& record = report_.records.back();
        const std::string_view below = std::string_view(path_).substr(17);
        if (put({{"row/source_ip", &record.source_ip},
                 {"row/policy_evaluated/disposition", &record.disposition},
                 {"row/policy_evaluated/dkim", &record.dkim},
                 {"row/policy_evaluated/spf", &record.spf},
                 {"identifiers/header_from", &record.header_from},
                 {"identifiers/envelope_from", &record.envelope_from},
                 {"identifiers/envelope_to", &record.envelope_to}},
                below, value)) {
            return;
        }
        if (below == "row/count") record.count = number(value);
        if (!record.reasons.empty()) {
            ReportReason& reason = record.reasons.back();
            put({{"row/policy_evaluated/reason/type", &reason.type},
                 {"row/policy_evaluated/reason/comment", &reason.comment}},
                below, value);
        }
        if (!record.dkim_results.empty()) {
            ReportDkim& dkim = record.dkim_results.back();
            put({{"auth_results/dkim/domain", &dkim.domain},
                 {"auth_results/dkim/selector", &dkim.selector},
                 {"auth_results/dkim/result", &dkim.result},
                 {"auth_results/dkim/human_result", &dkim.human_result}},
                below, value);
        }
        if (!record.spf_results.empty()) {
            ReportSpf& spf = record.spf_results.back();
            put({{"auth_results/spf/domain", &spf.domain},
                 {"auth_results/spf/scope", &spf.scope},
                 {"auth_results/spf/result", &spf.result},
                 {"auth_results/spf/human_result", &spf.human_result}},
                below, value);
        }
    }

    const ReportLimits& limits_;
    std::unique_ptr<XML_ParserStruct, Free> parser_;
    AggregateReport report_;
    std::string fault_;
    std::string path_;
    std::vector<std::size_t> lengths_;  // of the path, before each open element
    std::string text_;
    unsigned depth_ = 0;
    bool is_report_ = false;
};

}  // namespace

ReadReport read_aggregate_report(std::string_view octets, const ReportLimits& limits) {
    ReportReader reader(limits);
    if (octets.size() > limits.packed_octets_max) return reader.finish("more octets than allowed");
    std::string fault = unpack(octets, limits.xml_octets_max, [&](std::string_view piece) {
        return !limits.stop.stop_requested() && reader.feed(piece);
    });
    if (limits.stop.stop_requested()) fault = "stopped";
    return reader.finish(std::move(fault));
}

}  // namespace mailauth

// The Received-SPF field, RFC 7208 section 9.1.
#include "mailauth/domain.hpp"
#include "mailauth/spf.hpp"
#include "text.hpp"

namespace mailauth {

namespace {

std::string identity_text(const SpfRequest& request, const SpfResult& result) {
    if (result.identity == SpfIdentity::helo || request.mail_from.empty()) return request.helo;
    return "domain of " + request.mail_from;
}

}  // namespace

std::string describe(const SpfRequest& request, const SpfResult& result) {
    const std::string who = identity_text(request, result);
    const std::string ip = request.ip.text();
    switch (result.status) {
        case SpfStatus::pass:
            return who + " designates " + ip + " as permitted sender";
        case SpfStatus::fail:
            return who + " does not designate " + ip + " as permitted sender";
        case SpfStatus::softfail:
            return who + " discourages use of " + ip + " as permitted sender";
        case SpfStatus::neutral:
            return ip + " is neither permitted nor denied by " + who;
        default:
            return who + ": " + result.problem;
    }
}

std::string received_spf(const SpfRequest& request, const SpfResult& result) {
    Folder field("Received-SPF");
    field.word(name_of(result.status));
    field.comment((request.receiver.empty() ? "" : request.receiver + ": ") + describe(request, result));
    const auto pair = [&field](std::string_view key, const std::string& value, bool last = false) {
        field.word(std::string(key) + "=" + value + (last ? "" : ";"));
    };
    if (!request.receiver.empty()) pair("receiver", token_or_quoted(request.receiver));
    pair("client-ip", token_or_quoted(request.ip.text(), ":"));
    if (!request.mail_from.empty()) pair("envelope-from", quoted(request.mail_from));
    pair("helo", token_or_quoted(request.helo));
    if (!result.mechanism.empty()) pair("mechanism", token_or_quoted(result.mechanism, ":/="));
    if (!result.problem.empty()) pair("problem", quoted(result.problem));
    pair("identity", result.identity == SpfIdentity::helo ? "helo" : "mailfrom", true);
    return field.take();
}

}  // namespace mailauth

#include "stage.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/log.hpp"
#include "support/stage_tools.hpp"

namespace smtp_test {

using support::number_in;
using support::take_word;

namespace {

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char c = text[++i];
        if (c == 'r')
            out += '\r';
        else if (c == 'n')
            out += '\n';
        else if (c == 't')
            out += '\t';
        else if (c == '0')
            out += '\0';
        else if (c == 'x' && i + 2 < text.size()) {
            unsigned value = 0;
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
            out += char(value);
            i += 2;
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

Stage::Stage(const support::StageOptions& options) : options_(options) {
    base::log::set_level("", base::log::Level::off);
    services_ =
        std::make_shared<smtp::Services>(store_, directory_, authenticator_, sessions_, clock_, random_);
    services_->hostname = "mx.example.test";
    authenticator_.users["demo@example.test"] = {base::AccountId(1), "secret"};
    authenticator_.users["busy"] = {base::AccountId(1), "secret", "", auth::Failure::temporary};
    authenticator_.users["away"] = {base::AccountId(1), "secret"};
    authenticator_.users["away"].node = "b1";
    authenticator_.modern = options_.contains("modern");
    if (options_.contains("relay")) relay_ = std::make_unique<support::FakeRelay>(options_["relay"], "");
    services_->relay = relay_.get();
    smtp::Limits& limits = services_->limits;
    limits.error_delay = std::chrono::milliseconds(0);
    smtp::Policy& policy = services_->policy;
    policy = smtp::Policy::inbound();
    for (const auto& [name, value] : options_) {
        if (name == "role" && value == "submission") policy = smtp::Policy::submission();
        if (name == "role" && value == "lmtp") policy = smtp::Policy::lmtp();
    }
    for (const auto& [name, value] : options_) {
        if (name == "size") limits.message_bytes_max = number_in(value);
        if (name == "header") limits.header_bytes_max = number_in(value);
        if (name == "rcptmax") limits.recipients_max = number_in(value);
        if (name == "mailmax") limits.transactions_max = std::uint32_t(number_in(value));
        if (name == "peruser") limits.per_user.sessions_max = number_in(value);
        if (name == "delay") limits.error_delay = std::chrono::milliseconds(1000);
        if (name == "authequals") policy.auth_equals_line = true;
        if (name == "early") policy.early_talker = smtp::EarlyTalker::refuse;
    }
}

boost::asio::awaitable<void> Stage::serve(std::unique_ptr<net::Connection> connection) {
    return smtp::serve(std::move(connection), services_);
}

support::MemoryOptions Stage::connection_options(unsigned) { return support::client_of(options_); }

std::string Stage::event(std::string_view text) {
    const std::string_view what = take_word(text);
    if (what == "copies" || what == "commits" || what == "writers") {
        const std::size_t is = what == "copies"    ? store_.delivered.size()
                               : what == "commits" ? store_.commits
                                                   : store_.writers;
        return is == number_in(text) ? "" : fmt::format("{} are {}", what, is);
    }
    if (what == "has" || what == "lacks" || what == "starts" || what == "in") return about_copy(what, text);
    if (what == "fail") return fail(text);
    if (what == "heal") {
        store_.faults = StoreFaults();
        directory_.broken = false;
        return "";
    }
    if (what == "directory") {
        directory_.broken = true;
        return "";
    }
    return "unknown event: " + std::string(what);
}

std::string Stage::about_copy(std::string_view what, std::string_view rest) {
    const std::size_t copy = number_in(take_word(rest));
    if (copy == 0 || copy > store_.delivered.size()) return "no such copy";
    const DeliveredMessage& message = store_.delivered[copy - 1];
    if (what == "in")
        return message.account == number_in(rest) ? "" : fmt::format("is in {}", message.account);
    const std::string want = unescaped(rest);
    const bool found =
        what == "starts" ? message.octets.starts_with(want) : message.octets.find(want) != std::string::npos;
    if (found == (what != "lacks")) return "";
    return fmt::format("copy {} {} not \"{}\" but is:\n{}", copy, what, want, message.octets);
}

std::string Stage::fail(std::string_view rest) {
    const std::string_view where = take_word(rest);
    const std::map<std::string_view, store::Errc> codes{{"no_space", store::Errc::no_space},
                                                        {"unavailable", store::Errc::unavailable},
                                                        {"over_quota", store::Errc::over_quota},
                                                        {"limit", store::Errc::limit}};
    const auto code = codes.find(rest);
    if (code == codes.end()) return "unknown code";
    if (where == "write")
        store_.faults.write = code->second;
    else if (where == "finish")
        store_.faults.finish = code->second;
    else if (where == "deliver")
        store_.faults.deliver[0] = code->second;
    else if (where.starts_with("deliver@"))
        store_.faults.deliver[std::uint32_t(number_in(where.substr(8)))] = code->second;
    else
        return "unknown place";
    return "";
}

}  // namespace smtp_test

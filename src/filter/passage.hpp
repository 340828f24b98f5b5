// Passage: the way of one message through the filters, in order: what lists say of the client, clamd, rspamd,
// the milters, the rules, the pickup program. Each sees the message as those before it have left it. The
// first that decides ends it. A local variable of Filters::at_message().
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "filter/draft.hpp"
#include "filter/filters.hpp"

namespace filter {

class Passage {
public:
    Passage(Filters& filters, FactsPtr facts, MessagePtr message);
    awaitable<Verdict> run();

private:
    bool open() const { return !decided_; }
    void step(std::string filter, std::string outcome, std::string detail = {});
    void decide(Decision decision, const std::string& filter, const std::string& reason, Reply reply = {});
    /// A filter that does not do its work.
    void down(const std::string& filter, const std::string& why, WhenDown when);
    void found(OnFound what, const std::string& filter, const std::string& reason, Reply reply);

    awaitable<void> lists();
    awaitable<void> clamd();
    awaitable<void> rspamd();
    void carry_out(const rspamd::Answer& answer);
    awaitable<void> milter(std::size_t number);
    void carry_out(const std::string& name, MilterClient::Outcome outcome);
    void change_recipients(const std::string& name, const milter::Result& result);
    bool put_off(const std::string& name);
    bool nobody_left(const std::string& name);
    awaitable<void> rules();
    awaitable<void> carry_out(const Rule* rule, const Action* action);
    awaitable<void> pickup();
    void carry_out(const std::string& name, const Ran& ran, WhenDown when);
    awaitable<void> quarantine();
    void finish();

    Filters& filters_;
    const Settings& settings_;
    std::shared_ptr<Facts> facts_;  ///< with the envelope as it is now
    const MessagePtr original_;
    std::shared_ptr<Draft> draft_;
    std::optional<Content> content_;
    Verdict verdict_;
    std::string decided_by_;
    bool decided_ = false, stopped_ = false;
};

}  // namespace filter

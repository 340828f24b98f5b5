// The rules' part of a message's way.
#include "base/log.hpp"
#include "filter/passage.hpp"

namespace filter {

awaitable<void> Passage::rules() {
    for (const Rule& rule : settings_.rules) {
        if (!open() || stopped_) co_return;
        if (!content_ && rule.needs_content()) {
            auto content = co_await read_content(draft_->message());
            if (!content)
                co_return decide(Decision::tempfail, "rule " + rule.name, "the message cannot be read",
                                 make_reply(451, "4.3.0", "The message cannot be looked at now"));
            content_ = std::move(*content);
        }
        Seen seen;
        seen.facts = &*facts_;
        seen.draft = &*draft_;
        seen.content = content_ ? &*content_ : nullptr;
        seen.recipients = &facts_->recipients;
        seen.sender = facts_->sender;
        seen.size = original_->size();
        seen.score = verdict_.score;
        if (!matches(rule, seen)) continue;
        step("rule " + rule.name, "matches");
        for (const Action& action : rule.actions) {
            co_await carry_out(&rule, &action);
            if (!open()) co_return;
        }
    }
}

awaitable<void> Passage::carry_out(const Rule* rule, const Action* action) {
    const std::string name = "rule " + rule->name;
    HeaderEdit edit;
    edit.name = action->name;
    edit.value = action->text;
    switch (action->kind) {
        case Action::Kind::reject:
            co_return decide(Decision::reject, name, action->reply.text, action->reply);
        case Action::Kind::tempfail:
            co_return decide(Decision::tempfail, name, action->reply.text, action->reply);
        case Action::Kind::quarantine:
            co_return decide(Decision::quarantine, name, action->text);
        case Action::Kind::remove:
            co_return decide(Decision::discard, name, {});
        case Action::Kind::junk:
            co_return found(OnFound::junk, name, {}, {});
        case Action::Kind::tag_subject:
            draft_->prefix_subject(action->text);
            co_return step(name, "tag", action->text);
        case Action::Kind::add_header:
            edit.kind = HeaderEdit::Kind::insert;
            draft_->edit(edit);
            co_return step(name, "tag", action->name + ":" + action->text);
        case Action::Kind::remove_header:
            edit.kind = HeaderEdit::Kind::remove_all;
            draft_->edit(edit);
            co_return step(name, "changed", "without " + action->name);
        case Action::Kind::redirect:
            facts_->recipients.assign(1, action->text);
            co_return step(name, "redirect", action->text);
        case Action::Kind::copy:
            facts_->recipients.push_back(action->text);
            co_return step(name, "copy", action->text);
        case Action::Kind::score:
            verdict_.score += action->number;
            co_return step(name, "score", std::to_string(action->number));
        case Action::Kind::run: {
            const Ran ran =
                co_await filters_.programs_.run(action->program, action->turns, facts_, draft_->message());
            co_return carry_out(name, ran, settings_.pickup_when_down);
        }
        case Action::Kind::stop:
            stopped_ = true;
            co_return;
    }
}

}  // namespace filter

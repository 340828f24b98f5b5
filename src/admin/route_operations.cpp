// Where mail goes: the routing of an address explained; groups; smart hosts; redirections.
#include <array>

#include "admin/operations.hpp"

namespace admin {
namespace {

using directory::Group;

Json shown(const Group& group) {
    return {{"address", group.address},
            {"postoffice", group.post_office},
            {"enabled", group.enabled},
            {"members", group.members}};
}

std::vector<std::string> texts(const Json& arguments, const char* name) {
    const auto found = arguments.find(name);
    return found == arguments.end() ? std::vector<std::string>() : found->get<std::vector<std::string>>();
}

const char* kind_of(mta::RouteDecision::Kind kind) {
    switch (kind) {
        case mta::RouteDecision::Kind::mailbox:
            return "mailbox";
        case mta::RouteDecision::Kind::relay:
            return "relay";
        case mta::RouteDecision::Kind::expand:
            return "expand";
        case mta::RouteDecision::Kind::refuse:
            break;
    }
    return "refuse";
}

awaitable<Reply> route_explain(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->agent == nullptr) co_return Fault("unavailable", "this server sends no mail");
    mta::RouteQuestion question;
    question.recipient = directory::canonical_address(text(arguments, "address"));
    if (question.recipient.empty())
        co_return Fault("invalid", "not an address: " + text(arguments, "address"));
    if (const std::string from = text(arguments, "from"); !from.empty() && from != "<>")
        question.sender = directory::canonical_address(from);
    question.trusted = flag(arguments, "trusted");
    const mta::RouteDecision decision = co_await services->agent->router().route(question);
    const mta::Resolved resolved = co_await services->agent->router().resolve(question);
    Json steps = Json::array(), targets = Json::array();
    for (const mta::RouteStep& step : decision.steps)
        steps.push_back({{"rule", step.rule}, {"matched", step.matched}, {"why", step.why}});
    for (const mta::Target& target : resolved.targets)
        targets.push_back({{"address", target.address},
                           {"by", target.hop ? target.hop->key() : std::string("mailbox")},
                           {"account", target.account.value},
                           {"via", target.via}});
    Json out = {{"recipient", question.recipient}, {"from", question.sender},
                {"trusted", question.trusted},     {"decision", kind_of(decision.kind)},
                {"rule", decision.rule},           {"steps", std::move(steps)},
                {"targets", std::move(targets)}};
    if (resolved.code != 0) {
        out["code"] = resolved.code;
        out["status"] = resolved.status.text();
        out["words"] = resolved.words;
    }
    co_return out;
}

awaitable<Reply> group_add(ServicesPtr services, Json arguments, CallerPtr) {
    Group group;
    group.address = text(arguments, "address");
    group.members = texts(arguments, "members");
    auto added = co_await services->directory.add_group(std::move(group));
    if (!added) co_return fault_of(added.error(), text(arguments, "address"));
    const auto known = co_await services->directory.group(text(arguments, "address"));
    if (!known) co_return fault_of(known.error(), text(arguments, "address"));
    co_return shown(*known);
}

awaitable<Reply> group_show(ServicesPtr services, Json arguments, CallerPtr) {
    const auto known = co_await services->directory.group(text(arguments, "address"));
    if (!known) co_return fault_of(known.error(), text(arguments, "address"));
    co_return shown(*known);
}

awaitable<Reply> group_set(ServicesPtr services, Json arguments, CallerPtr) {
    auto known = co_await services->directory.group(text(arguments, "address"));
    if (!known) co_return fault_of(known.error(), text(arguments, "address"));
    known->enabled = flag(arguments, "enabled", known->enabled);
    if (arguments.contains("members")) known->members = texts(arguments, "members");
    auto set = co_await services->directory.set_group(*known);
    if (!set) co_return fault_of(set.error(), text(arguments, "address"));
    co_return shown(*known);
}

awaitable<Reply> group_list(ServicesPtr services, Json arguments, CallerPtr) {
    std::vector<std::string> offices{text(arguments, "postoffice")};
    if (offices.front().empty()) {
        offices.clear();
        const auto all = co_await services->directory.post_offices();
        if (!all) co_return fault_of(all.error(), "post offices");
        for (const directory::PostOffice& office : *all) offices.push_back(office.name);
    }
    Json out = Json::array();
    for (const std::string& office : offices) {
        const auto some = co_await services->directory.groups(office);
        if (!some) co_return fault_of(some.error(), office);
        for (const Group& group : *some) out.push_back(shown(group));
    }
    co_return out;
}

awaitable<Reply> group_remove(ServicesPtr services, Json arguments, CallerPtr) {
    auto removed = co_await services->directory.remove_group(text(arguments, "address"));
    if (!removed) co_return fault_of(removed.error(), text(arguments, "address"));
    co_return Json::object();
}

constexpr std::array table{
    Operation{"route.explain", "address", "from trusted", route_explain},
    Operation{"group.add", "address", "members", group_add},
    Operation{"group.list", "", "postoffice", group_list},
    Operation{"group.show", "address", "", group_show},
    Operation{"group.set", "address", "members enabled", group_set},
    Operation{"group.remove", "address", "", group_remove},
};

}  // namespace

std::span<const Operation> route_operations() { return table; }

}  // namespace admin

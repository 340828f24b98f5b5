// Steps 2 to 6 work on units: the messages (units from 0), then the dummies that are left.
#include "imap/sort/threads.hpp"

#include <algorithm>
#include <utility>

#include "imap/sort/passes.hpp"

namespace imap {
namespace {

constexpr std::uint32_t none = ThreadTree::none;
using Units = std::vector<std::uint32_t>;

/// What all passes work on.
struct Ground {
    const LinkForest& forest;
    const Units& message_of;  // by node
    const std::vector<LinkForest::Node>& node_of_message;
    const Units& order;

    std::size_t messages() const { return node_of_message.size(); }
};

/// Steps 2 and 3: dummies go; their children move up to the next message above, or, where there is none, stay
/// together under the topmost dummy if they are several. Then the forest of units under way.
class Grove {
public:
    explicit Grove(const Ground& ground) : ground_(ground) {}

    Units parent;  // of a unit; none: a child of the root
    Units places;  // of messages in the order: comparing dates becomes comparing places
    Units oldest;  // message of each unit that has no parent: itself, or a dummy's first child
    Units roots;   // in order, once roots were found

    std::size_t messages() const { return ground_.messages(); }
    std::uint32_t add_dummy() {
        parent.push_back(none);
        return static_cast<std::uint32_t>(parent.size() - 1);
    }

    void prune(Passes& passes) {
        passes.add(
            [this] {
                places.assign(messages(), none);
                return messages();
            },
            [this](std::size_t place) { places[ground_.order[place]] = static_cast<std::uint32_t>(place); });
        passes.add(
            [this] {
                above_.assign(ground_.forest.size(), none);
                children_.assign(ground_.forest.size(), 0);
                return messages();
            },
            [this](std::size_t message) {
                const LinkForest::Node above = settled(ground_.node_of_message[message]);
                if (above != none) ++children_[above];
            });
        passes.add(
            [this] {
                parent.assign(messages(), none);
                dummies_.assign(ground_.forest.size(), none);
                return messages();
            },
            [this](std::size_t message) { place(message); });
    }

    void find_oldest(Passes& passes) {
        passes.add(
            [this] {
                oldest.assign(parent.size(), none);
                return messages();
            },
            [this](std::size_t at) {
                const std::uint32_t message = ground_.order[at];
                const std::uint32_t above = parent[message];
                if (above == none) {
                    oldest[message] = message;
                } else if (above >= messages() && oldest[above] == none) {
                    oldest[above] = message;
                }
            });
    }

    /// Steps 4 and 6: roots by `key`, a message of each; none: no root.
    void find_roots(Passes& passes, const Units& key) {
        passes.add(
            [this] {
                by_place_.assign(messages(), none);
                return parent.size();
            },
            [this, &key](std::size_t unit) {
                if (parent[unit] == none && key[unit] != none)
                    by_place_[places[key[unit]]] = static_cast<std::uint32_t>(unit);
            });
        passes.add(
            [this] {
                roots.clear();
                return messages();
            },
            [this](std::size_t place) {
                if (by_place_[place] != none) roots.push_back(by_place_[place]);
            });
    }

    /// Step 6: siblings by date.
    void find_children(Passes& passes, ThreadTree& made) {
        passes.add(
            [this, &made] {
                made.messages = messages();
                made.first_child.assign(parent.size(), none);
                made.next_sibling.assign(parent.size(), none);
                return messages();
            },
            [this, &made](std::size_t at) {
                const std::uint32_t message = ground_.order[messages() - 1 - at];
                const std::uint32_t above = parent[message];
                if (above != none)
                    made.next_sibling[message] = std::exchange(made.first_child[above], message);
            });
    }

private:
    void place(std::size_t message) {
        const LinkForest::Node above = settled(ground_.node_of_message[message]);
        if (above == none) return;
        if (ground_.message_of[above] != none) {
            parent[message] = ground_.message_of[above];
        } else if (children_[above] > 1) {
            if (dummies_[above] == none) dummies_[above] = add_dummy();
            parent[message] = dummies_[above];
        }
    }
    /// The message above, else the topmost dummy above, else none. Each dummy is walked over once.
    LinkForest::Node settled(LinkForest::Node node) {
        const LinkForest& forest = ground_.forest;
        const auto is_dummy = [this](LinkForest::Node each) { return ground_.message_of[each] == none; };
        path_.clear();
        LinkForest::Node at = forest.parent(node);
        while (at != none && is_dummy(at) && above_[at] == none && forest.parent(at) != none) {
            path_.push_back(at);
            at = forest.parent(at);
        }
        if (at != none && is_dummy(at) && above_[at] != none) at = above_[at];
        for (const LinkForest::Node dummy : path_) above_[dummy] = at;
        return at;
    }

    const Ground& ground_;
    Units above_;               // of a dummy: what settled() found
    Units children_, dummies_;  // by node
    Units by_place_;
    std::vector<LinkForest::Node> path_;
};

/// Step 5: threads with the same subject become one.
class SubjectJoiner {
public:
    SubjectJoiner(Grove& grove, const std::vector<ThreadMessage>& messages)
        : grove_(grove), messages_(messages) {}

    void join(Passes& passes) {
        passes.add(
            [this] {
                largest_ = 0;
                return messages_.size();
            },
            [this](std::size_t at) { largest_ = std::max(largest_, messages_[at].subject); });
        passes.add(
            [this] {
                joined_.assign(grove_.parent.size(), none);
                table_.assign(std::size_t{largest_} + 1, none);
                return grove_.roots.size();
            },
            [this](std::size_t at) { enter(grove_.roots[at]); });
        passes.add([this] { return grove_.roots.size(); },
                   [this](std::size_t at) { merge(grove_.roots[at]); });
        // Children of a dummy that was joined with another dummy.
        passes.add([this] { return grove_.messages(); },
                   [this](std::size_t message) {
                       std::uint32_t& above = grove_.parent[message];
                       if (above != none && above < joined_.size() && joined_[above] != none)
                           above = joined_[above];
                   });
    }

private:
    bool is_dummy(std::uint32_t unit) const { return unit >= grove_.messages(); }
    const ThreadMessage& subject_of(std::uint32_t unit) const { return messages_[grove_.oldest[unit]]; }
    bool is_reply(std::uint32_t unit) const { return !is_dummy(unit) && messages_[unit].is_reply; }

    /// 5.B
    void enter(std::uint32_t unit) {
        const ThreadMessage& subject = subject_of(unit);
        if (!subject.has_subject) return;
        std::uint32_t& known = table_[subject.subject];
        if (known == none || (!is_dummy(known) && (is_dummy(unit) || (is_reply(known) && !is_reply(unit)))))
            known = unit;
    }

    /// 5.C
    void merge(std::uint32_t unit) {
        const ThreadMessage& subject = subject_of(unit);
        if (!subject.has_subject || grove_.parent[unit] != none) return;
        std::uint32_t& known = table_[subject.subject];
        if (known == unit) return;
        if (is_dummy(known) && is_dummy(unit)) {
            joined_[unit] = known;
        } else if (is_dummy(known) || (is_reply(unit) && !is_reply(known))) {
            grove_.parent[unit] = known;
        } else {
            const std::uint32_t dummy = grove_.add_dummy();
            grove_.parent[unit] = dummy;
            grove_.parent[known] = dummy;
            known = dummy;
        }
    }

    Grove& grove_;
    const std::vector<ThreadMessage>& messages_;
    std::uint32_t largest_ = 0;
    Units joined_;  // of a dummy: the dummy that has its children now
    Units table_;   // by subject
};

/// Of REFERENCES.
class ReferencesSteps : public ThreadSteps {
public:
    ReferencesSteps(Ground ground, const std::vector<ThreadMessage>& messages)
        : ground_(ground), grove_(ground_), joiner_(grove_, messages) {
        grove_.prune(passes_);
        grove_.find_oldest(passes_);
        grove_.find_roots(passes_, grove_.oldest);  // step 4
        joiner_.join(passes_);
        grove_.find_oldest(passes_);
        grove_.find_children(passes_, made_);
        grove_.find_roots(passes_, grove_.oldest);
    }
    ReferencesSteps(const ReferencesSteps&) = delete;
    ReferencesSteps& operator=(const ReferencesSteps&) = delete;

    bool step() override { return passes_.step(); }
    ThreadTree take() override {
        made_.roots = std::move(grove_.roots);
        return std::move(made_);
    }

private:
    Ground ground_;
    Grove grove_;
    SubjectJoiner joiner_;
    ThreadTree made_;
    Passes passes_;
};

/// Of REFS: threads by their latest message.
class RefsSteps : public ThreadSteps {
public:
    explicit RefsSteps(Ground ground) : ground_(ground), grove_(ground_) {
        grove_.prune(passes_);
        passes_.add(
            [this] {
                root_of_.assign(grove_.parent.size(), none);
                latest_.assign(grove_.parent.size(), none);
                return grove_.messages();
            },
            [this](std::size_t at) { look(ground_.order[at]); });
        grove_.find_children(passes_, made_);
        grove_.find_roots(passes_, latest_);
    }
    RefsSteps(const RefsSteps&) = delete;
    RefsSteps& operator=(const RefsSteps&) = delete;

    bool step() override { return passes_.step(); }
    ThreadTree take() override {
        made_.roots = std::move(grove_.roots);
        return std::move(made_);
    }

private:
    void look(std::uint32_t message) {
        const Units& parent = grove_.parent;
        std::uint32_t at = message;
        path_.clear();
        for (; parent[at] != none && root_of_[at] == none; at = parent[at]) path_.push_back(at);
        if (root_of_[at] != none) at = root_of_[at];
        for (const std::uint32_t unit : path_) root_of_[unit] = at;
        latest_[at] = message;  // the order is by date: the last one stays
    }

    Ground ground_;
    Grove grove_;
    Units root_of_, latest_, path_;
    ThreadTree made_;
    Passes passes_;
};

}  // namespace

ReferenceThreads::Node ReferenceThreads::node_of(std::uint32_t id) {
    std::uint32_t& node = node_of_id_[id];
    if (node == none) {
        node = forest_.add();
        message_of_.push_back(none);
    }
    return node;
}

/// RFC 5256 section 3, step 1: of messages with the same Message-ID the first has it.
ReferenceThreads::Node ReferenceThreads::node_of_message(std::uint32_t id) {
    Node node = id == 0 ? none : node_of(id);
    if (node == none || message_of_[node] != none) {
        node = forest_.add();
        message_of_.push_back(none);
    }
    message_of_[node] = static_cast<std::uint32_t>(node_of_message_.size());
    node_of_message_.push_back(node);
    return node;
}

void ReferenceThreads::add(std::uint32_t id, std::span<const std::uint32_t> references) {
    const Node message = node_of_message(id);
    Node before = none;
    for (const std::uint32_t reference : references) {  // 1.A
        if (reference == 0) continue;
        const Node node = node_of(reference);
        if (before != none && forest_.parent(node) == none && !forest_.descends(before, node))
            forest_.link(node, before);
        before = node;
    }
    forest_.cut(message);  // 1.B
    if (before != none && !forest_.descends(before, message)) forest_.link(message, before);
}

std::unique_ptr<ThreadSteps> ReferenceThreads::references(const std::vector<ThreadMessage>& messages,
                                                          const Units& order) const {
    return std::make_unique<ReferencesSteps>(Ground{forest_, message_of_, node_of_message_, order}, messages);
}

std::unique_ptr<ThreadSteps> ReferenceThreads::refs(const Units& order) const {
    return std::make_unique<RefsSteps>(Ground{forest_, message_of_, node_of_message_, order});
}

}  // namespace imap

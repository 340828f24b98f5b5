// Steps 2 to 6 work on units: the messages (units from 0), then the dummies that are left.
#include "imap/sort/threads.hpp"

#include <algorithm>
#include <utility>

namespace imap {
namespace {

constexpr std::uint32_t none = ThreadTree::none;
using Units = std::vector<std::uint32_t>;

/// The messages' places in `order`: comparing dates becomes comparing places, and sorting putting in place.
Units places_of(const Units& order) {
    Units places(order.size());
    for (std::uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
    return places;
}

/// The forest of units under way.
struct Grove {
    Units parent;  // none: a child of the root
    std::size_t messages = 0;

    std::uint32_t add_dummy() {
        parent.push_back(none);
        return static_cast<std::uint32_t>(parent.size() - 1);
    }

    /// The oldest message of each unit that has no parent: itself, or a dummy's first child.
    Units oldest(const Units& order) const {
        Units first(parent.size(), none);
        for (const std::uint32_t message : order) {
            const std::uint32_t above = parent[message];
            if (above == none) {
                first[message] = message;
            } else if (above >= messages && first[above] == none) {
                first[above] = message;
            }
        }
        return first;
    }

    /// Steps 4 and 6: siblings by date; roots by `key`, a message of each root; none: no root.
    ThreadTree tree(const Units& order, const Units& places, const Units& key) const {
        ThreadTree made;
        made.messages = messages;
        made.first_child.assign(parent.size(), none);
        made.next_sibling.assign(parent.size(), none);
        for (auto message = order.rbegin(); message != order.rend(); ++message) {
            const std::uint32_t above = parent[*message];
            if (above == none) continue;
            made.next_sibling[*message] = std::exchange(made.first_child[above], *message);
        }
        made.roots = roots(places, key);
        return made;
    }

    Units roots(const Units& places, const Units& key) const {
        Units at(messages, none);
        for (std::uint32_t unit = 0; unit < parent.size(); ++unit)
            if (parent[unit] == none && key[unit] != none) at[places[key[unit]]] = unit;
        std::erase(at, none);
        return at;
    }
};

/// Steps 2 and 3: dummies go; their children move up to the next message above, or, where there is none, stay
/// together under the topmost dummy if they are several.
class Pruner {
public:
    Pruner(const LinkForest& forest, const Units& message_of) : forest_(forest), message_of_(message_of) {}

    Grove prune(const std::vector<LinkForest::Node>& node_of_message) {
        Grove grove;
        grove.messages = node_of_message.size();
        grove.parent.assign(grove.messages, none);
        above_.assign(forest_.size(), none);
        Units children(forest_.size(), 0);
        for (const LinkForest::Node node : node_of_message) {
            const LinkForest::Node above = settled(node);
            if (above != none) ++children[above];
        }
        Units dummies(forest_.size(), none);
        for (std::uint32_t message = 0; message < grove.messages; ++message) {
            const LinkForest::Node above = settled(node_of_message[message]);
            if (above == none) continue;
            if (message_of_[above] != none) {
                grove.parent[message] = message_of_[above];
            } else if (children[above] > 1) {
                if (dummies[above] == none) dummies[above] = grove.add_dummy();
                grove.parent[message] = dummies[above];
            }
        }
        return grove;
    }

private:
    /// The message above, else the topmost dummy above, else none. Each dummy is walked over once.
    LinkForest::Node settled(LinkForest::Node node) {
        path_.clear();
        LinkForest::Node at = forest_.parent(node);
        while (at != none && message_of_[at] == none && above_[at] == none && forest_.parent(at) != none) {
            path_.push_back(at);
            at = forest_.parent(at);
        }
        if (at != none && message_of_[at] == none && above_[at] != none) at = above_[at];
        for (const LinkForest::Node dummy : path_) above_[dummy] = at;
        return at;
    }

    const LinkForest& forest_;
    const Units& message_of_;
    Units above_;  // of a dummy: what settled() found
    std::vector<LinkForest::Node> path_;
};

/// Step 5: threads with the same subject become one.
class SubjectJoiner {
public:
    SubjectJoiner(Grove& grove, const std::vector<ThreadMessage>& messages, Units oldest)
        : grove_(grove), messages_(messages), oldest_(std::move(oldest)), joined_(grove.parent.size(), none) {
        std::uint32_t largest = 0;
        for (const ThreadMessage& message : messages) largest = std::max(largest, message.subject);
        table_.assign(std::size_t{largest} + 1, none);
    }

    void join(const Units& roots) {
        for (const std::uint32_t unit : roots) enter(unit);
        for (const std::uint32_t unit : roots) merge(unit);
        // Children of a dummy that was joined with another dummy.
        for (std::size_t message = 0; message < grove_.messages; ++message) {
            std::uint32_t& above = grove_.parent[message];
            if (above != none && above < joined_.size() && joined_[above] != none) above = joined_[above];
        }
    }

private:
    bool is_dummy(std::uint32_t unit) const { return unit >= grove_.messages; }
    const ThreadMessage& subject_of(std::uint32_t unit) const { return messages_[oldest_[unit]]; }
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
    Units oldest_;
    Units joined_;  // of a dummy: the dummy that has its children now
    Units table_;   // by subject
};

}  // namespace

ThreadTree thread_by_subject(const std::vector<ThreadMessage>& messages, const Units& order) {
    ThreadTree made;
    made.messages = messages.size();
    made.first_child.assign(messages.size(), none);
    made.next_sibling.assign(messages.size(), none);
    std::uint32_t largest = 0;
    for (const ThreadMessage& message : messages) largest = std::max(largest, message.subject);
    Units root_of(std::size_t{largest} + 1, none);
    Units last_child(messages.size(), none);
    for (const std::uint32_t message : order) {
        std::uint32_t& root = root_of[messages[message].subject];
        if (root == none) {
            root = message;
            made.roots.push_back(message);
            continue;
        }
        const std::uint32_t before = std::exchange(last_child[root], message);
        (before == none ? made.first_child[root] : made.next_sibling[before]) = message;
    }
    return made;
}

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

ThreadTree ReferenceThreads::references(const std::vector<ThreadMessage>& messages, const Units& order) {
    const Units places = places_of(order);
    Grove grove = Pruner(forest_, message_of_).prune(node_of_message_);
    Units oldest = grove.oldest(order);
    const Units roots = grove.roots(places, oldest);  // step 4
    SubjectJoiner(grove, messages, std::move(oldest)).join(roots);
    return grove.tree(order, places, grove.oldest(order));
}

ThreadTree ReferenceThreads::refs(const Units& order) {
    const Units places = places_of(order);
    const Grove grove = Pruner(forest_, message_of_).prune(node_of_message_);
    Units root_of(grove.parent.size(), none), latest(grove.parent.size(), none), path;
    for (const std::uint32_t message : order) {
        std::uint32_t at = message;
        path.clear();
        for (; grove.parent[at] != none && root_of[at] == none; at = grove.parent[at]) path.push_back(at);
        if (root_of[at] != none) at = root_of[at];
        for (const std::uint32_t unit : path) root_of[unit] = at;
        latest[at] = message;  // the order is by date: the last one stays
    }
    return grove.tree(order, places, latest);
}

}  // namespace imap

#include "imap/sort/link_forest.hpp"

namespace imap {

LinkForest::Node LinkForest::add() {
    parent_.push_back(none);
    if (!up_.empty()) {
        left_.push_back(none);
        right_.push_back(none);
        up_.push_back(none);
    }
    return size() - 1;
}

void LinkForest::link(Node child, Node parent) {
    parent_[child] = parent;
    if (up_.empty()) return;
    expose(child);
    expose(parent);
    up_[child] = parent;
}

void LinkForest::cut(Node child) {
    if (parent_[child] == none) return;
    parent_[child] = none;
    if (up_.empty()) return;
    expose(child);
    const Node above = left_[child];
    left_[child] = none;
    if (above != none) up_[above] = none;
}

bool LinkForest::descends(Node node, Node root) {
    if (up_.empty()) {
        Node at = node;
        for (unsigned steps = 0; steps < walk_max; ++steps) {
            if (parent_[at] == none) return at == root;
            at = parent_[at];
        }
        begin_tree();
    }
    expose(node);
    Node top = node;
    while (left_[top] != none) top = left_[top];
    splay(top);  // pays for the walk down
    return top == root;
}

/// Every node a path of its own, hanging from its parent.
void LinkForest::begin_tree() {
    left_.assign(parent_.size(), none);
    right_.assign(parent_.size(), none);
    up_ = parent_;
}

bool LinkForest::is_top(Node node) const {
    const Node above = up_[node];
    return above == none || (left_[above] != node && right_[above] != node);
}

void LinkForest::set_child(Node node, bool right, Node child) {
    (right ? right_ : left_)[node] = child;
    if (child != none) up_[child] = node;
}

void LinkForest::rotate(Node node) {
    const Node above = up_[node];
    const Node beyond = up_[above];
    const bool above_is_top = is_top(above);
    const bool above_is_right = !above_is_top && right_[beyond] == above;
    const bool right = right_[above] == node;
    set_child(above, right, right ? left_[node] : right_[node]);
    set_child(node, !right, above);
    if (above_is_top) {
        up_[node] = beyond;
    } else {
        set_child(beyond, above_is_right, node);
    }
}

void LinkForest::splay(Node node) {
    while (!is_top(node)) {
        const Node above = up_[node];
        if (!is_top(above)) {
            const bool straight = (right_[above] == node) == (right_[up_[above]] == above);
            rotate(straight ? above : node);
        }
        rotate(node);
    }
}

/// Makes the way from the root to `node` one path, with `node` on top of its splay tree.
void LinkForest::expose(Node node) {
    splay(node);
    right_[node] = none;  // what was below hangs from it by up_
    while (up_[node] != none) {
        const Node path = up_[node];
        splay(path);
        right_[path] = node;
        splay(node);
    }
}

}  // namespace imap

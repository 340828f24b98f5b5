// LinkForest: who is whose parent, with the question that THREAD asks at every link: does this one descend
// from that one? Mail is answered by walking up; for what is built to be deep (100,000 replies in a row,
// 2026-40014) there is a link-cut tree (Sleator and Tarjan 1983), made when a walk first gets long: then
// every answer takes O(log n).
#pragma once
#include <cstdint>
#include <vector>

namespace imap {

class LinkForest {
public:
    using Node = std::uint32_t;
    static constexpr Node none = UINT32_MAX;

    Node add();
    Node size() const { return static_cast<Node>(parent_.size()); }
    Node parent(Node node) const { return parent_[node]; }
    /// \param child has no parent, and `parent` does not descend from it
    void link(Node child, Node parent);
    void cut(Node child);
    /// \param root has no parent. True for the root itself too.
    bool descends(Node node, Node root);

private:
    static constexpr unsigned walk_max = 128;

    // The link-cut tree: splay trees over paths; up_ leads to the parent in the splay tree, or, from its top,
    // to the node of another path that this one hangs from.
    void begin_tree();
    bool is_top(Node node) const;
    void rotate(Node node);
    void splay(Node node);
    void expose(Node node);
    void set_child(Node node, bool right, Node child);

    std::vector<Node> parent_;
    std::vector<Node> left_, right_, up_;  // empty until a walk was long
};

}  // namespace imap

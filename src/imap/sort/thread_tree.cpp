#include "imap/sort/thread_tree.hpp"

#include <charconv>

namespace imap {
namespace {

void append_number(std::string& out, std::uint32_t number) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

}  // namespace

bool ThreadWriter::write(std::string& out, std::size_t octets) {
    const std::size_t until = out.size() + octets;
    if (!begun_) {
        begun_ = true;
        out.append(tree_.roots.empty() ? "* THREAD" : "* THREAD ");
    }
    while (out.size() < until) {
        if (node_ != ThreadTree::none) {
            open(out, node_);
        } else if (root_ < tree_.roots.size()) {
            out.push_back('(');
            node_ = tree_.roots[root_++];
        } else {
            out.append("\r\n");
            return false;
        }
    }
    return true;
}

/// thread-members / thread-nested: one node, and what follows it
void ThreadWriter::open(std::string& out, std::uint32_t node) {
    const bool dummy = node >= tree_.messages;
    if (!dummy) append_number(out, numbers_[node]);
    const std::uint32_t child = tree_.first_child[node];
    if (child == ThreadTree::none) {
        close(out);
        return;
    }
    if (!dummy) out.push_back(' ');
    if (dummy || tree_.next_sibling[child] != ThreadTree::none) {
        out.push_back('(');
        path_.push_back(child);
    }
    node_ = child;
}

/// Ends the list of the node, and every list that ends with it.
void ThreadWriter::close(std::string& out) {
    out.push_back(')');
    node_ = ThreadTree::none;
    while (!path_.empty()) {
        const std::uint32_t next = tree_.next_sibling[path_.back()];
        if (next != ThreadTree::none) {
            out.push_back('(');
            path_.back() = next;
            node_ = next;
            return;
        }
        path_.pop_back();
        out.push_back(')');
    }
}

}  // namespace imap

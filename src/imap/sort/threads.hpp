// The threading algorithms of RFC 5256 section 3 (ORDEREDSUBJECT, REFERENCES) and REFS
// (draft-ietf-morg-inthread: as REFERENCES, but subjects join nothing, and threads are ordered by their
// latest message). Pure; iterative; O(n log n) whatever the references say, with n the messages and the
// references that they name.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "imap/sort/link_forest.hpp"
#include "imap/sort/thread_tree.hpp"

namespace imap {

/// The threads of a million messages take some hundred milliseconds: they are made in pieces of well below
/// one. What they are made of must outlive them.
class ThreadSteps {
public:
    virtual ~ThreadSteps() = default;
    /// True when take() has the tree.
    virtual bool step() = 0;
    virtual ThreadTree take() = 0;
};

/// \param order the messages by date, oldest first; equal ones by sequence number
std::unique_ptr<ThreadSteps> thread_by_subject(const std::vector<ThreadMessage>& messages,
                                               const std::vector<std::uint32_t>& order);

class ReferenceThreads {
public:
    /// \param ids how many numbers stand for Message-IDs, from 1
    explicit ReferenceThreads(std::uint32_t ids) : node_of_id_(std::size_t{ids} + 1, LinkForest::none) {}

    /// Step 1 for one message; in order of sequence number.
    /// \param id 0: the message has none
    void add(std::uint32_t id, std::span<const std::uint32_t> references);
    /// Steps 2 to 6. Called once, last.
    std::unique_ptr<ThreadSteps> references(const std::vector<ThreadMessage>& messages,
                                            const std::vector<std::uint32_t>& order) const;
    std::unique_ptr<ThreadSteps> refs(const std::vector<std::uint32_t>& order) const;

private:
    using Node = LinkForest::Node;
    Node node_of(std::uint32_t id);
    Node node_of_message(std::uint32_t id);

    LinkForest forest_;
    std::vector<std::uint32_t> node_of_id_;
    std::vector<std::uint32_t> message_of_;  // by node; none: a dummy
    std::vector<Node> node_of_message_;
};

}  // namespace imap

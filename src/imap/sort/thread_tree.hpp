// ThreadTree: the answer of THREAD, and its writer, which needs no recursion however deep the threads are.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace imap {

/// Nodes by number: first the messages, in order of sequence number, then dummies, which stand for messages
/// that are not there and may only be roots (RFC 5256 section 3, REFERENCES, step 3).
struct ThreadTree {
    static constexpr std::uint32_t none = UINT32_MAX;
    std::vector<std::uint32_t> roots;                      ///< in order
    std::vector<std::uint32_t> first_child, next_sibling;  ///< by node
    std::size_t messages = 0;                              ///< nodes from here on are dummies
};

/// What THREAD compares of a message.
struct ThreadMessage {
    std::uint32_t subject = 0;  ///< rank of the base subject: equal ranks are equal subjects
    bool has_subject = false;   ///< the base subject is not empty
    bool is_reply = false;      ///< RFC 5256 section 3: "a reply or forward"
};

/// "* THREAD (2)(3 6 (4 23)(44 7 96))" (RFC 5256 section 4, BASE.7.2.THREAD), in pieces.
class ThreadWriter {
public:
    /// \param numbers of the messages, as they are written
    ThreadWriter(const ThreadTree& tree, const std::vector<std::uint32_t>& numbers)
        : tree_(tree), numbers_(numbers) {}
    /// Appends some `octets` octets. False: that was all.
    bool write(std::string& out, std::size_t octets);

private:
    void open(std::string& out, std::uint32_t node);
    void close(std::string& out);

    const ThreadTree& tree_;
    const std::vector<std::uint32_t>& numbers_;
    std::size_t root_ = 0;  // the next one
    bool begun_ = false;
    std::vector<std::uint32_t> path_;        // siblings being written, one of each level that has several
    std::uint32_t node_ = ThreadTree::none;  // to be written next
};

}  // namespace imap

// ORDEREDSUBJECT (RFC 5256 section 3).
#include <algorithm>
#include <utility>

#include "imap/sort/passes.hpp"
#include "imap/sort/threads.hpp"

namespace imap {
namespace {

constexpr std::uint32_t none = ThreadTree::none;
using Units = std::vector<std::uint32_t>;

/// One pass by date: the first message of a subject is its thread's root.
class SubjectSteps final : public ThreadSteps {
public:
    SubjectSteps(const std::vector<ThreadMessage>& messages, const Units& order)
        : messages_(messages), order_(order), last_child_(messages.size(), none) {
        made_.messages = messages.size();
        made_.first_child.assign(messages.size(), none);
        made_.next_sibling.assign(messages.size(), none);
        passes_.add([this] { return messages_.size(); },
                    [this](std::size_t at) { largest_ = std::max(largest_, messages_[at].subject); });
        passes_.add(
            [this] {
                root_of_.assign(std::size_t{largest_} + 1, none);
                return order_.size();
            },
            [this](std::size_t place) { hang_up(order_[place]); });
    }
    SubjectSteps(const SubjectSteps&) = delete;
    SubjectSteps& operator=(const SubjectSteps&) = delete;

    bool step() override { return passes_.step(); }
    ThreadTree take() override { return std::move(made_); }

private:
    void hang_up(std::uint32_t message) {
        std::uint32_t& root = root_of_[messages_[message].subject];
        if (root == none) {
            root = message;
            made_.roots.push_back(message);
            return;
        }
        const std::uint32_t before = std::exchange(last_child_[root], message);
        (before == none ? made_.first_child[root] : made_.next_sibling[before]) = message;
    }

    const std::vector<ThreadMessage>& messages_;
    const Units& order_;
    std::uint32_t largest_ = 0;
    Units root_of_, last_child_;
    ThreadTree made_;
    Passes passes_;
};

}  // namespace

std::unique_ptr<ThreadSteps> thread_by_subject(const std::vector<ThreadMessage>& messages,
                                               const Units& order) {
    return std::make_unique<SubjectSteps>(messages, order);
}

}  // namespace imap

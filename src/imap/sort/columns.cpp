#include "imap/sort/columns.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>

#include "imap/sort/step_sort.hpp"

namespace imap {
namespace {

/// RFC 5957 section 3: the sort value of an address.
std::string display_of(const mime::Correspondent& who) {
    if (!who.name.empty()) return who.name;
    if (who.host.empty()) return who.mailbox;
    return who.mailbox + "@" + who.host;
}

}  // namespace

void SortColumns::add(std::uint32_t uid, const mime::SortKeys& keys, std::int64_t internal_date) {
    SortRow row;
    row.uid = uid;
    row.subject = texts_.intern(keys.base_subject);
    row.from = texts_.intern(keys.from.mailbox);
    row.to = texts_.intern(keys.to.mailbox);
    row.cc = texts_.intern(keys.cc.mailbox);
    row.display_from = texts_.intern(display_of(keys.from));
    row.display_to = texts_.intern(display_of(keys.to));
    row.id = ids_.intern(keys.message_id);
    row.references_at = references_.size();
    for (const std::uint64_t reference : keys.references) references_.push_back(ids_.intern(reference));
    // RFC 5256 section 3, REFERENCES: In-Reply-To counts where References has no valid id.
    if (keys.references.empty() && keys.in_reply_to != 0)
        references_.push_back(ids_.intern(keys.in_reply_to));
    row.references = static_cast<std::uint16_t>(references_.size() - row.references_at);
    row.is_reply = keys.subject_is_reply;
    row.sent = keys.has_sent ? keys.sent : internal_date;
    rows_.push_back(row);
}

void SortColumns::publish(std::uint32_t filled_to) {
    const std::lock_guard lock(mutex_);
    extent_ = Extent{rows_.size(), texts_.size(), ids_.size(), filled_to};
}

std::size_t SortColumns::bytes() const {
    std::size_t sum = sizeof *this + rows_.bytes() + references_.bytes() + texts_.bytes() + ids_.bytes();
    return sum + comparators.size() * sizeof(std::uint32_t) * texts_.size();
}

SortColumns::Extent SortColumns::extent() const {
    const std::lock_guard lock(mutex_);
    return extent_;
}

std::uint32_t SortColumns::find(std::uint32_t uid, std::uint32_t from, std::uint32_t rows) const {
    std::uint32_t step = 1, low = from, high = from;  // high: where it may be
    while (high < rows && rows_[high].uid < uid) {
        low = high + 1;
        high = rows - high > step ? high + step : rows;
        step *= 2;
    }
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        if (rows_[middle].uid < uid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

TextRanks SortColumns::ranks(Comparator comparator, std::uint32_t texts) const {
    const std::lock_guard lock(mutex_);
    const TextRanks& known = ranks_[static_cast<std::size_t>(comparator)];
    return known && known->size() >= texts ? known : nullptr;
}

void SortColumns::keep_ranks(Comparator comparator, TextRanks ranks) {
    const std::lock_guard lock(mutex_);
    TextRanks& known = ranks_[static_cast<std::size_t>(comparator)];
    if (!known || known->size() < ranks->size()) known.swap(ranks);
}

class RankMaker::State {
    static constexpr std::size_t rank_piece = 8'192;

public:
    State(const SortColumns& columns, std::uint32_t texts, Comparator comparator)
        : columns_(columns), comparator_(comparator), texts_(texts) {
        keys_.reserve(texts);
        items_.reserve(texts);
    }

    bool step() {
        constexpr std::uint32_t piece = 4'096;
        if (items_.size() < texts_ && !sort_) {
            const auto from = static_cast<std::uint32_t>(items_.size());
            const std::uint32_t end = std::min(from + piece, texts_);
            for (std::uint32_t number = from; number < end; ++number) prepare(number);
            return false;
        }
        if (!sort_) sort_.emplace(std::move(items_), Less{&keys_});
        if (!made_) {
            if (!sort_->step()) return false;
            items_ = sort_->take();
            made_ = std::make_shared<std::vector<std::uint32_t>>(keys_.size());
            return false;
        }
        const std::size_t end = std::min<std::size_t>(ranked_ + rank_piece, items_.size());
        for (; ranked_ < end; ++ranked_) rank(ranked_);
        return ranked_ == items_.size();
    }
    TextRanks take() { return std::move(made_); }

private:
    /// The first eight octets decide most comparisons.
    struct Item {
        std::uint64_t head = 0;
        std::uint32_t number = 0;
    };
    struct Less {
        const std::vector<std::string>* keys;
        bool operator()(const Item& a, const Item& b) const {
            if (a.head != b.head) return a.head < b.head;
            const int order = (*keys)[a.number].compare((*keys)[b.number]);
            return order != 0 ? order < 0 : a.number < b.number;
        }
    };

    void prepare(std::uint32_t number) {
        std::string key = collation_key(comparator_, columns_.text(number));
        std::array<unsigned char, 8> head{};
        std::memcpy(head.data(), key.data(), std::min<std::size_t>(key.size(), head.size()));
        std::uint64_t value = 0;
        for (const unsigned char octet : head) value = value << 8U | octet;
        items_.push_back(Item{value, number});
        keys_.push_back(std::move(key));
    }

    void rank(std::size_t at) {
        std::string& key = keys_[items_[at].number];
        if (at > 0) {
            std::string& before = keys_[items_[at - 1].number];
            if (items_[at].head != items_[at - 1].head || key != before) ++next_;
            std::string().swap(before);  // giving back a million strings at once would take long too
        }
        (*made_)[items_[at].number] = next_;
    }

    const SortColumns& columns_;
    Comparator comparator_;
    std::uint32_t texts_;
    std::vector<std::string> keys_;  // by number
    std::vector<Item> items_;
    std::optional<StepSort<Item, Less>> sort_;
    std::shared_ptr<std::vector<std::uint32_t>> made_;
    std::size_t ranked_ = 0;  // items
    std::uint32_t next_ = 0;  // rank
};

RankMaker::RankMaker(const SortColumns& columns, std::uint32_t texts, Comparator comparator)
    : state_(std::make_unique<State>(columns, texts, comparator)) {}
RankMaker::~RankMaker() = default;
bool RankMaker::step() { return state_->step(); }
TextRanks RankMaker::take() { return state_->take(); }

}  // namespace imap

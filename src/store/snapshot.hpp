// Snapshot: the immutable state of a folder at one modseq. All sessions share snapshots, and snapshots share
// the pages that did not change between them: to synchronise a session is to compare two by page identity.
//
// Layout: pages of up to 64 entries (page number = uid >> 6) in groups of 64 pages (group number = uid >>
// 12), so that a change copies one page, one group and the list of groups, whatever the size of the folder.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/ids.hpp"
#include "store/flags.hpp"
#include "store/uid_ranges.hpp"

namespace store {

using base::ModSeq;
using base::SeqNum;
using base::Uid;

/// What is known of a message without reading it.
struct Entry {
    Uid uid;
    bool has_follow_up = false;  ///< its flag says more: Folder::follow_ups()
    FlagSet flags;
    ModSeq modseq;
    base::MessageId id;
    base::ThreadId thread;
    std::int64_t internal_date = 0;  ///< seconds since 1970 (RFC 9051 section 2.3.3)
    std::int64_t save_date = 0;      ///< seconds since 1970: when it came into this folder (RFC 8514)
    std::uint64_t size = 0;          ///< octets (RFC822.SIZE)
    bool operator==(const Entry&) const = default;
};

struct Page {
    std::uint32_t number = 0;  ///< uid >> 6
    ModSeq modseq_max;
    std::uint32_t unseen = 0;  ///< entries without \Seen
    std::uint32_t follow_ups = 0;
    std::vector<Entry> entries;  ///< by uid, 1 to 64 of them
};
using PagePtr = std::shared_ptr<const Page>;
/// What Page::unseen, follow_ups and modseq_max must be.
void sum_up(Page& page);

struct PageGroup {
    std::uint32_t number = 0;  ///< uid >> 12
    ModSeq modseq_max;
    std::uint32_t count = 0;       ///< entries in all pages
    std::uint32_t unseen = 0;      ///< of them
    std::uint32_t follow_ups = 0;  ///< in a snapshot of the folder itself
    std::vector<PagePtr> pages;
};
using PageGroupPtr = std::shared_ptr<const PageGroup>;

/// Counters of a folder; the same figures as its header row.
struct FolderTotals {
    std::uint32_t uid_validity = 0;
    Uid uid_next{1};
    ModSeq highest_modseq{1};
    std::uint32_t exists = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t bytes = 0;
    std::uint64_t deleted_bytes = 0;
    bool operator==(const FolderTotals&) const = default;
};

class Snapshot {
public:
    Snapshot(FolderTotals totals, std::shared_ptr<const Keywords> keywords, std::vector<PageGroupPtr> groups);

    const FolderTotals& totals() const { return totals_; }
    const Keywords& keywords() const { return *keywords_; }
    const std::shared_ptr<const Keywords>& shared_keywords() const { return keywords_; }
    const std::vector<PageGroupPtr>& groups() const { return groups_; }
    std::uint32_t size() const { return first_.empty() ? 0 : first_.back(); }

    /// Null when out of range. O(log groups + 64).
    const Entry* at(SeqNum seq) const;
    const Entry* find(Uid uid) const;
    /// The number of the first message whose uid is ≥ `uid`; size() + 1 when there is none.
    SeqNum lower_bound(Uid uid) const;
    /// The uid of the last message; 0 when the folder is empty.
    Uid last_uid() const;
    /// 0 when all are seen. O(groups + 128).
    SeqNum first_unseen() const;

    /// Calls visit(SeqNum, const Entry&) for each message from `first` to `last`, both included. visit may
    /// return bool: false ends the walk.
    template <class Visit>
    void for_each(SeqNum first, SeqNum last, Visit visit) const {
        if (first.value == 0 || first.value > last.value || first.value > size()) return;
        std::size_t group = group_of(first);
        std::uint32_t seq = group == 0 ? 0 : first_[group - 1];
        for (; group < groups_.size(); ++group) {
            for (const PagePtr& page : groups_[group]->pages) {
                if (seq + page->entries.size() < first.value) {
                    seq += static_cast<std::uint32_t>(page->entries.size());
                    continue;
                }
                for (const Entry& entry : page->entries) {
                    if (++seq < first.value) continue;
                    if (seq > last.value) return;
                    if constexpr (std::is_same_v<decltype(visit(SeqNum(seq), entry)), bool>) {
                        if (!visit(SeqNum(seq), entry)) return;
                    } else {
                        visit(SeqNum(seq), entry);
                    }
                }
            }
        }
    }

    /// The same, of the messages whose modseq is above `since` only. O(log groups) and the pages that hold
    /// such.
    template <class Visit>
    void for_each_changed(SeqNum first, SeqNum last, ModSeq since, Visit visit) const {
        if (first.value == 0 || first.value > last.value || first.value > size()) return;
        std::size_t group = group_of(first);
        for (; group < groups_.size(); ++group) {
            std::uint32_t seq = group == 0 ? 0 : first_[group - 1];
            if (seq >= last.value) return;
            if (groups_[group]->modseq_max <= since) continue;
            for (const PagePtr& page : groups_[group]->pages) {
                if (page->modseq_max <= since || seq + page->entries.size() < first.value) {
                    seq += static_cast<std::uint32_t>(page->entries.size());
                    continue;
                }
                for (const Entry& entry : page->entries) {
                    ++seq;
                    if (seq > last.value) return;
                    if (seq >= first.value && entry.modseq > since) visit(SeqNum(seq), entry);
                }
            }
        }
    }

private:
    std::size_t group_of(SeqNum seq) const;

    FolderTotals totals_;
    std::shared_ptr<const Keywords> keywords_;
    std::vector<PageGroupPtr> groups_;
    std::vector<std::uint32_t> first_;  // messages in the groups up to and including this one
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// What a client that has seen `before` must be told.
struct Difference {
    std::vector<SeqNum>
        expunged;  ///< numbers in `before`, descending, so that each EXPUNGE is right as it stands
    std::vector<Uid> vanished;  ///< the same messages by uid, ascending
    std::vector<SeqNum>
        changed;  ///< numbers in `after` of messages known to `before` whose flags differ, ascending
    std::vector<SeqNum> modseq_only;  ///< as changed, but only the modseq differs (told to CONDSTORE clients)
    std::uint32_t appended = 0;       ///< messages at the end of `after` that are new
    bool keywords_grew = false;       ///< FLAGS must be sent again
    bool empty() const {
        return expunged.empty() && changed.empty() && modseq_only.empty() && appended == 0 && !keywords_grew;
    }
};
/// Cost: the pages that differ.
Difference compare(const Snapshot& before, const Snapshot& after);

/// `after`, but with the messages of `before` that are gone from it still in place: the view of a session
/// that may not be told of EXPUNGE yet (RFC 9051 section 7.5.1). Its totals are those of `after` but for
/// exists.
SnapshotPtr keep_expunged(const SnapshotPtr& before, const SnapshotPtr& after);

/// How much of what happened a view takes over (RFC 5465: a client may not want to hear of all).
struct Takeover {
    enum class Part : std::uint8_t { none, own, all };
    Part gone = Part::all;   ///< messages that are gone; others stay as they were
    Part flags = Part::all;  ///< flags and modseqs of those that stay
    bool fresh = true;       ///< new messages
    UidRanges own;           ///< what Part::own means
    bool everything() const { return gone == Part::all && flags == Part::all && fresh; }
};
/// `before` with these parts of `after`. Totals are those of `before` but for exists, and for uid_next with
/// new messages. Pages that are the same as before or after are shared with them.
SnapshotPtr take_over(const SnapshotPtr& before, const SnapshotPtr& after, const Takeover& what);

}  // namespace store

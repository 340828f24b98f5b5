// Maildrop: INBOX as one session sees it, fixed at login (RFC 1939 section 4): numbers never change, whatever
// others do to the folder. No lock is taken: sessions see a snapshot each, so a phone that polls does not
// shut a laptop out.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "store/folder.hpp"

namespace pop3 {

class Maildrop {
public:
    explicit Maildrop(store::FolderPtr folder)
        : folder_(std::move(folder)),
          view_(folder_->snapshot()),
          deleted_(view_->size()),
          seen_(view_->size()) {}

    /// Of all messages, also those marked as deleted.
    std::uint32_t size() const { return view_->size(); }
    /// Null: no such number, or marked as deleted.
    const store::Entry* find(std::uint32_t number) const;
    bool mark_deleted(std::uint32_t number);
    void unmark_all();
    void mark_seen(std::uint32_t number);

    std::uint32_t count() const { return size() - deleted_count_; }
    std::uint64_t octets() const { return view_->totals().bytes - deleted_octets_; }
    /// The unique-id of RFC 1939 section 7: the same in every session, never used again for another message.
    std::string unique_id(const store::Entry& entry) const;

    store::UidRanges deleted() const { return uids_of(deleted_); }
    /// Read here for the first time: those that were not \Seen at login.
    store::UidRanges newly_seen() const { return uids_of(seen_); }
    const store::FolderPtr& folder() const { return folder_; }

private:
    store::UidRanges uids_of(const std::vector<bool>& marks) const;

    store::FolderPtr folder_;
    store::SnapshotPtr view_;
    std::vector<bool> deleted_, seen_;  // by number - 1
    std::uint32_t deleted_count_ = 0;
    std::uint64_t deleted_octets_ = 0;
};

}  // namespace pop3

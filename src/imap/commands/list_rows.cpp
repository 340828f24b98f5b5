// RFC 9051 section 6.3.9 and its subsections, RFC 5258; RFC 3501 section 6.3.9 (LSUB); XLIST.
#include "imap/commands/list_rows.hpp"

#include <algorithm>
#include <map>

#include "imap/syntax/list_pattern.hpp"
#include "imap/syntax/response.hpp"

namespace imap {

namespace {

using Kind = cmd::List::Kind;

std::uint32_t use_attribute(store::SpecialUse use, Kind kind) {
    using store::SpecialUse;
    switch (use) {
        case SpecialUse::none:
            break;
        case SpecialUse::inbox:
            return kind == Kind::xlist ? ListResponse::inbox : 0U;
        case SpecialUse::drafts:
            return ListResponse::drafts;
        case SpecialUse::sent:
            return ListResponse::sent;
        case SpecialUse::trash:
            return ListResponse::trash;
        case SpecialUse::junk:
            return ListResponse::junk;
        case SpecialUse::archive:
            return ListResponse::archive;
        case SpecialUse::all:
            return ListResponse::all;
        case SpecialUse::flagged:
            return ListResponse::flagged;
        case SpecialUse::important:
            return ListResponse::important;
        case SpecialUse::memos:
            return ListResponse::memos;
        case SpecialUse::scheduled:
            return ListResponse::scheduled;
        case SpecialUse::snoozed:
            return ListResponse::snoozed;
    }
    return 0;
}

bool is_special(const store::FolderInfo* folder) {
    return folder != nullptr && folder->use != store::SpecialUse::none &&
           folder->use != store::SpecialUse::inbox;
}

// Octets of names times words of patterns between two looks around: some milliseconds.
constexpr std::size_t step_work_max = 4U << 20;

}  // namespace

std::uint32_t list_attributes(const store::FolderTree& tree, const std::string& name,
                              const store::FolderInfo* folder) {
    std::uint32_t out = tree.subscribed.contains(name) ? ListResponse::subscribed : 0U;
    if (folder == nullptr) return out | ListResponse::nonexistent;
    if (!folder->selectable) out |= ListResponse::no_select;
    out |= tree.has_children(*folder) ? ListResponse::has_children : ListResponse::has_no_children;
    return out | use_attribute(folder->use, Kind::list);
}

ListRows::ListRows(const store::FolderTree& tree, const cmd::List& list)
    : tree_(tree),
      list_(list),
      by_subscription_(list.select_subscribed || list.kind == Kind::lsub),
      subscribed_(tree.subscribed.begin()) {
    patterns_.reserve(list.patterns.size());
    for (const std::string& pattern : list.patterns) {
        patterns_.emplace_back(list.reference + pattern);
        pattern_words_ += (list.reference.size() + pattern.size()) / 64 + 1;
    }
}

bool ListRows::step() {
    for (std::size_t work = 0; work < step_work_max;) {
        if (by_subscription_ ? subscribed_ == tree_.subscribed.end() : folder_ == tree_.folders.size())
            return false;
        if (by_subscription_) {
            work += (subscribed_->size() + 1) * pattern_words_;
            consider(*subscribed_, tree_.find(*subscribed_));
            ++subscribed_;
        } else {
            const store::FolderInfo& folder = tree_.folders[folder_++];
            work += (folder.name.size() + 1) * pattern_words_;
            consider(folder.name, &folder);
        }
    }
    return true;
}

std::vector<ListRow> ListRows::take() {
    if (list_.select_recursive_match || list_.kind == Kind::lsub) add_parents();
    std::vector<ListRow> rows;
    rows.reserve(rows_.size());
    for (auto& [_, row] : rows_) rows.push_back(std::move(row));
    return rows;
}

bool ListRows::matches(std::string_view name) const {
    return std::ranges::any_of(patterns_, [&](const ListPattern& each) { return each.matches(name); });
}

/// One name that may be selected.
void ListRows::consider(const std::string& name, const store::FolderInfo* folder) {
    if (list_.select_special_use && !is_special(folder)) return;
    const bool shown = matches(name);
    if (shown) add(name, folder);
    if (!list_.select_recursive_match && list_.kind != Kind::lsub) return;
    for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash != 0;
         slash = name.rfind('/', slash - 1))
        parents_[name.substr(0, slash)].unmatched_child |= !shown;
}

/// RECURSIVEMATCH: levels above what was selected. LSUB: likewise, as \Noselect (RFC 3501 section 6.3.9).
void ListRows::add_parents() {
    for (const auto& [name, parent] : parents_) {
        const auto selected = rows_.find(name);
        if (selected != rows_.end()) {
            selected->second.child_info = list_.kind == Kind::list;
        } else if (parent.unmatched_child && matches(name)) {
            ListRow& row = add(name, tree_.find(name));
            row.child_info = list_.kind == Kind::list;
            if (list_.kind == Kind::lsub) row.attributes = ListResponse::no_select;
        }
    }
}

ListRow& ListRows::add(const std::string& name, const store::FolderInfo* folder) {
    ListRow row;
    row.name = name;
    const bool lsub = list_.kind == Kind::lsub;
    if (folder == nullptr) {
        row.attributes |= lsub ? ListResponse::no_select : ListResponse::nonexistent;
    } else {
        if (folder->selectable) row.folder = folder->id;
        if (!folder->selectable) row.attributes |= ListResponse::no_select;
        // CHILDREN and SPECIAL-USE always, asked for or not: iPhones and Outlook look for them in the
        // plain forms (imap.md quirks 4, 14, 27).
        if (!lsub)
            row.attributes |=
                tree_.has_children(*folder) ? ListResponse::has_children : ListResponse::has_no_children;
        row.attributes |= use_attribute(folder->use, list_.kind);
    }
    if ((list_.select_subscribed || list_.return_subscribed) && tree_.subscribed.contains(name))
        row.attributes |= ListResponse::subscribed;
    return rows_.insert_or_assign(rows_.end(), name, std::move(row))->second;  // most come in order
}

}  // namespace imap

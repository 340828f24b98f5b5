#include "eas/shared_tree.hpp"

#include <algorithm>
#include <set>

#include "store/folder_names.hpp"

namespace eas {
namespace {

using store::FolderInfo;
using store::FolderTree;

/// Whether the user may read it (RFC 4314 section 4), and wants to.
bool is_shown(const FolderInfo& folder, const FolderTree& own, const ItemsWanted& items,
              const OthersTree& others, base::AccountId user) {
    if (!folder.selectable) return false;
    const store::Rights rights = store::rights_of(folder.acl.get(), others.owner, user);
    if (!rights.has(store::Right::lookup) || !rights.has(store::Right::read)) return false;
    if (folder.kind != store::FolderKind::mail) {
        const auto known = items.find(folder.id);
        return known != items.end() && known->second == others.owner;
    }
    const std::string name = others.prefix + folder.name;
    // A folder of his own that is named like a namespace is what he has subscribed to then.
    return own.subscribed.contains(name) && own.find(name) == nullptr;
}

std::string shown_leaf(std::string_view name) {
    return std::string(name == "INBOX" ? "Inbox" : store::leaf_of(name));
}

/// Adds what is shown of one kind of tree: mail, or all else.
class Adder {
public:
    Adder(const FolderTree& own, const ItemsWanted& items, base::AccountId user, std::size_t shared_max,
          MergedTree& out)
        : own_(own), items_(items), user_(user), shared_max_(shared_max), out_(out) {
        for (const std::vector<FolderInfo>* all : {&own.folders, &own.items})
            for (const FolderInfo& folder : *all)
                if (!folder.parent) top_names_.insert(folder.name);
    }

    void add(const OthersTree& others, std::size_t place, const std::vector<FolderInfo>& from,
             std::vector<FolderInfo>& to) {
        std::map<base::FolderId, std::string> names;  // of those that are shown
        for (const FolderInfo& folder : from) {       // parents come before their children
            if (out_.shared.size() >= shared_max_) return;
            if (!is_shown(folder, own_, items_, others, user_)) continue;
            FolderInfo shown = folder;
            shown.use = store::SpecialUse::none;  // special to its owner only
            shown.first = false;
            const auto parent = names.find(folder.parent);
            if (parent != names.end()) {
                shown.name = parent->second + "/" + shown_leaf(folder.name);
            } else {
                shown.parent = base::FolderId();
                shown.name = top_name(shared_name(folder.name, others.label));
            }
            names[shown.id] = shown.name;
            out_.shared[shown.id] = place;
            to.push_back(std::move(shown));
        }
    }

private:
    /// Devices show several folders of one name, but then nobody knows which is which.
    std::string top_name(const std::string& wanted) {
        std::string name = wanted;
        for (unsigned number = 2; !top_names_.insert(name).second; ++number)
            name = wanted + " " + std::to_string(number);
        return name;
    }

    const FolderTree& own_;
    const ItemsWanted& items_;
    const base::AccountId user_;
    const std::size_t shared_max_;
    MergedTree& out_;
    std::set<std::string> top_names_;
};

}  // namespace

ItemsWanted items_wanted(const FolderTree& own, const FolderTree* all) {
    ItemsWanted out;
    for (const FolderTree* tree : {all, &own}) {
        if (tree == nullptr) continue;
        for (const auto& [folder, says] : tree->subscribed_items) {
            out.erase(folder);
            if (says.wanted) out.emplace(folder, says.owner);
        }
    }
    return out;
}

std::string shared_name(std::string_view name, std::string_view label) {
    return shown_leaf(name) + " (" + std::string(label) + ")";
}

MergedTree merge_trees(const store::FolderTreePtr& own, const ItemsWanted& items,
                       const std::vector<OthersTree>& others, base::AccountId user, std::size_t shared_max) {
    MergedTree out;
    auto merged = std::make_shared<FolderTree>(*own);
    Adder adder(*own, items, user, shared_max, out);
    for (std::size_t place = 0; place < others.size(); ++place) {
        adder.add(others[place], place, others[place].tree->folders, merged->folders);
        adder.add(others[place], place, others[place].tree->items, merged->items);
    }
    const auto in_order = [](const FolderInfo& a, const FolderInfo& b) {
        return store::name_before(a.name, b.name);
    };
    std::ranges::sort(merged->folders, in_order);
    std::ranges::sort(merged->items, in_order);
    merged->index();
    out.tree = std::move(merged);
    return out;
}

}  // namespace eas

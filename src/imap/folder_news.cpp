#include "imap/folder_news.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace imap {

namespace {

using Kind = FolderNews::Kind;
using ById = std::unordered_map<std::uint64_t, const store::FolderInfo*>;

ById by_id(const store::FolderTree& tree) {
    ById out;
    out.reserve(tree.folders.size());
    for (const store::FolderInfo& folder : tree.folders) out.emplace(folder.id.value, &folder);
    return out;
}

const store::FolderInfo* look_up(const ById& folders, base::FolderId id) {
    const auto found = folders.find(id.value);
    return found == folders.end() ? nullptr : found->second;
}

std::string_view leaf_of(std::string_view name) { return name.substr(name.rfind('/') + 1); }

class TreeComparison {
public:
    TreeComparison(const store::FolderTree& before, const store::FolderTree& after, base::AccountId owner,
                   base::AccountId user)
        : before_(before), old_(by_id(before)), now_(by_id(after)), owner_(owner), user_(user) {}

    void left(const store::FolderInfo& was) {
        const store::FolderInfo* is = look_up(now_, was.id);
        if (!may(&was, store::Right::lookup) || may(is, store::Right::lookup)) return;
        add(Kind::vanished, was);
        news.back().still_there = is != nullptr;
    }

    void came_or_changed(const store::FolderInfo& is) {
        if (!may(&is, store::Right::lookup)) return;
        const store::FolderInfo* was = look_up(old_, is.id);
        if (!may(was, store::Right::lookup)) {
            // RFC 5465 section 5.4: INBOX is renamed, and there is a new one, which is no news.
            const store::FolderInfo* inbox = before_.find(store::SpecialUse::inbox);
            if (was == nullptr && is.was_inbox && may(inbox, store::Right::lookup)) {
                add(Kind::renamed, is);
                news.back().old_name = inbox->name;
                return;
            }
            add(Kind::appeared, is);
            const store::FolderInfo* named = before_.find(is.name);
            news.back().anew = named != nullptr && named->uid_validity != is.uid_validity;
            return;
        }
        if (was->name != is.name && !went_along(*was, is)) {
            add(Kind::renamed, is);
            news.back().old_name = was->name;
        }
        if (was->selectable != is.selectable) {
            add(is.selectable ? Kind::appeared : Kind::vanished, is);
            news.back().anew = is.selectable;
        }
        const bool read = may(was, store::Right::read), reads = may(&is, store::Right::read);
        if (read != reads) add(reads ? Kind::opened : Kind::closed, is);
    }

    std::vector<FolderNews> news;

private:
    void add(Kind kind, const store::FolderInfo& folder) {
        news.emplace_back();
        news.back().kind = kind;
        news.back().folder = folder;
    }
    bool may(const store::FolderInfo* folder, store::Right right) const {
        return folder != nullptr && store::rights_of(folder->acl.get(), owner_, user_).has(right);
    }
    /// RFC 5465 section 5.4: no news of children that are renamed with their parent, when he can see that.
    bool went_along(const store::FolderInfo& was, const store::FolderInfo& is) const {
        if (was.parent != is.parent || leaf_of(was.name) != leaf_of(is.name)) return false;
        return may(look_up(old_, was.parent), store::Right::lookup) &&
               may(look_up(now_, is.parent), store::Right::lookup);
    }

    const store::FolderTree& before_;
    const ById old_, now_;
    const base::AccountId owner_, user_;
};

}  // namespace

std::vector<FolderNews> compare_trees(const store::FolderTree& before, const store::FolderTree& after,
                                      base::AccountId owner, base::AccountId user) {
    TreeComparison comparison(before, after, owner, user);
    for (const store::FolderInfo& was : before.folders) comparison.left(was);
    for (const store::FolderInfo& is : after.folders) comparison.came_or_changed(is);
    return std::move(comparison.news);
}

std::vector<std::string> compare_subscriptions(const store::FolderTree& before,
                                               const store::FolderTree& after) {
    std::vector<std::string> out;
    std::set_symmetric_difference(before.subscribed.begin(), before.subscribed.end(),
                                  after.subscribed.begin(), after.subscribed.end(), std::back_inserter(out));
    return out;
}

}  // namespace imap

// Search among contacts, events, tasks and notes: each is read, since the store's index is one of mail.
// MS-ASCMD section 2.2.3.27.4.
#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "eas/session.hpp"

namespace eas {
namespace {

/// Properties that nobody reads: ids, times, pictures, what this server noted for itself, and HTML that
/// stands as DESCRIPTION too.
bool is_text(const pim::Property& property) {
    constexpr std::string_view others[] = {"BEGIN",   "UID",     "VERSION", "PRODID",    "REV",   "DTSTAMP",
                                           "CREATED", "DTSTART", "DTEND",   "DUE",       "RRULE", "EXDATE",
                                           "RDATE",   "TRIGGER", "PHOTO",   "X-ALT-DESC"};
    return std::ranges::find(others, property.name) == std::end(others) &&
           !property.name.starts_with("X-BARID-");
}

/// What people have written into an item, and of a series into its exceptions.
// NOLINTNEXTLINE(misc-no-recursion): as deep as pim::ComponentLimits let it be
void add_text(const pim::Component& component, std::string& out) {
    if (component.name == "VTIMEZONE" || component.name == "VALARM") return;
    for (const pim::Property& property : component.properties) {
        if (!is_text(property)) continue;
        out += pim::unescape(property.value);
        out.push_back('\n');
        if (const std::string_view name = property.parameter("CN"); !name.empty())
            out.append(name).push_back('\n');
    }
    for (const pim::Component& inner : component.components) add_text(inner, out);
}

bool is_wanted(const MailQuery& query, const store::FolderTree& tree, const store::FolderInfo& folder) {
    if (!wants_class(query, class_of(folder.kind))) return false;
    return query.folders.empty() || std::ranges::any_of(query.folders, [&](base::FolderId id) {
               const store::FolderInfo* named = tree.find_any(id);
               if (named == nullptr || named->kind == store::FolderKind::mail) return false;
               return named->id == folder.id || (query.deep && folder.name.starts_with(named->name + "/"));
           });
}

}  // namespace

/// The newest first, as many as are asked for.
awaitable<std::vector<SearchHit>> Session::find_items(const MailQuery* query, std::size_t wanted,
                                                      Deadline until) {
    std::vector<SearchHit> found;
    // Only mail is received, and is part of conversations.
    if (query->words.empty() || query->from || query->to || !query->conversation.empty()) co_return found;
    std::vector<SearchHit> all;
    const std::size_t most = limits().search_messages_max;
    const store::FolderTreePtr tree = account_->folders();
    for (const store::FolderInfo& info : tree->items) {
        if (!is_wanted(*query, *tree, info)) continue;
        if (query->folders.empty() && account_->is_shared(info.id)) continue;
        const auto folder = co_await account_->open(info.id);
        if (!folder) continue;
        const store::SnapshotPtr now_there = (*folder)->snapshot();
        now_there->for_each(base::SeqNum(1), base::SeqNum(now_there->size()),
                            [&](base::SeqNum, const store::Entry& entry) {
                                all.push_back({info.id, entry, info.kind});
                                if (all.size() >= 2 * most) keep_newest(all, most);
                            });
    }
    keep_newest(all, most);
    std::ranges::sort(all, std::greater(), date_of);
    std::vector<std::string> words;
    for (const std::string& word : query->words) words.push_back(folded(word));
    const auto executor = co_await boost::asio::this_coro::executor;
    for (const SearchHit& hit : all) {
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
        if (found.size() >= wanted || is_past(until)) break;
        const auto folder = co_await account_->open(hit.folder);
        if (!folder) continue;
        const auto item = co_await fetch_stored(*folder, hit.entry.uid, hit.kind);
        if (!item) continue;
        std::string text;
        add_text(*item, text);
        if (has_words(text, words)) found.push_back(hit);
    }
    co_return found;
}

}  // namespace eas

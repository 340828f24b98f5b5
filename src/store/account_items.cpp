// The account's folders of other kinds than mail: their names are a tree of their own.
#include <utility>

#include "store/live_account.hpp"

namespace store {
namespace {

struct FirstFolder {
    const char* name;
    FolderKind kind;
};
constexpr FirstFolder first_folders[] = {{"Calendar", FolderKind::calendar},
                                         {"Contacts", FolderKind::contacts},
                                         {"Tasks", FolderKind::tasks},
                                         {"Notes", FolderKind::notes}};

bool has_all(const FolderTree& tree) {
    for (const FirstFolder& folder : first_folders)
        if (tree.first_of(folder.kind) == nullptr) return false;
    return true;
}

/// Makes one that is missing. A folder of that name and kind becomes it; one of another kind keeps its name.
Error make_first(AccountDraft& draft, const FirstFolder& wanted) {
    for (const auto& [id, row] : draft.state().folders)
        if (row.kind == wanted.kind && row.first) return Error();
    std::string name = wanted.name;
    for (unsigned number = 2; const base::FolderId taken = draft.find(name, items_root); ++number) {
        const FolderRow& row = draft.state().folders.at(taken);
        if (row.kind == wanted.kind && row.selectable) {
            draft.set_first(taken);
            return Error();
        }
        name = wanted.name + (" " + std::to_string(number));
    }
    const auto made = draft.create(name, SpecialUse::none, wanted.kind);
    if (!made) return made.error();
    draft.set_first(*made);
    return Error();
}

}  // namespace

awaitable<Result<FolderInfo>> Account::create_items(std::string, FolderKind) {
    co_return Error(Errc::invalid, "mail alone is kept here");
}
awaitable<Result<void>> Account::remove_items(std::string) {
    co_return Error(Errc::not_found, "mail alone is kept here");
}
awaitable<Result<void>> Account::rename_items(std::string, std::string) {
    co_return Error(Errc::not_found, "mail alone is kept here");
}
awaitable<Result<void>> Account::make_item_folders() { co_return Result<void>(); }

awaitable<Result<FolderInfo>> LiveAccount::create_items(std::string name, FolderKind kind) {
    Result<std::string> canonical = canonical_name(name, context_.limits);
    if (!canonical) co_return canonical.error();
    if (kind == FolderKind::mail) co_return Error(Errc::invalid, "no kind of item");
    auto made = std::make_shared<base::FolderId>();
    Apply apply = [made, kind, leaf = *canonical](AccountDraft& draft) {
        const auto id = draft.create(leaf, SpecialUse::none, kind);
        if (!id) return id.error();
        *made = *id;
        return Error();
    };
    const auto done = co_await change(std::move(apply));
    if (!done) co_return done.error();
    const FolderTreePtr tree = folders();
    const FolderInfo* info = tree->find_any(*made);
    if (info == nullptr) co_return Error(Errc::not_found, "the folder was deleted at once");
    co_return *info;
}

awaitable<Result<void>> LiveAccount::remove_items(std::string name) {
    const FolderTreePtr tree = folders();
    const FolderInfo* info = tree->find_item_folder(name);
    if (info != nullptr && info->first) co_return Error(Errc::denied, "every mailbox has that folder");
    co_return co_await remove_from(std::move(name), items_root);
}

awaitable<Result<void>> LiveAccount::rename_items(std::string from, std::string to) {
    Result<std::string> source = canonical_name(from, context_.limits);
    if (!source) co_return Error(Errc::not_found, "no such folder");
    Result<std::string> target = canonical_name(to, context_.limits);
    if (!target) co_return target.error();
    Apply apply = [from_name = *source, to_name = *target](AccountDraft& draft) {
        const auto done = draft.rename(from_name, to_name, items_root);
        return done ? Error() : done.error();
    };
    co_return co_await change(std::move(apply));
}

awaitable<Result<void>> LiveAccount::make_item_folders() {
    const auto loaded = co_await load();
    if (!loaded) co_return loaded;
    if (has_all(*folders())) co_return Result<void>();
    Apply apply = [](AccountDraft& draft) {
        for (const FirstFolder& folder : first_folders) {
            Error error = make_first(draft, folder);
            if (!error.is(Errc::none)) return error;
        }
        return Error();
    };
    co_return co_await change(std::move(apply));
}

}  // namespace store

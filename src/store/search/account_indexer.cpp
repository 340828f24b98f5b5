// Reading: from folders to messages to steps for MessageTerms.
#include "store/search/account_indexer.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "mime/tree.hpp"
#include "store/search_text.hpp"

namespace store::search {
namespace {

constexpr unsigned passes_max = 5;  // somebody else may change the index, or a segment may be damaged
constexpr std::size_t entries_at_once = 256;
constexpr std::size_t step_bytes_max = 1U << 20;  // of messages, read and not yet worked on
constexpr std::size_t steps_max = 1'024;
constexpr std::size_t read_bytes = 256U << 10;
constexpr Error stopped{Errc::unavailable, "the server is stopping"};

}  // namespace

AccountIndexer::~AccountIndexer() { service_.figures().waiting -= waiting_; }

awaitable<Result<bool>> AccountIndexer::run() {
    if (const auto reported = service_.take_damage(account_)) {
        const auto dropped = co_await drop_damaged(*reported);
        if (!dropped && !dropped.error().is(Errc::conflict)) co_return dropped.error();
    }
    Result<void> done;
    for (unsigned tries = 0; tries < passes_max; ++tries) {
        done = co_await pass();
        if (done) {
            const auto left = co_await leave_nothing_behind();
            if (!left) co_return left.error();
            co_return turn_over_;
        }
        terms_.reset();
        steps_.clear();
        step_bytes_ = 0;
        if (service_.stopping()) co_return stopped;
        if (done.error().is(Errc::corrupt) && damaged_.blob) {
            const auto dropped = co_await drop_damaged(std::exchange(damaged_, SegmentRow()));
            if (!dropped && !dropped.error().is(Errc::conflict)) co_return dropped.error();
        } else if (!done.error().is(Errc::conflict)) {
            co_return done.error();
        }
    }
    co_return done.error();
}

/// Asked after a commit: nothing that was done is lost.
bool AccountIndexer::turn_ends() {
    const auto spent = std::chrono::steady_clock::now() - began_;
    turn_over_ = spent >= service_.options().turn && service_.others_wait();
    return turn_over_;
}

/// The account may have been removed meanwhile, and its index with it, just before the first commit.
awaitable<Result<void>> AccountIndexer::leave_nothing_behind() {
    const auto opened = co_await service_.context().open_account(account_);
    if (opened || !opened.error().is(Errc::not_found)) co_return Result<void>();
    co_return co_await drop_index(&service_.context().engine, account_);
}

awaitable<Result<void>> AccountIndexer::pass() {
    auto opened = co_await service_.context().open_account(account_);
    if (!opened) co_return opened.error();
    live_ = std::move(*opened);
    auto loaded = co_await reload();
    if (!loaded) co_return loaded;
    auto indexed = co_await index_folders();
    if (!indexed) co_return indexed;
    co_return co_await merge_all();
}

awaitable<Result<void>> AccountIndexer::reload() {
    const auto now = co_await service_.manifest(account_);
    if (!now) co_return now.error();
    manifest_ = std::make_shared<Manifest>(**now);
    if (manifest_->damaged) {
        base::log::warn("search", "an account's index is made anew", {{"account", account_.value}});
        const auto dropped = co_await drop_index(&service_.context().engine, account_);
        if (!dropped) co_return dropped;
        manifest_ = std::make_shared<Manifest>();
    }
    marks_ = manifest_->marks;
    last_id_ = manifest_->header.last_id;
    added_.clear();
    known_.clear();
    known_read_ = false;
    co_return Result<void>();
}

awaitable<Result<void>> AccountIndexer::index_folders() {
    const FolderTreePtr tree = live_->folders();
    std::erase_if(marks_, [&](const auto& item) { return tree->find(item.first) == nullptr; });
    messages_ = 0;
    service_.figures().waiting -= std::exchange(waiting_, 0);
    std::vector<base::FolderId> behind;
    for (const FolderInfo& info : tree->folders) {
        if (!info.selectable) continue;
        const auto totals = co_await live_->totals(info.id);
        if (!totals && totals.error().is(Errc::not_found)) continue;  // deleted meanwhile
        if (!totals) co_return totals.error();
        messages_ += totals->exists;
        const Uid mark = manifest_->mark(info.id);
        if (mark.value + 1 >= totals->uid_next.value) continue;
        const std::uint64_t most =
            std::min<std::uint64_t>(totals->exists, totals->uid_next.value - 1 - mark.value);
        waiting_ += most;
        service_.figures().waiting += most;
        behind.push_back(info.id);
    }
    for (const base::FolderId id : behind) {
        auto folder = co_await live_->open(id);
        if (!folder && folder.error().is(Errc::not_found)) continue;
        if (!folder) co_return folder.error();
        auto indexed = co_await index_folder(std::move(*folder));
        if (!indexed) co_return indexed;
        if (turn_over_) break;
    }
    if (marks_ == manifest_->marks) co_return Result<void>();
    co_return co_await flush();
}

awaitable<Result<void>> AccountIndexer::index_folder(FolderPtr folder) {
    const SnapshotPtr messages = folder->snapshot();
    Uid next(manifest_->mark(folder->id()).value + 1);
    while (next < messages->totals().uid_next) {
        if (service_.stopping()) co_return stopped;
        std::vector<Entry> entries;
        Uid done(messages->totals().uid_next.value - 1);
        messages->for_each(messages->lower_bound(next), SeqNum(messages->size()),
                           [&](SeqNum, const Entry& entry) {
                               if (entries.size() == entries_at_once) return false;
                               entries.push_back(entry);
                               return true;
                           });
        if (entries.size() == entries_at_once) done = entries.back().uid;
        const std::uint64_t some = std::min<std::uint64_t>(entries.size(), waiting_);
        auto indexed = co_await index_messages(folder, std::move(entries));
        if (!indexed || turn_over_) co_return indexed;
        waiting_ -= some;
        service_.figures().waiting -= some;
        marks_[folder->id()] = done;
        next = Uid(done.value + 1);
    }
    co_return Result<void>();
}

awaitable<Result<void>> AccountIndexer::index_messages(FolderPtr folder, std::vector<Entry> entries) {
    std::vector<Entry> unknown;
    for (const Entry& entry : entries) {
        if (entry.id.value <= last_id_ && !known_read_) {
            auto read = co_await read_known();
            if (!read) co_return read;
        }
        if (!is_known(entry.id)) unknown.push_back(entry);
    }
    if (unknown.empty()) co_await breathe();  // a million copies are gone through without reading any
    for (std::size_t at = 0; at < unknown.size();) {
        std::vector<Entry> some(unknown.begin() + static_cast<std::ptrdiff_t>(at), unknown.end());
        auto details = co_await folder->details(std::move(some));
        if (!details && !details.error().is(Errc::corrupt)) co_return details.error();
        // A damaged row: one message at a time, so that the others are found.
        const std::size_t count = details ? details->size() : 1;
        for (std::size_t i = 0; i < count; ++i, ++at) {
            if (added_.contains(unknown[at].id.value)) continue;  // a copy in the same folder
            const bool lost = !details || (*details)[i] == nullptr;
            // Gone meanwhile, perhaps to a folder that is still to come: there it is not known yet.
            if (lost && folder->snapshot()->find(unknown[at].uid) == nullptr) continue;
            added_.insert(unknown[at].id.value);
            last_id_ = std::max(last_id_, unknown[at].id.value);
            Result<void> read;
            if (!lost) {
                read = co_await read_message(folder, std::move((*details)[i]));
            } else {
                step::End end;
                end.id = unknown[at].id.value;
                end.readable = false;
                Step unread(end);
                read = co_await add_step(std::move(unread), 0);
            }
            if (!read) co_return read;
            if (!terms_ || !terms_->full()) continue;
            // In the order of uids: what came before is in the index or here.
            marks_[folder->id()] = unknown[at].uid;
            read = co_await flush();
            if (!read || turn_ends()) co_return read;
        }
        if (!details) {
            unknown.erase(unknown.begin(), unknown.begin() + static_cast<std::ptrdiff_t>(at));
            at = 0;
        }
    }
    co_return co_await work_off_steps();
}

awaitable<Result<void>> AccountIndexer::read_message(FolderPtr folder, DetailPtr detail) {
    Step begin{step::Begin()};
    auto added = co_await add_step(std::move(begin), 0);
    if (!added) co_return added;
    const auto readable = co_await read_body(std::move(folder), detail);
    if (!readable) co_return readable.error();
    step::End end;
    end.id = detail->id.value;
    end.readable = *readable;
    ++service_.figures().indexed;
    Step last(end);
    co_return co_await add_step(std::move(last), 0);
}

/// False: the message is damaged. What was collected meanwhile is nobody's any more.
awaitable<Result<bool>> AccountIndexer::read_body(FolderPtr folder, DetailPtr detail) {
    const auto unreadable = [](const Error& error) {
        return error.is(Errc::corrupt) || error.is(Errc::not_found);
    };
    auto header = co_await folder->read(
        detail, 0, std::min<std::uint64_t>(detail->header_bytes, SearchText::header_bytes_max));
    if (!header && unreadable(header.error())) co_return false;
    if (!header) co_return header.error();
    std::size_t bytes = header->size();
    Step step{step::Header{std::move(*header)}};
    auto added = co_await add_step(std::move(step), bytes);
    if (!added) co_return added.error();
    mime::Tree tree;
    if (!mime::decode_tree(detail->tree, tree)) co_return false;
    const std::uint64_t shift = detail->prefix.size();  // the tree counts from the blob's first octet
    for (const mime::Part& part : tree.parts) {
        bytes = std::min<std::uint64_t>(part.header_bytes, SearchText::header_bytes_max);
        if (part.parent != mime::no_part && bytes != 0) {
            header = co_await folder->read(detail, part.header_offset + shift, bytes);
            if (!header && unreadable(header.error())) co_return false;
            if (!header) co_return header.error();
            step = step::PartHeader{std::move(*header)};
            added = co_await add_step(std::move(step), bytes);
            if (!added) co_return added.error();
        }
        if (part.kind != mime::Kind::leaf || (part.type != "text" && !part.type.empty())) continue;
        if (part.body_bytes == 0) continue;
        step = step::Part{part.encoding, part.charset};
        added = co_await add_step(std::move(step), 0);
        if (!added) co_return added.error();
        for (std::uint64_t done = 0; done < part.body_bytes;) {
            bytes = std::min<std::uint64_t>(part.body_bytes - done, read_bytes);
            auto octets = co_await folder->read(detail, part.body_offset + shift + done, bytes);
            if (!octets && unreadable(octets.error())) co_return false;
            if (!octets) co_return octets.error();
            if (octets->empty()) co_return false;
            bytes = octets->size();
            done += bytes;
            step = step::Octets{std::move(*octets), done >= part.body_bytes};
            added = co_await add_step(std::move(step), bytes);
            if (!added) co_return added.error();
        }
    }
    co_return true;
}

awaitable<Result<void>> AccountIndexer::add_step(Step step, std::size_t bytes) {
    steps_.push_back(std::move(step));
    step_bytes_ += bytes;
    if (step_bytes_ < step_bytes_max && steps_.size() < steps_max) co_return Result<void>();
    co_return co_await work_off_steps();
}

awaitable<Result<void>> AccountIndexer::work_off_steps() {
    if (steps_.empty()) co_return Result<void>();
    if (!terms_) {
        trigram::BuilderLimits limits;
        limits.postings_max = std::max<std::size_t>(service_.options().build_bytes_max / 16, 65'536);
        terms_ = std::make_shared<MessageTerms>(limits);
    }
    auto steps = std::make_shared<std::vector<Step>>(std::move(steps_));
    steps_.clear();
    step_bytes_ = 0;
    std::function<void()> work = [terms = terms_, steps] { terms->take(*steps); };
    const bool worked = co_await service_.compute(std::move(work));
    if (!worked) co_return stopped;
    co_return Result<void>();
}

awaitable<Result<void>> AccountIndexer::read_known() {
    for (const SegmentRow& row : manifest_->segments) {
        const auto ids = co_await documents_of(row);
        if (!ids) co_return ids.error();
        known_.insert(known_.end(), ids->begin(), ids->end());
    }
    auto in_order = co_await sorted(std::move(known_));
    if (!in_order) co_return in_order.error();
    known_ = std::move(*in_order);
    known_read_ = true;
    co_return Result<void>();
}

/// A copy or a move keeps its id (RFC 8474 section 5.1), and with it its text.
bool AccountIndexer::is_known(base::MessageId id) const {
    if (id.value > last_id_) return false;
    return std::ranges::binary_search(known_, id.value) || added_.contains(id.value);
}

/// \errors corrupt: damaged_ says which segment
awaitable<Result<std::vector<std::uint64_t>>> AccountIndexer::documents_of(SegmentRow row) {
    const auto segment = co_await service_.reader().open(row);
    if (!segment) co_return unreadable(row, segment.error());
    auto ids = co_await service_.reader().documents(*segment);
    if (!ids) co_return unreadable(row, ids.error());
    co_return ids;
}

/// A segment that the rows name and that is not there is damage too.
Error AccountIndexer::unreadable(const SegmentRow& row, const Error& error) {
    if (!error.is(Errc::corrupt) && !error.is(Errc::not_found)) return error;
    damaged_ = row;
    return damaged_segment;
}

awaitable<Result<void>> AccountIndexer::flush() {
    auto worked = co_await work_off_steps();
    if (!worked) co_return worked;
    Change change;
    if (terms_) {
        auto octets = std::make_shared<std::string>();
        auto documents = std::make_shared<std::uint32_t>();
        std::function<void()> work = [terms = std::move(terms_), octets, documents] {
            *documents = static_cast<std::uint32_t>(terms->documents());
            *octets = terms->build();
        };
        terms_ = nullptr;
        const bool built = co_await service_.compute(std::move(work));
        if (!built) co_return stopped;
        auto blob = co_await write_blob(std::move(*octets));
        if (!blob) co_return blob.error();
        change.blob = std::move(*blob);
        change.documents = *documents;
        ++service_.figures().written;
    }
    auto done = co_await commit(std::move(change));
    if (!done) co_return done;
    if (known_read_) {
        known_.insert(known_.end(), added_.begin(), added_.end());
        auto in_order = co_await sorted(std::move(known_));
        if (!in_order) co_return in_order.error();
        known_ = std::move(*in_order);
    }
    added_.clear();
    co_return done;
}

/// Not where sessions are served: there may be a million.
awaitable<Result<std::vector<std::uint64_t>>> AccountIndexer::sorted(std::vector<std::uint64_t> ids) {
    auto shared = std::make_shared<std::vector<std::uint64_t>>(std::move(ids));
    std::function<void()> work = [shared] { std::ranges::sort(*shared); };
    const bool worked = co_await service_.compute(std::move(work));
    if (!worked) co_return stopped;
    co_return std::move(*shared);
}

}  // namespace store::search

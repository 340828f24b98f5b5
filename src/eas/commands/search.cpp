// Search and Find: in the mailbox, by the store's index where that helps, and among the people of the post
// office. MS-ASCMD section 2.2.2.16.
#include <algorithm>
#include <chrono>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/ascii.hpp"
#include "eas/session.hpp"
#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

/// `words` are folded.
bool mail_has_words(const MailItem& item, const std::vector<std::string>& words) {
    std::string text;
    for (const std::string* part : {&item.subject, &item.from, &item.to, &item.cc}) text += *part + "\n";
    if (item.body) text += item.body->data;
    return has_words(text, words);
}

bool in_conversation(const store::Entry& entry, std::string_view conversation) {
    return conversation.empty() || thread_of(conversation) == entry.thread;
}

}  // namespace

/// The folders that a search goes through. Those of others are looked through where they are named.
std::vector<base::FolderId> Session::searched_folders(const MailQuery& query) const {
    std::vector<base::FolderId> out;
    const store::FolderTreePtr tree = account_->folders();
    for (const store::FolderInfo& folder : tree->folders) {
        if (!folder.selectable) continue;
        bool wanted = query.folders.empty() && !account_->is_shared(folder.id);
        for (const base::FolderId id : query.folders) {
            const store::FolderInfo* named = tree->find(id);
            if (named == nullptr) continue;
            wanted |= named->id == folder.id || (query.deep && folder.name.starts_with(named->name + "/"));
        }
        if (wanted) out.push_back(folder.id);
    }
    return out;
}

/// Messages that may have the words, of one folder.
awaitable<void> Session::find_candidates(const MailQuery* query, base::FolderId id,
                                         std::vector<SearchHit>* hits) {
    auto folder = co_await account_->open(id);
    if (!folder) co_return;
    const std::size_t most = limits().search_messages_max;
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    std::vector<store::SearchHitsPtr> verdicts;
    for (const std::string& word : query->words) {
        if (services_->store.search() == nullptr) break;
        store::SearchNeedle needle;
        needle.text = word;
        verdicts.push_back(
            co_await services_->store.search()->find((*folder)->account(), id, now_there, std::move(needle)));
    }
    now_there->for_each(
        base::SeqNum(1), base::SeqNum(now_there->size()), [&](base::SeqNum seq, const store::Entry& entry) {
            if (entry.flags.has(store::SystemFlag::deleted) || !in_conversation(entry, query->conversation))
                return;
            if (query->from && entry.internal_date <= *query->from) return;
            if (query->to && entry.internal_date >= *query->to) return;
            const bool out = std::ranges::any_of(verdicts, [seq](const store::SearchHitsPtr& verdict) {
                return verdict && verdict->of(seq) == store::SearchHits::Verdict::no;
            });
            if (!out) hits->push_back({id, entry, store::FolderKind::mail});
            if (hits->size() >= 2 * most) keep_newest(*hits, most);
        });
    keep_newest(*hits, most);
}

/// All that match, the newest first; as many as are asked for, and how many there are (of those looked at).
awaitable<std::vector<SearchHit>> Session::find_mail(MailQuery query, std::size_t wanted) {
    std::vector<SearchHit> hits;
    for (const base::FolderId folder : searched_folders(query))
        co_await find_candidates(&query, folder, &hits);
    std::ranges::sort(hits, std::greater(), date_of);
    if (query.words.empty()) co_return hits;
    for (std::string& word : query.words) word = folded(word);
    const auto began = std::chrono::steady_clock::now();
    std::vector<SearchHit> out;
    ItemOptions text;
    text.bodies.push_back({BodyType::plain, UINT32_MAX, false, 0});
    const auto executor = co_await boost::asio::this_coro::executor;
    for (const SearchHit& hit : hits) {
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
        const auto passed = std::chrono::steady_clock::now() - began;
        if (out.size() >= wanted || passed > limits().answer_time) break;
        auto folder = co_await account_->open(hit.folder);
        if (!folder) continue;
        const auto item = co_await fetch_item(*folder, hit.entry.uid, text);
        if (item && mail_has_words(*item, query.words)) out.push_back(hit);
    }
    co_return out;
}

/// Mailboxes of the user's post office whose name or address begins so.
awaitable<std::vector<Person>> Session::find_people(std::string text, std::size_t most) {
    constexpr std::size_t page = 500;
    std::vector<Person> out;
    const auto own = co_await services_->directory.mailbox(identity_.account);
    if (!own) co_return out;
    const std::string prefix = base::lowered(text);
    const auto begins = [&prefix](const std::string& name) {
        return base::lowered(name).starts_with(prefix);
    };
    std::string after;
    for (std::size_t seen = 0; seen < limits().search_names_max; seen += page) {
        const auto found = co_await services_->directory.mailboxes(own->post_office, after, page);
        if (!found) co_return out;
        for (const directory::Mailbox& mailbox : *found) {
            if (!mailbox.enabled || mailbox.addresses.empty()) continue;
            if (begins(mailbox.name) || std::ranges::any_of(mailbox.addresses, begins))
                out.push_back({mailbox.name, mailbox.addresses.front()});
            if (out.size() >= most) co_return out;
        }
        if (found->size() < page) co_return out;
        after = found->back().name;
    }
    co_return out;
}

/// Of the user's post office.
awaitable<Colleagues> Session::colleagues() {
    const auto own = co_await services_->directory.mailbox(identity_.account);
    std::string office;
    if (own) office = own->post_office;
    co_return Colleagues(services_->directory, services_->store, std::move(office));
}

namespace {

void write_person(wbxml::Encoder& to, const Person& person, bool with_picture) {
    namespace tags = wbxml::gal;
    to.text(tags::display_name, person.name);
    to.text(tags::alias, person.name);
    to.text(tags::email_address, person.address);
    if (with_picture) {
        to.open(tags::picture);
        to.number(tags::status, 173);  // MS-ASCMD section 2.2.2: there is none
        to.close();
    }
}

/// Places that exist; nothing: the range is beyond the end.
std::optional<PlaceRange> places(const SearchRequest& request, std::size_t found, std::size_t most) {
    if (found == 0 || request.range.first >= found) return std::nullopt;
    PlaceRange out = request.range;
    const std::size_t last = std::min<std::size_t>({out.last, found - 1, out.first + most - 1});
    out.last = static_cast<std::uint32_t>(last);
    return out;
}

std::string shown(const PlaceRange& range) {
    return std::to_string(range.first) + "-" + std::to_string(range.last);
}

}  // namespace

/// Its Result, unless it is gone meanwhile. How large its text is.
awaitable<std::size_t> Session::write_hit(wbxml::Encoder* to, const SearchHit* hit,
                                          const ItemOptions* options) {
    namespace tags = wbxml::search;
    const auto folder = co_await account_->open(hit->folder);
    if (!folder) co_return 0;
    store::Result<MailItem> mail = store::Error(store::Errc::not_found, "gone");
    store::Result<pim::Component> item = store::Error(store::Errc::not_found, "gone");
    const bool is_mail = hit->kind == store::FolderKind::mail;
    if (is_mail) {
        ItemOptions held = held_options(*options, held_);
        mail = co_await fetch_item(*folder, hit->entry.uid, std::move(held));
    } else {
        item = co_await fetch_stored(*folder, hit->entry.uid, hit->kind);
    }
    if (!mail && !item) co_return 0;
    to->open(tags::result);
    to->text(wbxml::airsync::class_, class_of(hit->kind));
    to->text(tags::long_id, write_item_id({hit->folder, hit->entry.uid}));
    to->text(wbxml::airsync::collection_id, write_folder_id(hit->folder));
    to->open(tags::properties);
    if (is_mail) {
        write_mail(*to, *mail, version_);
    } else {
        write_item(*to, hit->kind, *item, item_view(*options, {hit->folder, hit->entry.uid}));
    }
    to->close();
    to->close();
    if (!is_mail) co_return pim::octets_of(*item);
    co_return mail->body ? mail->body->data.size() : 0;
}

awaitable<void> Session::search_mailbox(wbxml::Encoder* to, const SearchRequest* request) {
    namespace tags = wbxml::search;
    const std::size_t wanted = std::min<std::size_t>(std::size_t{request->range.last} + 1, 1'000);
    std::vector<SearchHit> hits = co_await find_items(&request->mail, wanted + 1);
    if (wants_class(request->mail, class_of(store::FolderKind::mail))) {
        const std::vector<SearchHit> mail = co_await find_mail(request->mail, wanted + 1);
        hits.insert(hits.end(), mail.begin(), mail.end());
        std::ranges::sort(hits, std::greater(), date_of);
    }
    auto range = places(*request, hits.size(), limits().search_results_max);
    to->number(tags::status, search_status::ok);
    std::size_t octets = 0;
    for (std::uint32_t i = range ? range->first : 1; range && i <= range->last; ++i) {
        const wbxml::Encoder::Mark before = to->mark();
        octets += co_await write_hit(to, &hits[i], &request->options);
        if (octets > limits().fetched_bytes_max && i != range->first) {
            to->back_to(before);
            range->last = i - 1;  // the device asks for the rest
            break;
        }
    }
    if (!range) to->empty(tags::result);  // devices look for one
    if (range) {
        to->text(tags::range, shown(*range));
        to->number(tags::total, static_cast<std::int64_t>(hits.size()));
    }
}

awaitable<Answer> Session::search() {
    namespace tags = wbxml::search;
    SearchRequest request = parse_search(root());
    if (version_ < 141) request.options.part.reset();
    if (request.status == search_status::ok && !request.options.part_is_served())
        request.status = status::part_type_not_supported;
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::search);
    to.number(tags::status, search_status::ok);
    to.open(tags::response);
    to.open(tags::store);
    if (request.status != search_status::ok || request.store == SearchRequest::Store::other) {
        to.number(tags::status,
                  request.status != search_status::ok ? request.status : search_status::bad_link);
    } else if (request.store == SearchRequest::Store::mailbox) {
        co_await search_mailbox(&to, &request);
    } else {
        const std::vector<Person> found = co_await find_people(request.people, limits().search_results_max);
        const auto range = places(request, found.size(), limits().search_results_max);
        to.number(tags::status, search_status::ok);
        for (std::size_t i = range ? range->first : 1; range && i <= range->last; ++i) {
            to.open(tags::result);
            to.open(tags::properties);
            write_person(to, found[i], request.wants_picture);
            to.close();
            to.close();
        }
        if (!range) to.empty(tags::result);
        if (range) {
            to.text(tags::range, shown(*range));
            to.number(tags::total, static_cast<std::int64_t>(found.size()));
        }
    }
    to.close();
    to.close();
    to.close();
    co_return wbxml(std::move(body));
}

awaitable<void> Session::find_in_mailbox(wbxml::Encoder* to, const SearchRequest* request) {
    namespace tags = wbxml::find;
    const std::size_t wanted = std::min<std::size_t>(std::size_t{request->range.last} + 1, 1'000);
    std::vector<SearchHit> hits;
    // An answer has no place for items of other classes.
    if (wants_class(request->mail, class_of(store::FolderKind::mail)))
        hits = co_await find_mail(request->mail, wanted + 1);
    const auto range = places(*request, hits.size(), limits().search_results_max);
    ItemOptions preview;
    preview.bodies.push_back({BodyType::plain, 0, false, 255});
    for (std::size_t i = range ? range->first : 1; range && i <= range->last; ++i) {
        auto folder = co_await account_->open(hits[i].folder);
        store::Result<MailItem> item = store::Error(store::Errc::not_found, "gone");
        if (folder) item = co_await fetch_item(*folder, hits[i].entry.uid, preview);
        if (!item) continue;
        to->open(tags::result);
        to->text(wbxml::airsync::class_, "Email");
        to->text(wbxml::airsync::server_id, write_item_id({hits[i].folder, hits[i].entry.uid}));
        to->text(wbxml::airsync::collection_id, write_folder_id(hits[i].folder));
        to->open(tags::properties);
        to->text(wbxml::email::subject, item->subject);
        to->text(wbxml::email::date_received, write_date(item->received));
        to->text(wbxml::email::display_to, item->display_to);
        to->number(wbxml::email::importance, item->importance);
        to->number(wbxml::email::read, item->state.read ? 1 : 0);
        to->number(wbxml::email2::is_draft, item->is_draft ? 1 : 0);
        if (item->body && !item->body->preview.empty()) to->text(tags::preview, item->body->preview);
        to->number(tags::has_attachments, item->attachments.empty() ? 0 : 1);
        to->text(wbxml::email::from, item->from);
        to->close();
        to->close();
    }
    if (range) {
        to->text(tags::range, shown(*range));
        to->number(tags::total, static_cast<std::int64_t>(hits.size()));
    }
}

awaitable<Answer> Session::find() {
    namespace tags = wbxml::find;
    const SearchRequest request = parse_find(root());
    if (request.status != search_status::ok) co_return wbxml(write_status(Command::find, request.status));
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::find);
    to.number(tags::status, search_status::ok);
    to.open(tags::response);
    to.text(wbxml::itemoperations::store, request.store == SearchRequest::Store::people ? "GAL" : "Mailbox");
    to.number(tags::status, search_status::ok);
    if (request.store == SearchRequest::Store::mailbox) {
        co_await find_in_mailbox(&to, &request);
    } else {
        const std::vector<Person> found = co_await find_people(request.people, limits().search_results_max);
        const auto range = places(request, found.size(), limits().search_results_max);
        for (std::size_t i = range ? range->first : 1; range && i <= range->last; ++i) {
            to.open(tags::result);
            to.open(tags::properties);
            write_person(to, found[i], request.wants_picture);
            to.close();
            to.close();
        }
        if (range) {
            to.text(tags::range, shown(*range));
            to.number(tags::total, static_cast<std::int64_t>(found.size()));
        }
    }
    to.close();
    to.close();
    co_return wbxml(std::move(body));
}

}  // namespace eas

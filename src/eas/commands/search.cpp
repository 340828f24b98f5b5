// Search and Find: in the mailbox, by the store's index where that helps, and among the people of the post
// office. MS-ASCMD section 2.2.2.16.
#include <algorithm>
#include <chrono>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/ascii.hpp"
#include "base/log.hpp"
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

/// Who begins so.
struct PeopleFound {
    std::string prefix;  // in lower case
    std::vector<Person> people;
};

void take_person(std::vector<PeopleFound>& found, const directory::Mailbox& mailbox, std::size_t most) {
    if (!mailbox.enabled || mailbox.addresses.empty()) return;
    std::vector<std::string> names{base::lowered(mailbox.name)};
    for (const std::string& address : mailbox.addresses) names.push_back(base::lowered(address));
    for (PeopleFound& one : found) {
        const auto begins = [&one](const std::string& name) { return name.starts_with(one.prefix); };
        if (one.people.size() < most && std::ranges::any_of(names, begins))
            one.people.push_back({mailbox.name, mailbox.addresses.front()});
    }
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
awaitable<std::vector<SearchHit>> Session::find_mail(MailQuery query, std::size_t wanted, Deadline until) {
    std::vector<SearchHit> hits;
    const auto executor = co_await boost::asio::this_coro::executor;
    const Deadline now = std::chrono::steady_clock::now();
    const Deadline read_from =
        query.words.empty() ? until : now + (until - now) / 2;  // the rest is for reading
    for (const base::FolderId folder : searched_folders(query)) {
        co_await find_candidates(&query, folder, &hits);
        if (is_past(read_from)) break;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
    }
    std::ranges::sort(hits, std::greater(), date_of);
    if (query.words.empty()) co_return hits;
    for (std::string& word : query.words) word = folded(word);
    std::vector<SearchHit> out;
    ItemOptions text;
    text.bodies.push_back({BodyType::plain, UINT32_MAX, false, 0});
    for (const SearchHit& hit : hits) {
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        if (out.size() >= wanted || is_past(until)) break;
        auto folder = co_await account_->open(hit.folder);
        if (!folder) continue;
        const auto item = co_await fetch_item(*folder, hit.entry.uid, text);
        if (item && mail_has_words(*item, query.words)) out.push_back(hit);
    }
    co_return out;
}

/// Mailboxes of the user's post office whose name or address begins so, for each of the texts at most so
/// many. \errors unavailable: there was no time to look at all · as Directory::mailboxes
awaitable<store::Result<std::vector<std::vector<Person>>>> Session::find_people(
    std::vector<std::string> texts, std::size_t most) {
    auto out = co_await walk_people(std::move(texts), most);
    if (!out)
        base::log::warn("eas", "people cannot be looked up",
                        {{"user", identity_.name}, {"why", out.error().what()}});
    co_return out;
}

awaitable<store::Result<std::vector<std::vector<Person>>>> Session::walk_people(
    std::vector<std::string> texts, std::size_t most) {
    constexpr std::size_t page = 500;
    const Deadline until = deadline();
    std::vector<PeopleFound> found;
    for (const std::string& text : texts) found.push_back({base::lowered(text), {}});
    const auto own = co_await services_->directory.mailbox(identity_.account);
    if (!own) co_return own.error();
    const auto executor = co_await boost::asio::this_coro::executor;
    std::string after;
    bool more = !texts.empty();
    for (std::size_t seen = 0; more && seen < limits().search_names_max; seen += page) {
        const auto there = co_await services_->directory.mailboxes(own->post_office, after, page);
        if (!there) co_return there.error();
        for (const directory::Mailbox& mailbox : *there) take_person(found, mailbox, most);
        more = there->size() == page && std::ranges::any_of(found, [most](const PeopleFound& one) {
                   return one.people.size() < most;
               });
        if (more && is_past(until))
            co_return store::Error(store::Errc::unavailable, "no time to look at all people");
        if (more) after = there->back().name;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);  // others get their turn
    }
    std::vector<std::vector<Person>> out;
    for (PeopleFound& one : found) out.push_back(std::move(one.people));
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

/// What Search and Find both write, each on its own code page.
struct ResultTags {
    wbxml::Tag result, properties, range, total;
};
constexpr ResultTags search_tags{wbxml::search::result, wbxml::search::properties, wbxml::search::range,
                                 wbxml::search::total};
constexpr ResultTags find_tags{wbxml::find::result, wbxml::find::properties, wbxml::find::range,
                               wbxml::find::total};

void write_range(wbxml::Encoder& to, const ResultTags& tags, const std::optional<PlaceRange>& range,
                 std::size_t total) {
    if (!range) return;
    to.text(tags.range, std::to_string(range->first) + "-" + std::to_string(range->last));
    to.number(tags.total, static_cast<std::int64_t>(total));
}

void write_people(wbxml::Encoder& to, const ResultTags& tags, const std::vector<Person>& people,
                  const std::optional<PlaceRange>& range, bool with_picture) {
    for (std::size_t i = range ? range->first : 1; range && i <= range->last; ++i) {
        to.open(tags.result);
        to.open(tags.properties);
        write_person(to, people[i], with_picture);
        to.close();
        to.close();
    }
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
    co_return is_mail ? text_octets(*mail) : pim::octets_of(*item);
}

awaitable<void> Session::search_mailbox(wbxml::Encoder* to, const SearchRequest* request) {
    namespace tags = wbxml::search;
    const std::size_t wanted = std::min<std::size_t>(std::size_t{request->range.last} + 1, 1'000);
    const auto half = limits().answer_time / 2;
    const Deadline until = deadline();
    // Half of the time, since no index knows them; mail has what is left.
    std::vector<SearchHit> hits = co_await find_items(&request->mail, wanted + 1, until - half);
    if (wants_class(request->mail, class_of(store::FolderKind::mail))) {
        const std::vector<SearchHit> mail = co_await find_mail(request->mail, wanted + 1, until);
        hits.insert(hits.end(), mail.begin(), mail.end());
        std::ranges::sort(hits, std::greater(), date_of);
    }
    auto range = places(*request, hits.size(), limits().search_results_max);
    to->number(tags::status, search_status::ok);
    const Deadline shown_until = std::chrono::steady_clock::now() + half;
    std::size_t octets = 0;
    for (std::uint32_t i = range ? range->first : 1; range && i <= range->last; ++i) {
        const wbxml::Encoder::Mark before = to->mark();
        octets += co_await write_hit(to, &hits[i], &request->options);
        if (i != range->first && (octets > limits().fetched_bytes_max || is_past(shown_until))) {
            to->back_to(before);
            range->last = i - 1;  // the device asks for the rest
            break;
        }
    }
    if (!range) to->empty(tags::result);  // devices look for one
    write_range(*to, search_tags, range, hits.size());
}

awaitable<void> Session::search_people(wbxml::Encoder* to, const SearchRequest* request) {
    namespace tags = wbxml::search;
    const std::size_t most = limits().search_results_max;
    const auto found = co_await find_people(std::vector<std::string>(1, request->people), most);
    to->number(tags::status, found ? search_status::ok : search_status::server_error);
    if (!found) co_return;
    const std::vector<Person>& people = found->front();
    const auto range = places(*request, people.size(), most);
    write_people(*to, search_tags, people, range, request->wants_picture);
    if (!range) to->empty(tags::result);
    write_range(*to, search_tags, range, people.size());
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
        co_await search_people(&to, &request);
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
        hits = co_await find_mail(request->mail, wanted + 1, deadline());
    auto range = places(*request, hits.size(), limits().search_results_max);
    const Deadline shown_until = std::chrono::steady_clock::now() + limits().answer_time / 2;
    ItemOptions preview;
    preview.bodies.push_back({BodyType::plain, 0, false, 255});
    for (std::uint32_t i = range ? range->first : 1; range && i <= range->last; ++i) {
        if (i != range->first && is_past(shown_until)) {
            range->last = i - 1;  // the device asks for the rest
            break;
        }
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
    write_range(*to, find_tags, range, hits.size());
}

awaitable<Answer> Session::find() {
    namespace tags = wbxml::find;
    const SearchRequest request = parse_find(root());
    if (request.status != search_status::ok) co_return wbxml(write_status(Command::find, request.status));
    const bool of_people = request.store == SearchRequest::Store::people;
    std::vector<Person> people;
    if (of_people) {
        auto found =
            co_await find_people(std::vector<std::string>(1, request.people), limits().search_results_max);
        if (!found) co_return wbxml(write_status(Command::find, search_status::server_error));
        people = std::move(found->front());
    }
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::find);
    to.number(tags::status, search_status::ok);
    to.open(tags::response);
    to.text(wbxml::itemoperations::store, of_people ? "GAL" : "Mailbox");
    to.number(tags::status, search_status::ok);
    if (of_people) {
        const auto range = places(request, people.size(), limits().search_results_max);
        write_people(to, find_tags, people, range, request.wants_picture);
        write_range(to, find_tags, range, people.size());
    } else {
        co_await find_in_mailbox(&to, &request);
    }
    to.close();
    to.close();
    co_return wbxml(std::move(body));
}

}  // namespace eas

#include "eas/syntax/search_request.hpp"

#include <algorithm>
#include <array>

#include "eas/syntax/ids.hpp"
#include "eas/syntax/mail_item.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

constexpr std::size_t words_max = 16;  // of one search
constexpr std::size_t word_bytes_max = 256;
constexpr std::size_t folders_max = 300;
constexpr unsigned depth_max = 8;  // of And in And
constexpr std::size_t classes_max = 16;

/// MS-ASCMD section 2.2.3.27.4
constexpr std::array<std::string_view, 6> search_classes{"Tasks",    "Email", "Calendar",
                                                         "Contacts", "Notes", "SMS"};

/// Children of And alone: MS-ASCMD sections 2.2.3.27.4, 2.2.3.30.4, 2.2.3.35.2, 2.2.3.77, 2.2.3.82
/// and 2.2.3.91.
bool is_of_and(wbxml::Tag tag) {
    namespace tags = wbxml::search;
    return tag == tags::free_text || tag == tags::greater_than || tag == tags::less_than ||
           tag == tags::conversation_id || tag == wbxml::airsync::collection_id ||
           tag == wbxml::airsync::class_;
}

/// False: there is no such class.
bool take_class(std::string_view name, MailQuery& out) {
    if (std::ranges::find(search_classes, name) == search_classes.end()) return false;
    if (out.classes.size() < classes_max) out.classes.emplace_back(name);
    return true;
}

/// "0" is the whole mailbox: Outlook's app asks so.
void take_folder(std::string_view text, MailQuery& out) {
    const auto id = parse_folder_id(text);
    if (id && out.folders.size() < folders_max) out.folders.push_back(*id);
}

void take_words(std::string_view text, MailQuery& out) {
    for (std::string& word : words_of(text))
        if (out.words.size() < words_max) out.words.push_back(std::move(word));
}

/// \errors false: no date
bool take_date(wbxml::Element comparison, std::optional<std::int64_t>& out) {
    out = parse_date(comparison.child(wbxml::search::value).text());
    return out.has_value();
}

// NOLINTNEXTLINE(misc-no-recursion): never deeper than depth_max
int take_query(wbxml::Element query, MailQuery& out, unsigned depth) {
    namespace tags = wbxml::search;
    for (const wbxml::Element child : query) {
        if (child.tag() == tags::and_) {
            if (depth == depth_max) return search_status::too_complex;
            const int status = take_query(child, out, depth + 1);
            if (status != search_status::ok) return status;
        } else if (child.tag() == tags::or_ || (depth == 0 && is_of_and(child.tag()))) {
            return search_status::too_complex;
        } else if (child.tag() == tags::free_text) {
            take_words(child.text(), out);
        } else if (child.tag() == wbxml::airsync::collection_id) {
            take_folder(child.text(), out);
        } else if (child.tag() == tags::greater_than) {
            if (!take_date(child, out.from)) return search_status::protocol_error;
        } else if (child.tag() == tags::less_than) {
            if (!take_date(child, out.to)) return search_status::protocol_error;
        } else if (child.tag() == tags::conversation_id) {
            if (!out.conversation.empty()) return search_status::protocol_error;  // one of them
            out.conversation = child.text();
        } else if (child.tag().page() == wbxml::tasks::subject.page()) {
            return search_status::protocol_error;  // MS-ASTASK section 3.2.5.2
        } else if (child.tag() == wbxml::airsync::class_) {
            if (!take_class(child.text(), out)) return search_status::protocol_error;
        }
    }
    return search_status::ok;
}

bool take_range(wbxml::Element element, SearchRequest& out) {
    if (!element) return true;
    const auto range = parse_range(element.text());
    if (!range) return false;
    out.range = *range;
    out.has_range = true;
    return true;
}

}  // namespace

bool wants_class(const MailQuery& query, std::string_view name) {
    return query.classes.empty() || std::ranges::find(query.classes, name) != query.classes.end();
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    bool quoted = false;
    const auto end_word = [&] {
        if (!word.empty()) out.push_back(word.substr(0, word_bytes_max));
        word.clear();
    };
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        if (c == '"' || (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))) {
            end_word();
        } else if (c != '*') {
            word.push_back(c);
        }
    }
    end_word();
    return out;
}

SearchRequest parse_search(wbxml::Element root) {
    namespace tags = wbxml::search;
    SearchRequest out;
    const wbxml::Element store = root.child(tags::store);
    const wbxml::Element query = store.child(tags::query), options = store.child(tags::options);
    const std::string_view name = store.child(tags::name).text();
    if (!store || name.empty() || !query) out.status = search_status::protocol_error;
    if (name == "Mailbox") out.store = SearchRequest::Store::mailbox;
    if (name == "GAL") out.store = SearchRequest::Store::people;
    if (!take_range(options.child(tags::range), out)) out.status = search_status::protocol_error;
    out.wants_picture = static_cast<bool>(options.child(tags::picture));
    if (out.store == SearchRequest::Store::people) {
        out.people = query.text();
        if (out.people.empty()) out.status = search_status::protocol_error;
        return out;
    }
    out.mail.deep = static_cast<bool>(options.child(tags::deep_traversal));
    if (!parse_item_preferences(options, out.options)) out.status = search_status::protocol_error;
    if (out.status == search_status::ok) out.status = take_query(query, out.mail, 0);
    const MailQuery& mail = out.mail;
    if (out.status == search_status::ok && mail.words.empty() && !mail.from && !mail.to &&
        mail.conversation.empty())
        out.status = search_status::protocol_error;
    return out;
}

SearchRequest parse_find(wbxml::Element root) {
    namespace tags = wbxml::find;
    SearchRequest out;
    const wbxml::Element execute = root.child(tags::execute_search);
    const wbxml::Element mail = execute.child(tags::mail_box_search_criterion);
    const wbxml::Element people = execute.child(tags::gal_search_criterion);
    const wbxml::Element criterion = mail ? mail : people;
    const wbxml::Element query = criterion.child(tags::query), options = criterion.child(tags::options);
    if (!criterion || !query || !root.child(tags::search_id)) out.status = search_status::protocol_error;
    if (!take_range(options.child(tags::range), out)) out.status = search_status::bad_range;
    out.wants_picture = static_cast<bool>(options.child(tags::picture));
    if (people) {
        out.store = SearchRequest::Store::people;
        out.people = query.text();
        if (out.people.empty()) out.status = search_status::protocol_error;
        return out;
    }
    out.store = SearchRequest::Store::mailbox;
    out.mail.deep = static_cast<bool>(options.child(tags::deep_traversal));
    take_words(query.child(tags::free_text).text(), out.mail);
    take_folder(query.child(wbxml::airsync::collection_id).text(), out.mail);
    if (const wbxml::Element of = query.child(wbxml::airsync::class_); of && !take_class(of.text(), out.mail))
        out.status = search_status::protocol_error;
    if (out.status == search_status::ok && out.mail.words.empty()) out.status = search_status::protocol_error;
    return out;
}

}  // namespace eas

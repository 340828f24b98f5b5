// FILTER in searches: RFC 5466. A filter is an annotation of the server, one's own or one for all.
#include "imap/search_filters.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

// Filters in filters in …: RFC 5466 section 3.1 asks for three. What is a loop comes to an end here too.
constexpr unsigned passes_max = 8;

constexpr std::string_view own_filters = "/private/filters/values/",
                           shared_filters = "/shared/filters/values/";

Reply undefined(const std::string& name) {
    return no(code::undefined_filter(name), "There is no such filter, or it is no search");
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

}  // namespace

/// Names of filters become what is kept under them. A reply: why not.
awaitable<std::optional<Reply>> Session::expand_filters(SearchProgram* program) {
    if (!program->uses_filter) co_return std::nullopt;
    Annotated server;
    const auto refused = co_await annotated(std::string(), &server);
    if (refused) co_return *refused;
    const auto all = co_await annotations(&server);
    if (!all) co_return reply_of(all.error());
    const ParseMode mode{true, uid_only_};
    for (unsigned pass = 0; program->uses_filter && pass < passes_max; ++pass) {
        std::map<std::string, SearchProgram> filters;
        for (const std::string& name : filters_in(*program)) {
            auto kept = all->find(std::string(own_filters) + lower(name));
            if (kept == all->end()) kept = all->find(std::string(shared_filters) + lower(name));
            if (kept == all->end()) co_return undefined(name);
            auto parsed = parse_search_criteria(kept->second, mode);
            if (!parsed) co_return undefined(name);
            filters.emplace(name, std::move(*parsed));
        }
        if (!put_filters(*program, filters)) co_return no(code::limit, "The filters are too long");
    }
    if (program->uses_filter) co_return undefined(filters_in(*program).front());
    co_return std::nullopt;
}

/// Section 3.2: what is kept as a filter must be one. \param entry a canonical name of the server's
bool Session::is_sound_filter(std::string_view entry, std::string_view value) {
    for (const std::string_view filters : {own_filters, shared_filters})
        if (entry.starts_with(filters) && entry.find('/', filters.size()) == std::string_view::npos)
            return parse_search_criteria(value, ParseMode{true, false}).has_value();
    return true;
}

}  // namespace imap

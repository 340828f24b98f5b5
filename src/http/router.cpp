#include "http/router.hpp"

#include "base/ascii.hpp"

namespace http {

void Router::add(std::string path, Match match, Handler handler) {
    routes_.push_back({std::move(path), match, std::move(handler)});
}

namespace {

bool is_below(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return false;
    return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

}  // namespace

const Handler* Router::find(std::string_view path) const {
    for (const Route& route : routes_) {
        bool fits = false;
        switch (route.match) {
            case Match::exact:
                fits = path == route.path;
                break;
            case Match::any_case:
                fits = base::equals_nocase(path, route.path);
                break;
            case Match::prefix_any_case:
                fits = is_below(base::lowered(path), base::lowered(route.path));
                break;
            case Match::prefix:
                fits = is_below(path, route.path);
                break;
        }
        if (fits) return &route.handler;
    }
    return nullptr;
}

}  // namespace http

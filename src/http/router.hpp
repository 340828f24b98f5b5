// Router: which handler a path has. Filled once, then read by all sessions.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/exchange.hpp"

namespace http {

class Router {
public:
    enum class Match : std::uint8_t {
        exact,
        any_case,         ///< ASCII letters in either: autodiscover and ActiveSync clients differ
        prefix_any_case,  ///< both
        prefix,           ///< the path or anything below it: "/a" has "/a" and "/a/b", not "/ab"
    };
    /// The first route that fits is taken.
    void add(std::string path, Match match, Handler handler);
    /// nullptr: none.
    const Handler* find(std::string_view path) const;

private:
    struct Route {
        std::string path;
        Match match;
        Handler handler;
    };
    std::vector<Route> routes_;
};

}  // namespace http

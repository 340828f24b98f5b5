// Result<T, E>: the return type of every function that can fail in an expected way.
#pragma once
#include <stdexcept>

#include <boost/system/result.hpp>

namespace base {

/// boost::system::result that may not be ignored, named in one place.
/// \p E needs a default constructor and a real one: an aggregate E makes Result<std::string, E> ambiguous in
/// Boost 1.81, and an E that T can be built from makes Result<T, E> ambiguous everywhere.
template <class T, class E>
class [[nodiscard]] Result : public boost::system::result<T, E> {
public:
    using boost::system::result<T, E>::result;
};

/// A broken invariant found in a session: the session is logged and closed, the process goes on.
class Bug : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

}  // namespace base

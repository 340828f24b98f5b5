// FileName: how a file that came by mail is called in its event (pim/itip/files.hpp), made of its octets
// piece by piece: what is sent again is called the same. Nobody can make a file that is called as another
// one.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace eas {

class FileName {
public:
    FileName();
    ~FileName();
    FileName(const FileName&) = delete;
    FileName& operator=(const FileName&) = delete;

    void add(std::string_view octets);
    /// Once, last: 16 hex digits.
    std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace eas

// AdminClient: a blocking conversation with the admin socket of a running server.
#pragma once
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cli {

using Json = nlohmann::json;

/// What to print, and the exit code that goes with it.
struct Failure {
    int exit_code = 1;
    std::string message;

    Failure() = default;
    Failure(int code, std::string text) : exit_code(code), message(std::move(text)) {}
};
template <class T>
using Result = base::Result<T, Failure>;

class AdminClient {
public:
    /// \errors the socket does not exist or nobody listens: the message says how to name another one
    static Result<AdminClient> connect(const std::string& socket_path);
    AdminClient(AdminClient&& other) noexcept;
    AdminClient& operator=(AdminClient&&) = delete;
    ~AdminClient();

    /// Takes an event that comes before the answer, with its octets.
    using OnEvent = std::function<Result<void>(const Json& event, std::string octets)>;

    /// Sends a request and waits for its answer.
    Result<Json> call(std::string_view operation, Json arguments, const OnEvent& on_event = {});

    /// Sends a request with octets and does not wait: answers come in order, one receive() each. So an import
    /// keeps several messages under way.
    Result<void> send(std::string_view operation, Json arguments, std::string_view octets);
    Result<Json> receive(const OnEvent& on_event = {});

private:
    explicit AdminClient(int descriptor) : descriptor_(descriptor) {}
    Result<std::string> read_line();
    Result<std::string> read_octets(std::uint64_t count);
    Result<void> write_all(std::string_view octets);
    bool fill();

    int descriptor_ = -1;
    std::string buffer_;
    std::size_t consumed_ = 0;
};

}  // namespace cli

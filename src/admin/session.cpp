#include "admin/session.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace admin {
namespace {

/// Owns the connection for the length of serve(); operations talk to the caller through it.
class Session final : public Caller, public std::enable_shared_from_this<Session> {
public:
    Session(std::unique_ptr<net::Connection> connection, ServicesPtr services, AdminLimits limits)
        : connection_(std::move(connection)), services_(std::move(services)), limits_(limits) {}

    awaitable<void> run() {
        while (co_await read_line()) {
            if (!co_await answer_line()) break;
        }
        connection_->close();
    }

    awaitable<bool> event(Json event) override {
        write_line(event);
        co_return co_await connection_->flush_if_large();
    }

    awaitable<bool> octets(std::string piece) override {
        connection_->output() += piece;
        co_return co_await connection_->flush_if_large();
    }

    awaitable<std::string> next_octets() override {
        if (octets_left_ == 0) co_return std::string();
        if (connection_->input().empty()) {
            const net::Wake wake = co_await connection_->wait(limits_.idle_max);
            if (wake != net::Wake::octets) co_return std::string();
        }
        const std::string_view input = connection_->input();
        std::string piece(input.substr(0, std::min<std::uint64_t>(input.size(), octets_left_)));
        connection_->consume(piece.size());
        octets_left_ -= piece.size();
        co_return piece;
    }

    std::uint64_t octets_left() const override { return octets_left_; }

private:
    void write_line(const Json& value) {
        // What came from a message or a file name may not be UTF-8; an answer must be, and must not throw.
        connection_->output() += value.dump(-1, ' ', false, Json::error_handler_t::replace);
        connection_->output() += '\n';
    }

    void fault(const char* code, const char* message) {
        const Json error = {{"code", code}, {"message", message}};
        write_line({{"ok", false}, {"error", error}});
    }

    /// False: no more requests.
    awaitable<bool> read_line() {
        for (;;) {
            const std::string_view input = connection_->input();
            const auto end = input.find('\n');
            if (std::min(end, input.size()) > limits_.line_bytes_max) {
                fault("limit", "the request is too long");
                co_await connection_->flush();
                co_return false;
            }
            if (end != std::string_view::npos) {
                line_.assign(input.substr(0, end));
                connection_->consume(end + 1);
                co_return true;
            }
            if (!connection_->output().empty()) {
                const bool sent = co_await connection_->flush();
                if (!sent) co_return false;
            }
            const net::Wake wake = co_await connection_->wait(limits_.idle_max);
            if (wake != net::Wake::octets) co_return false;
        }
    }

    /// False: the stream is out of step and must end.
    awaitable<bool> answer_line() {
        // The parser needs no stack for what is nested, but copies and destructors of its values do.
        bool too_deep = false;
        const auto shallow = [&](int depth, Json::parse_event_t, const Json&) {
            too_deep = too_deep || depth > limits_.nesting_max;
            return !too_deep;
        };
        Json request = Json::parse(line_, shallow, false);
        if (too_deep || !request.is_object() || !request.contains("op") || !request["op"].is_string()) {
            fault("usage", "a request is {\"op\": …}");
            co_return co_await connection_->flush();
        }
        if (request.contains("octets") && !request["octets"].is_number_unsigned()) {
            fault("usage", "\"octets\" is how many follow");  // as many as nobody knows: the stream ends here
            co_await connection_->flush();
            co_return false;
        }
        octets_left_ = number(request, "octets");
        std::string operation = request["op"].get<std::string>();
        Json arguments = request.value("args", Json::object());
        auto self = shared_from_this();
        Reply reply = co_await run_operation(services_, operation, std::move(arguments), self);
        while (octets_left_ !=
               0) {  // an operation that failed early: its octets must not be read as requests
            const std::string piece = co_await next_octets();
            if (piece.empty()) co_return false;
        }
        Json answer = Json::object();
        answer["ok"] = reply.has_value();
        if (reply) {
            answer["result"] = std::move(*reply);
        } else {
            answer["error"] = {{"code", reply.error().code}, {"message", reply.error().message}};
        }
        if (!reply || !operation.ends_with("import"))
            base::log::info("admin", "operation", {{"operation", operation}, {"ok", reply.has_value()}});
        write_line(answer);
        co_return reply || reply.error().code != "incomplete";
    }

    std::unique_ptr<net::Connection> connection_;
    ServicesPtr services_;
    AdminLimits limits_;
    std::string line_;
    std::uint64_t octets_left_ = 0;
};

}  // namespace

awaitable<void> serve(std::unique_ptr<net::Connection> connection, ServicesPtr services, AdminLimits limits) {
    auto session = std::make_shared<Session>(std::move(connection), std::move(services), limits);
    co_await session->run();
}

}  // namespace admin

// CAPABILITY, NOOP, LOGOUT (RFC 9051 section 6.1), ID (RFC 2971).
#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Capability) {
    write_capability(out(), capabilities());
    co_return ok("Capability completed");
}

/// The updates themselves are told by finish(), as after every command.
awaitable<Reply> Session::handle(cmd::Noop) { co_return ok("NOOP completed"); }

awaitable<Reply> Session::handle(cmd::Logout) {
    say_bye({}, "Logging out");
    co_return Reply(Condition::ok, {}, "Logout completed", Reply::Then::close);
}

/// What a server that relays its client to us says, as Dovecot does: how many may still relay it. Whoever
/// says too little keeps only himself from his mailbox.
void Session::note_hops(std::string_view number) {
    unsigned hops = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), hops);
    if (error == std::errc() && end == number.data() + number.size())
        course_.hops = std::min(course_.hops, hops);
}

awaitable<Reply> Session::handle(cmd::Id id) {
    std::string all;
    std::string client;
    for (const auto& [name, value] : id.fields) {
        if (!value) continue;
        if (base::equals_nocase(name, "x-proxy-ttl")) note_hops(*value);
        if (!all.empty()) all += ' ';
        all.append(name).append("=").append(*value);
        if (name == "name" || name == "version") client.append(client.empty() ? "" : " ").append(*value);
    }
    if (!all.empty())
        base::log::info("imap", "id", {{"user", user_}, {"ip", connection_.peer().address}, {"id", all}});
    if (!client.empty()) registration_.set_client(client.substr(0, 200));
    using Field = std::pair<std::string_view, std::string_view>;
    const Field fields[] = {{"name", services_.name}, {"version", services_.version}};
    write_id(out(), std::span<const Field>(fields, services_.version.empty() ? 1 : 2));
    co_return ok("ID completed");
}

}  // namespace imap

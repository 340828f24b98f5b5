// mailbench: the command line, the threads, the line a second, the end.
#include <algorithm>
#include <array>
#include <fstream>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "mailbench/load.hpp"

namespace mailbench {
namespace {

namespace asio = boost::asio;

void add_options(CLI::App* command, Options& options) {
    command->add_option("--host", options.host)->capture_default_str();
    command->add_option("--port", options.port)->required();
    command->add_option("--users", options.users)->capture_default_str()->check(CLI::PositiveNumber);
    command->add_option("--connections", options.connections)
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command->add_option("--duration", options.duration, "seconds")
        ->capture_default_str()
        ->check(CLI::Range(0.1, 86400.0));
    command->add_option("--warmup", options.warmup, "seconds that do not count")->capture_default_str();
    command->add_option("--rate", options.rate, "operations a second (open loop); 0: as fast as it goes");
    command->add_option("--user-format", options.user_format, "%d is the user's number, from 1")
        ->capture_default_str();
    command->add_option("--password", options.password)->capture_default_str();
    command->add_option("--threads", options.threads)->capture_default_str()->check(CLI::Range(1, 64));
    command->add_option("--seed", options.seed)->capture_default_str();
    command->add_option("--json", options.json_file, "write the figures there");
    command->add_option("--html", options.html_file, "write a page there");
    command->add_option("--expect", options.expect,
                        "such as 'FETCH.p99<5ms' or 'errors=0'; else exit with 99");
    command->add_option("--pid", options.pid, "of the server: show its CPU and memory");
    command->add_flag("--quiet", options.quiet, "no line a second");
}

/// Empty: it is one.
std::string eas_mix_fault(const std::string& text) {
    constexpr std::array<std::string_view, 6> known{"FOLDERSYNC", "SYNC",     "FLAG",
                                                    "FETCH",      "ESTIMATE", "SENDMAIL"};
    if (text == "PING") return {};
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string one = text.substr(at, end - at), name = one.substr(0, one.find('='));
        if (std::ranges::find(known, name) == known.end()) return "there is no command " + name;
        at = end + 1;
    }
    return {};
}

void parse_command_line(CLI::App& app, Options& options) {
    app.require_subcommand(1);
    auto* imap = app.add_subcommand("imap", "a mix of commands on INBOX");
    imap->add_option(
        "--mix", options.mix,
        "NOOP FETCH FLAGS HEADER BODY PARTIAL ENVELOPE ENVELOPES STORE STORES STATUS SEARCH SELECT LIST "
        "APPEND, as FETCH=5,NOOP=1");
    imap->add_option("--pipeline", options.pipeline, "so many of one command in one write")
        ->capture_default_str();
    auto* idle = app.add_subcommand("idle", "connections in IDLE, messages delivered to them by LMTP");
    idle->add_option("--deliver-port", options.deliver_port, "of LMTP; 0: only hold the connections");
    auto* eas =
        app.add_subcommand("eas", "devices of ActiveSync, up to 20 a user: first Sync, then a mix; or Ping");
    eas->add_option(
           "--mix", options.mix,
           "FOLDERSYNC SYNC FLAG FETCH ESTIMATE SENDMAIL, as SYNC=5,FLAG=1; PING alone: connections wait")
        ->check(eas_mix_fault, "");
    eas->add_option("--deliver-port", options.deliver_port, "of LMTP: mail for those that wait in Ping");
    eas->add_option("--size", options.size, "of made-up mail to send, octets; 0: many sizes");
    auto* lmtp = app.add_subcommand("lmtp", "deliveries by LMTP");
    auto* smtp = app.add_subcommand("smtp", "deliveries by SMTP");
    for (auto* command : {imap, lmtp, smtp}) {
        command->add_option("--message-dir", options.message_dir, "files to send instead of made-up mail");
        command->add_option("--size", options.size, "of made-up mail, octets; 0: many sizes");
    }
    for (auto* command : {lmtp, smtp}) {
        command->add_option("--messages", options.messages, "stop after so many");
        command->add_option("--recipients", options.recipients, "of each message")
            ->capture_default_str()
            ->check(CLI::Range(1, 100));
        command->add_option("--sender", options.sender)->capture_default_str();
        command->add_flag("--one-a-connection", options.one_a_connection,
                          "a new connection for each message");
        command->add_flag("--in-turn", options.in_turn,
                          "each command waits for the answer to the one before");
    }
    for (auto* command : {imap, idle, eas, lmtp, smtp}) {
        add_options(command, options);
        command->callback([&options, command] { options.protocol = command->get_name(); });
    }
}

void spawn_connections(const RunPtr& run, std::vector<std::unique_ptr<asio::io_context>>& contexts) {
    const auto log_exception = [run](std::exception_ptr failed) {
        if (!failed) return;
        try {
            std::rethrow_exception(failed);
        } catch (const std::exception& error) {
            run->statistics.error("CLIENT", error.what());
        }
    };
    for (std::uint32_t i = 0; i < run->options.connections; ++i) {
        asio::io_context* context = contexts[i % contexts.size()].get();
        if (run->options.protocol == "imap") {
            asio::co_spawn(*context, imap_connection(run, i, context), log_exception);
        } else if (run->options.protocol == "idle") {
            asio::co_spawn(*context, idle_connection(run, i, context), log_exception);
        } else if (run->options.protocol == "eas") {
            asio::co_spawn(*context, eas_connection(run, i, context), log_exception);
        } else {
            asio::co_spawn(*context, delivery_connection(run, i, context), log_exception);
        }
    }
    if (waits_for_push(run->options)) {
        asio::io_context* context = contexts.front().get();
        asio::co_spawn(*context, idle_deliverer(run, context), log_exception);
    }
}

/// A line a second until the end; returns the seconds that count.
double watch(const RunPtr& run, const std::atomic<std::size_t>& running, ProcessFigures& before) {
    Clock::time_point counted = run->start;
    bool warm = run->options.warmup <= 0;
    if (warm && run->options.pid != 0) before = process_tree(run->options.pid);
    const bool idle = waits_for_push(run->options);
    for (int tick = 1; !run->over() && (running != 0); ++tick) {
        const auto next = run->start + std::chrono::milliseconds(100 * tick);
        asio::io_context clock;
        asio::steady_timer timer(clock, next);
        timer.async_wait([](auto) {});
        clock.run();
        if (!warm && Clock::now() - run->start >= std::chrono::duration<double>(run->options.warmup)) {
            warm = true;
            run->statistics.reset();
            counted = Clock::now();
            if (run->options.pid != 0) before = process_tree(run->options.pid);
        }
        if (tick % 10 != 0 || run->options.quiet) continue;
        const auto interval = run->statistics.take_interval();
        fmt::print(stderr, "t={}s ops={}/s err={} p50={:.3f} p99={:.3f} max={:.3f}ms conns={}{}\n", tick / 10,
                   interval.operations, interval.errors, interval.p50_ms, interval.p99_ms, interval.max_ms,
                   run->ready.load(), idle && run->ready < run->options.connections ? " (connecting)" : "");
    }
    return std::chrono::duration<double>(Clock::now() - counted).count();
}

int report(const RunPtr& run, double seconds, const ProcessFigures& before) {
    nlohmann::json out = run->statistics.to_json(run->options, seconds);
    run->statistics.print(seconds);
    if (run->options.pid != 0) {
        const ProcessFigures after = process_tree(run->options.pid);
        const double cpu = after.cpu_seconds - before.cpu_seconds;
        const auto operations = static_cast<double>(std::max<std::uint64_t>(1, run->statistics.operations()));
        out["server"] = {{"cpu_seconds", cpu},
                         {"cpu_us_per_operation", cpu * 1e6 / operations},
                         {"resident_bytes", after.resident_bytes},
                         {"resident_bytes_before", before.resident_bytes},
                         {"processes", after.processes}};
        fmt::print(
            "server: cpu {:.2f} s ({:.0f} %), {:.2f} µs an operation, rss {:.1f} MiB in {} processes\n", cpu,
            100 * cpu / seconds, cpu * 1e6 / operations, static_cast<double>(after.resident_bytes) / 1048576,
            after.processes);
    }
    std::vector<std::string> failed;
    const bool understood = run->statistics.check(run->options.expect, failed);
    out["expectations_failed"] = failed;
    for (const std::string& one : failed) fmt::print("FAILED {}\n", one);
    if (!run->options.json_file.empty()) std::ofstream(run->options.json_file) << out.dump(2) << '\n';
    if (!run->options.html_file.empty()) std::ofstream(run->options.html_file) << html_page(out);
    if (!understood) {
        fmt::print(stderr, "mailbench: an --expect is not understood; write COMMAND.p99<5ms or errors=0\n");
        return 2;
    }
    if (!failed.empty()) return 99;
    if (run->statistics.operations() != 0 || waits_for_push(run->options)) return 0;
    fmt::print(stderr, "mailbench: nothing was measured; of {} connections {} were ready in time\n",
               run->options.connections, run->ready.load());
    return 1;
}

int run_load(const Options& options) {
    auto run = std::make_shared<Run>();
    run->options = options;
    run->messages = make_messages(options);
    if (run->messages.empty()) {
        fmt::print(stderr, "mailbench: no messages in {}\n", options.message_dir);
        return 2;
    }
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    for (std::uint32_t i = 0; i < options.threads; ++i)
        contexts.push_back(std::make_unique<asio::io_context>(1));
    run->start = Clock::now();
    run->end = run->start + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(options.warmup + options.duration));
    spawn_connections(run, contexts);
    std::atomic<std::size_t> running{contexts.size()};
    std::vector<std::thread> threads;
    for (auto& context : contexts) {
        threads.emplace_back([&running, &context] {
            context->run();
            --running;
        });
    }
    ProcessFigures before;
    const double seconds = watch(run, running, before);
    const int code = report(run, seconds, before);
    run->stopping = true;
    for (auto& context : contexts) context->stop();
    for (auto& thread : threads) thread.join();
    return code;
}

}  // namespace
}  // namespace mailbench

int main(int argc, char** argv) {
    mailbench::Options options;
    CLI::App app("Load for mail servers, with percentiles for each command", "mailbench");
    mailbench::parse_command_line(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return mailbench::run_load(options);
}

// The SMTP codec: command lines, message text, header sections. No I/O.
#include <string>

#include <benchmark/benchmark.h>

#include "base/line_framer.hpp"
#include "smtp/syntax/data_decoder.hpp"
#include "smtp/syntax/header.hpp"
#include "smtp/syntax/parse_command.hpp"

namespace {

void parse_commands(benchmark::State& state) {
    const std::string input =
        "MAIL FROM:<sender@remote.example> SIZE=12345 BODY=8BITMIME\r\nRCPT "
        "TO:<demo@example.test>\r\nDATA\r\nRSET\r\n";
    for (auto _ : state) {
        base::LineFramer framer;
        std::string_view rest = input;
        while (!rest.empty()) {
            const auto frame = framer.next(rest, 4096);
            rest.remove_prefix(frame.consumed);
            const auto split = smtp::split_command(frame.line);
            smtp::Cursor in(split.arguments);
            auto command = split.spec->parse(in);
            benchmark::DoNotOptimize(command);
        }
    }
    state.SetItemsProcessed(state.iterations() * 4);
}
BENCHMARK(parse_commands);

/// Lines of `line` octets; one in `stuffed` begins with a dot.
std::string message(std::size_t line, std::size_t stuffed) {
    std::string out;
    for (std::size_t n = 0; out.size() < (1U << 20); ++n) {
        if (n % stuffed == stuffed - 1) out += "..";
        out += std::string(line, 'x');
        out += "\r\n";
    }
    return out + ".\r\n";
}

void decode(benchmark::State& state, smtp::Stray stray) {
    const std::string input = message(std::size_t(state.range(0)), std::size_t(state.range(1)));
    constexpr std::size_t piece_bytes = 64U << 10;  // what a connection reads at once
    std::size_t octets = 0;
    for (auto _ : state) {
        smtp::DataDecoder decoder({stray, stray, stray}, true);
        for (std::size_t from = 0; from < input.size(); from += piece_bytes) {
            std::string_view in = std::string_view(input).substr(from, piece_bytes);
            while (!in.empty()) {
                const auto piece = decoder.next(in);
                benchmark::DoNotOptimize(piece.text.data());
                octets += piece.text.size();
                in.remove_prefix(piece.consumed);
            }
        }
    }
    benchmark::DoNotOptimize(octets);
    state.SetBytesProcessed(state.iterations() * std::int64_t(input.size()));
}
BENCHMARK_CAPTURE(decode, strict, smtp::Stray::reject)
    ->ArgNames({"line", "dots"})
    ->Args({76, 1000})
    ->Args({76, 5});
BENCHMARK_CAPTURE(decode, normalise, smtp::Stray::normalise)->ArgNames({"line", "dots"})->Args({76, 1000});

void read_header(benchmark::State& state) {
    std::string section;
    for (int i = 0; i < 6; ++i)
        section +=
            "Received: from a.example ([192.0.2.1])\r\n\tby b.example with ESMTPS id 1234\r\n\tfor "
            "<c@d.example>; date\r\n";
    section +=
        "DKIM-Signature: v=1; " + std::string(400, 'x') + "\r\nFrom: A <a@b.example>\r\nTo: c@d.example\r\n";
    section += "Subject: something\r\nDate: now\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n\r\n";
    for (auto _ : state) {
        auto facts = smtp::read_header(section, smtp::HeaderRules());
        benchmark::DoNotOptimize(facts);
    }
    state.SetBytesProcessed(state.iterations() * std::int64_t(section.size()));
}
BENCHMARK(read_header);

}  // namespace

// Cost of the IMAP grammar: framing, parsing small commands, writing FETCH responses, LIST patterns.
#include <array>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "imap/syntax/fetch_writer.hpp"
#include "imap/syntax/framer.hpp"
#include "imap/syntax/list_pattern.hpp"
#include "imap/syntax/parse_command.hpp"

namespace {

void parse(benchmark::State& state, std::string_view frame) {
    std::string tag;
    for (auto _ : state) {
        auto parsed = imap::parse_command(frame, tag);
        benchmark::DoNotOptimize(parsed);
    }
}
BENCHMARK_CAPTURE(parse, noop, "A0001 NOOP");
BENCHMARK_CAPTURE(parse, uid_fetch_flags, "A0001 UID FETCH 1 (FLAGS)");
BENCHMARK_CAPTURE(parse, select_inbox, "A0001 SELECT INBOX");
BENCHMARK_CAPTURE(parse, store, "A0001 UID STORE 17 +FLAGS.SILENT (\\Seen $NotJunk)");
BENCHMARK_CAPTURE(
    parse, fetch_headers,
    "A0001 UID FETCH 1:500 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM TO SUBJECT)])");
BENCHMARK_CAPTURE(parse, search,
                  "A0001 UID SEARCH 1:* NOT DELETED SINCE 1-Feb-2024 OR FROM \"smith\" SUBJECT \"tea\"");

void frame_pipeline(benchmark::State& state) {
    std::string input;
    for (int i = 0; i < 100; ++i) input += "A0001 UID FETCH 1 (FLAGS)\r\n";
    for (auto _ : state) {
        imap::Framer framer(imap::FramerLimits::authenticated());
        std::string_view left = input;
        while (!left.empty()) {
            const auto found = framer.poll(left);
            benchmark::DoNotOptimize(found.frame.data());
            left.remove_prefix(found.octets);
            framer.next();
        }
    }
    state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(frame_pipeline);

struct Keywords {
    std::array<std::string, 4> names{"$Forwarded", "$Junk", "$NotJunk", "$MDNSent"};
    std::string_view name(unsigned index) const { return names[index]; }
};

/// FETCH 1:* (UID FLAGS): one response an item, every eighth with a keyword.
void write_uid_flags(benchmark::State& state) {
    const Keywords keywords;
    std::string out;
    out.reserve(std::size_t{1} << 17);
    imap::FetchWriter fetch(out);
    std::uint32_t number = 0;
    for (auto _ : state) {
        if (out.size() > (std::size_t{1} << 16)) out.clear();
        ++number;
        fetch.begin(base::SeqNum(number));
        fetch.uid(base::Uid(number + 100000));
        fetch.flags((number & 3U) | (number % 8 == 0 ? 0x100U : 0U), 0, keywords);
        fetch.end();
    }
    benchmark::DoNotOptimize(out.data());
}
BENCHMARK(write_uid_flags);

void write_date(benchmark::State& state) {
    std::string out;
    imap::FetchWriter fetch(out);
    std::int64_t seconds = 1700000000;
    for (auto _ : state) {
        out.clear();
        fetch.internal_date(seconds += 1009);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(write_date);

void list_pattern(benchmark::State& state, std::string_view pattern) {
    const imap::ListPattern matcher(pattern);
    for (auto _ : state) benchmark::DoNotOptimize(matcher.matches("Projects/2024/Barid/Reports"));
}
BENCHMARK_CAPTURE(list_pattern, all, "*");
BENCHMARK_CAPTURE(list_pattern, levels, "Projects/%/Barid/*");

void resolve_set(benchmark::State& state) {
    std::string text = "A COPY ";
    for (int i = 8000; i > 0; --i) text += std::to_string(i * 2) + ",";
    text.back() = ' ';
    text += "x";
    std::string tag;
    auto parsed = imap::parse_command(text, tag);
    const auto& set = std::get<imap::cmd::Copy>(parsed->command).set;
    for (auto _ : state) {
        auto resolved = set.resolve(100000);
        benchmark::DoNotOptimize(resolved.data());
    }
}
BENCHMARK(resolve_set)->Name("resolve_8000_gaps");

}  // namespace

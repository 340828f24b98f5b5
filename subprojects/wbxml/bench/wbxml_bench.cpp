// A Sync answer of 100 mails, read token by token, read as a tree, and written.
#include <benchmark/benchmark.h>

#include "sample.hpp"
#include "wbxml/decoder.hpp"
#include "wbxml/document.hpp"

namespace {

void decode(benchmark::State& state) {
    const std::string octets = wbxml::sample::sync_answer(100);
    for (auto _ : state) {
        wbxml::Decoder in(octets);
        std::size_t sum = 0;
        for (bool more = true; more;) {
            const wbxml::Event event = in.next();
            more = event.kind != wbxml::Event::Kind::done;
            sum += event.data.size() + event.tag.value();
        }
        benchmark::DoNotOptimize(sum);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(octets.size()));
}

void tree(benchmark::State& state) {
    const std::string octets = wbxml::sample::sync_answer(100);
    for (auto _ : state) {
        const wbxml::Document document(octets);
        benchmark::DoNotOptimize(document.root());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(octets.size()));
}

void encode(benchmark::State& state) {
    std::size_t size = 0;
    for (auto _ : state) {
        const std::string octets = wbxml::sample::sync_answer(100);
        size = octets.size();
        benchmark::DoNotOptimize(octets.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

}  // namespace

BENCHMARK(decode);
BENCHMARK(tree);
BENCHMARK(encode);

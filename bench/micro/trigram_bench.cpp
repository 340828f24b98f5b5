// The search index: what indexing costs and weighs, and what a look-up costs. Mail is made up of words by
// Zipf's law, as language is; BARID_BENCH_TEXT may name a file of real text to take instead.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "trigram/builder.hpp"
#include "trigram/plan.hpp"

namespace {

using namespace trigram;

class Texts {
public:
    Texts() {
        if (const char* file = std::getenv("BARID_BENCH_TEXT")) {
            std::ifstream in(file, std::ios::binary);
            real_.assign(std::istreambuf_iterator<char>(in), {});
        }
        for (std::size_t i = 0; i < 30'000; ++i) {
            std::string word;
            for (std::size_t length = 2 + random_() % 9; word.size() < length;)
                word += letters_[static_cast<std::size_t>(std::pow(unit(), 1.6) * 26)];
            words_.push_back(std::move(word));
        }
    }
    std::string mail(std::size_t bytes) {
        if (real_.size() > bytes) {
            const std::string out = real_.substr(at_, bytes);
            at_ = (at_ + bytes) % (real_.size() - bytes);
            return out;
        }
        std::string out;
        while (out.size() < bytes) {
            out += words_[static_cast<std::size_t>(std::pow(30'000.0, unit())) - 1];
            out += random_() % 12 == 0 ? ".\r\n" : " ";
        }
        return out;
    }
    const std::string& word(std::size_t rank) const { return words_[rank]; }

private:
    double unit() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    std::mt19937_64 random_{11};
    std::string letters_ = "etaoinsrhldcumfpgwybvkxjqz", real_;
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

Texts& texts() {
    static Texts made;
    return made;
}

void collect(Collector& collector, const std::string& text) {
    collector.begin_document();
    collector.begin_text(Field::body);
    collector.feed(text);
    collector.end_text();
}

/// Text of one mail to its terms.
void collect_mail(benchmark::State& state) {
    const std::string text = texts().mail(static_cast<std::size_t>(state.range(0)));
    Collector collector;
    for (auto _ : state) {
        collect(collector, text);
        benchmark::DoNotOptimize(collector.grams().data());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
    state.counters["trigrams"] = static_cast<double>(collector.grams().size());
}
BENCHMARK(collect_mail)->Arg(2'000)->Arg(65'536);

/// Mails to a segment: time and octets of the index for each octet of text.
void index_mails(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    const auto count = static_cast<std::size_t>(state.range(1));
    std::vector<std::string> mails;
    for (std::size_t i = 0; i < count; ++i) mails.push_back(texts().mail(bytes));
    Collector collector;
    std::size_t segment_bytes = 0;
    for (auto _ : state) {
        SegmentBuilder builder(BuilderLimits{.postings_max = 100'000'000});
        for (std::size_t i = 0; i < count; ++i) {
            collect(collector, mails[i]);
            builder.add(i + 1, collector);
        }
        segment_bytes = builder.build().size();
    }
    const auto all = static_cast<double>(bytes * count);
    state.counters["index/text"] = static_cast<double>(segment_bytes) / all;
    state.counters["s/mail"] =
        benchmark::Counter(static_cast<double>(count),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(index_mails)
    ->Args({2'000, 10'000})
    ->Args({4'000, 10'000})
    ->Args({65'536, 1'000})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

/// One text in a segment of 10,000 mails of 4 KB that is in memory.
void look_up(benchmark::State& state) {
    Collector collector;
    SegmentBuilder builder(BuilderLimits{.postings_max = 100'000'000});
    for (std::size_t i = 0; i < 10'000; ++i) {
        collect(collector, texts().mail(4'000) + (i == 4'711 ? " xylophone " : ""));
        builder.add(i + 1, collector);
    }
    const std::string segment = builder.build();
    const std::string_view all = segment;
    const auto footer = parse_footer(all.substr(all.size() - footer_bytes), all.size());
    const auto directory =
        Directory::parse(all.substr(footer->directory_offset, footer->directory_bytes), *footer);
    const std::string text =
        state.range(0) == 0 ? "xylophone" : texts().word(static_cast<std::size_t>(state.range(0)));
    std::size_t found = 0;
    for (auto _ : state) {
        const Plan plan(text);
        Ordinals candidates, some;
        for (std::size_t i = 0; i < plan.grams().size(); ++i) {
            const std::string term = term_of(plan.grams()[i]);
            const BlockRef& ref = directory->term_block(*directory->find_term(term));
            TermReader reader(all.substr(ref.offset, ref.bytes), directory->documents());
            while (reader.next() && reader.term() < term) {
            }
            some.clear();
            if (reader.term() == term) reader.read(some);
            if (i == 0) {
                candidates = some;
            } else {
                intersect(candidates, some);
            }
            if (candidates.size() <= 2) break;
        }
        found = candidates.size();
    }
    state.counters["candidates"] = static_cast<double>(found);
}
BENCHMARK(look_up)->Arg(0)->Arg(3)->Arg(300)->Unit(benchmark::kMicrosecond);

}  // namespace

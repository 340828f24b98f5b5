// The dialogue with another host, without I/O: what a message costs before any octet is moved.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "mta/smtp_out/syntax/body_encoder.hpp"
#include "mta/smtp_out/syntax/opening.hpp"
#include "mta/smtp_out/syntax/transfer.hpp"

namespace {
using namespace mta;
using namespace mta::smtp_out;

const std::string hello =
    "250-mx.example.test\r\n250-PIPELINING\r\n250-SIZE "
    "52428800\r\n250-8BITMIME\r\n250-STARTTLS\r\n250-DSN\r\n"
    "250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n";

void parse_hello(benchmark::State& state) {
    for (auto _ : state) {
        ReplyParser parser;
        benchmark::DoNotOptimize(parser.next(hello));
        benchmark::DoNotOptimize(read_extensions(parser.reply()));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(hello.size()));
}
BENCHMARK(parse_hello);

/// One transaction with one recipient, pipelined.
void transaction(benchmark::State& state) {
    ReplyParser hello_parser;
    hello_parser.next(hello);
    const Extensions extensions = read_extensions(hello_parser.reply());
    auto envelope = std::make_shared<Envelope>();
    envelope->sender = "sender@client.test";
    Recipient recipient;
    recipient.address = "recipient@example.test";
    const std::vector<const Recipient*> recipients = {&recipient};
    const std::string answers =
        "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n250 2.0.0 Ok: queued as "
        "4F2A\r\n";
    for (auto _ : state) {
        Transfer transfer(extensions, envelope, recipients, TransferSettings());
        std::string out;
        transfer.start(out);
        ReplyParser parser;
        std::string_view input = answers;
        while (transfer.step() != Transfer::Step::done) {
            if (transfer.step() == Transfer::Step::body) transfer.body_sent();
            input.remove_prefix(parser.next(input).consumed);
            transfer.take(parser.reply(), out);
        }
        benchmark::DoNotOptimize(transfer.outcomes());
    }
}
BENCHMARK(transaction);

void body(benchmark::State& state) {
    std::string text;
    while (text.size() < 1'000'000)
        text += "a line of text as mail has them, of some seventy octets and a few\r\n";
    for (auto _ : state) {
        BodyEncoder encoder(true);
        std::string out;
        encoder.append(out, text);
        encoder.finish(out);
        benchmark::DoNotOptimize(out);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(body);

}  // namespace

// MIME: the index of mixed mail, small messages with all that a delivery makes of them, and the codecs;
// mimetic beside.
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <mimetic/mimetic.h>

#include "mime/codec.hpp"
#include "mime/imap.hpp"
#include "mime/index.hpp"

namespace {

std::string header(std::size_t number) {
    std::string out;
    for (int hop = 0; hop < 5; ++hop) {
        out +=
            "Received: from mail" + std::to_string(hop) + ".example.org (mail.example.org [192.0.2.1])\r\n";
        out += "\tby mx.example.test (Postfix) with ESMTPS id 4bXk2J0x7Rz\r\n";
        out += "\tfor <user@example.test>; Tue, 1 Jul 2025 10:52:37 +0200 (CEST)\r\n";
    }
    out += "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n\tb=" +
           std::string(340, 'k');
    out += "\r\nMessage-ID: <" + std::to_string(number) + ".7f3a@mail.example.org>\r\n";
    out += "Date: Tue, 1 Jul 2025 10:52:37 +0200\r\nFrom: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\n";
    out += "To: \"Example, User\" <user@example.test>, other@example.test\r\nCc: third@example.test\r\n";
    out +=
        "Subject: Re: [team] =?utf-8?B?R3LDvMOfZQ==?= and a few words more\r\nIn-Reply-To: "
        "<1@example.org>\r\n";
    return out + "References: <0@example.org> <1@example.org>\r\nMIME-Version: 1.0\r\n";
}

std::string lines(std::size_t bytes) {
    std::string out;
    while (out.size() < bytes)
        out += "The quick brown fox jumps over the lazy dog, again and again and again.\r\n";
    return out;
}

/// Text and HTML, with an attachment of that many octets.
std::string message(std::size_t number, std::size_t text_bytes, std::size_t attachment_bytes) {
    std::string out = header(number);
    out += "Content-Type: multipart/mixed; boundary=\"=_mixed_1\"\r\n\r\n--=_mixed_1\r\n";
    out += "Content-Type: multipart/alternative; boundary=\"=_alt_2\"\r\n\r\n--=_alt_2\r\n";
    out += "Content-Type: text/plain; charset=utf-8\r\n\r\n" + lines(text_bytes) + "\r\n--=_alt_2\r\n";
    out += "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    out += "<p>" + lines(text_bytes * 2) + "</p>\r\n--=_alt_2--\r\n";
    if (attachment_bytes > 0) {
        out += "--=_mixed_1\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\n";
        out += "Content-Transfer-Encoding: base64\r\n";
        out += "Content-Disposition: attachment; filename=\"report.pdf\"\r\n\r\n";
        out += mime::base64_encode(std::string(attachment_bytes, 'x'));
    }
    return out + "--=_mixed_1--\r\n";
}

/// By number mostly small, by octets mostly attachments, as mailboxes are.
const std::vector<std::string>& mixed_mail() {
    static const std::vector<std::string> mail = [] {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < 400; ++i) {
            const std::size_t attachment = i % 4 != 0 ? 0 : i % 40 == 0 ? 2'000'000 : 150'000;
            all.push_back(message(i, 500 + i * 37 % 6'000, attachment));
        }
        return all;
    }();
    return mail;
}

std::int64_t octets(const std::vector<std::string>& mail) {
    std::size_t sum = 0;
    for (const auto& one : mail) sum += one.size();
    return static_cast<std::int64_t>(sum);
}

void index_mixed(benchmark::State& state) {
    const std::vector<std::string>& mail = mixed_mail();
    for (auto _ : state) {
        for (const auto& one : mail) benchmark::DoNotOptimize(mime::index(one));
    }
    state.SetBytesProcessed(state.iterations() * octets(mixed_mail()));
}
BENCHMARK(index_mixed)->Unit(benchmark::kMillisecond);

void index_mixed_by_64k(benchmark::State& state) {
    constexpr std::size_t piece = 65'536;
    const std::vector<std::string>& mail = mixed_mail();
    for (auto _ : state) {
        for (const std::string_view one : mail) {
            mime::Indexer indexer;
            for (std::size_t at = 0; at < one.size(); at += piece) indexer.feed(one.substr(at, piece));
            benchmark::DoNotOptimize(indexer.finish());
        }
    }
    state.SetBytesProcessed(state.iterations() * octets(mixed_mail()));
}
BENCHMARK(index_mixed_by_64k)->Unit(benchmark::kMillisecond);

void mimetic_mixed(benchmark::State& state) {
    for (auto _ : state) {
        for (const auto& one : mixed_mail()) {
            mimetic::MimeEntity entity(one.begin(), one.end());
            benchmark::DoNotOptimize(entity);
        }
    }
    state.SetBytesProcessed(state.iterations() * octets(mixed_mail()));
}
BENCHMARK(mimetic_mixed)->Unit(benchmark::kMillisecond);

/// All that a delivery needs: index with preview and keys, ENVELOPE, BODYSTRUCTURE, the stored tree.
void deliver(benchmark::State& state, const std::string& one) {
    for (auto _ : state) {
        const mime::Index index = mime::index(one);
        benchmark::DoNotOptimize(mime::envelope(index));
        benchmark::DoNotOptimize(mime::body_structure(index));
        benchmark::DoNotOptimize(mime::encode_tree(index.tree));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(one.size()));
}

void deliver_plain(benchmark::State& state) {
    deliver(state, header(1) + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + lines(1'000));
}
BENCHMARK(deliver_plain);

void deliver_alternative(benchmark::State& state) {
    deliver(state, message(1, static_cast<std::size_t>(state.range(0)), 0));
}
BENCHMARK(deliver_alternative)->Arg(200)->Arg(1'500)->Arg(10'000)->Arg(30'000);

void index_alternative(benchmark::State& state) {
    const std::string one = message(1, static_cast<std::size_t>(state.range(0)), 0);
    for (auto _ : state) benchmark::DoNotOptimize(mime::index(one));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(one.size()));
}
BENCHMARK(index_alternative)->Arg(200)->Arg(1'500)->Arg(10'000)->Arg(30'000);

/// One message of each kind, the index alone.
void index_kind(benchmark::State& state, const std::string& one) {
    for (auto _ : state) benchmark::DoNotOptimize(mime::index(one));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(one.size()));
}

void index_plain(benchmark::State& state) {
    index_kind(state, header(1) + "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
                          lines(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(index_plain)->Arg(500)->Arg(2'000)->Arg(30'000);

void index_html(benchmark::State& state) {
    std::string one = header(1) + "Content-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>\r\n";
    for (int rule = 0; rule < 20; ++rule) one += "td.cell { font-family: Arial, sans-serif; padding: 0 }\r\n";
    one += "</style></head><body>\r\n";
    for (int row = 0; row < 100; ++row) {
        one += "<table width=\"100%\"><tr><td class=\"cell\"><a href=\"https://example.org/a?b=c&amp;d\">";
        one += "Offer &amp; price</a> &ndash; the quick brown fox</td></tr></table>\r\n";
    }
    index_kind(state, one + "</body></html>\r\n");
}
BENCHMARK(index_html);

void index_attachment(benchmark::State& state) {
    index_kind(state, message(1, 1'500, static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(index_attachment)->Arg(20'000)->Arg(150'000)->Arg(2'000'000);

void index_many_fields(benchmark::State& state) {
    std::string one = header(1);
    for (int field = 0; field < 200; ++field)
        one += "X-Filter-Verdict-" + std::to_string(field) + ": none; score=0.1; reason=nothing of note\r\n";
    index_kind(state, one + "\r\n" + lines(500));
}
BENCHMARK(index_many_fields);

void mimetic_alternative(benchmark::State& state) {
    const std::string one = message(1, static_cast<std::size_t>(state.range(0)), 0);
    for (auto _ : state) {
        mimetic::MimeEntity entity(one.begin(), one.end());
        benchmark::DoNotOptimize(entity);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(one.size()));
}
BENCHMARK(mimetic_alternative)->Arg(200)->Arg(1'500)->Arg(10'000)->Arg(30'000);

void envelope_of_stored_header(benchmark::State& state) {
    const std::string one = header(1);
    for (auto _ : state) benchmark::DoNotOptimize(mime::envelope_utf8(one));
}
BENCHMARK(envelope_of_stored_header);

void decode_base64(benchmark::State& state) {
    const std::string text = mime::base64_encode(std::string(1 << 20, 'x'));
    for (auto _ : state) benchmark::DoNotOptimize(mime::base64_decode(text));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(decode_base64);

void decode_quoted_printable(benchmark::State& state) {
    const std::string text = mime::quoted_printable_encode(lines(1 << 20));
    for (auto _ : state) benchmark::DoNotOptimize(mime::quoted_printable_decode(text));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(decode_quoted_printable);

}  // namespace

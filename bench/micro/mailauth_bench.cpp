// DKIM signing beside OpenSSL's own time for the key operation; canonical forms; one SPF check.
#include <memory>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "mailauth/dkim_sign.hpp"
#include "mailauth/spf.hpp"

namespace {

using namespace mailauth;

/// A message of \p octets, as text goes.
std::string message_of(std::size_t octets) {
    std::string text =
        "Received: from a.test (a.test [192.0.2.1]) by b.test with ESMTPS id 1; Thu, 1 Jan 2026 00:00:00 "
        "+0000\r\n"
        "From: Some Body <somebody@example.test>\r\nTo: <other@example.net>\r\nSubject: about the figures\r\n"
        "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1.2.3@example.test>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n";
    while (text.size() < octets)
        text += "A line of words, as people write them, about as long as such lines are.\r\n";
    return text;
}

DkimKey make(bool rsa) { return rsa ? *DkimKey::generate_rsa(2048) : *DkimKey::generate_ed25519(); }

/// What OpenSSL alone needs: the key operation on a digest that is there.
void openssl_key_operation(benchmark::State& state) {
    const bool rsa = state.range(0) != 0;
    const std::string pem = make(rsa).pem();
    BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr);
    BIO_free(memory);
    EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    const unsigned char digest[32] = {1};
    unsigned char signature[512];
    for (auto _ : state) {
        std::size_t size = sizeof signature;
        if (rsa) {
            EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr);
            EVP_PKEY_sign_init(context);
            EVP_PKEY_CTX_set_signature_md(context, sha256);
            EVP_PKEY_sign(context, signature, &size, digest, sizeof digest);
            EVP_PKEY_CTX_free(context);
        } else {
            EVP_MD_CTX* context = EVP_MD_CTX_new();
            EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key);
            EVP_DigestSign(context, signature, &size, digest, sizeof digest);
            EVP_MD_CTX_free(context);
        }
        benchmark::DoNotOptimize(signature);
    }
    EVP_MD_free(sha256);
    EVP_PKEY_free(key);
}
BENCHMARK(openssl_key_operation)->ArgName("rsa")->Arg(1)->Arg(0);

/// A whole signature over a message of 4 KiB: header, body, hash, key, text.
void dkim_sign(benchmark::State& state) {
    const std::string message = message_of(4096);
    DkimSigningKey key;
    key.key = std::make_shared<const DkimKey>(make(state.range(0) != 0));
    key.options.domain = "example.test";
    key.options.selector = "s";
    key.options.now = std::chrono::seconds(1'700'000'000);
    std::string fault;
    for (auto _ : state) benchmark::DoNotOptimize(sign_dkim(message, {key}, fault));
}
BENCHMARK(dkim_sign)->ArgName("rsa")->Arg(1)->Arg(0);

class OneAnswer : public Resolver {
public:
    explicit OneAnswer(std::string text) {
        answer_.status = DnsStatus::found;
        answer_.texts.push_back(std::move(text));
    }
    Answer resolve(const Query&) override { return answer_; }

private:
    Answer answer_;
};

void dkim_verify(benchmark::State& state) {
    const std::string message = message_of(4096);
    DkimSigningKey key;
    key.key = std::make_shared<const DkimKey>(make(state.range(0) != 0));
    key.options.domain = "example.test";
    key.options.selector = "s";
    std::string fault;
    const std::string text = sign_dkim(message, {key}, fault) + message;
    OneAnswer resolver(key.key->dns_record());
    DkimVerifyOptions options;
    if (verify_dkim(text, resolver, options).front().status != DkimStatus::pass)
        state.SkipWithError("no pass");
    for (auto _ : state) benchmark::DoNotOptimize(verify_dkim(text, resolver, options));
}
BENCHMARK(dkim_verify)->ArgName("rsa")->Arg(1)->Arg(0);

void body_hash(benchmark::State& state) {
    const std::string body = message_of(1 << 20);
    const auto form = state.range(0) != 0 ? Canonical::relaxed : Canonical::simple;
    for (auto _ : state) {
        BodyHash hash(form);
        hash.update(body);
        benchmark::DoNotOptimize(hash.finish());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(body_hash)->ArgName("relaxed")->Arg(0)->Arg(1);

void spf_check(benchmark::State& state) {
    OneAnswer resolver("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 ip6:2001:db8::/32 include:%{d2} -all");
    SpfRequest request;
    request.ip = *IpAddress::parse("198.51.100.7");
    request.helo = "mx.example.test";
    request.mail_from = "somebody@example.test";
    for (auto _ : state) benchmark::DoNotOptimize(run(check_spf(request), resolver));
}
BENCHMARK(spf_check);

}  // namespace

// A server that says anything: the dialogue ends or waits, however its octets are cut; what it writes are
// whole lines; and nobody counts as relayed before the message was sent.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "mta/smtp_out/syntax/opening.hpp"
#include "mta/smtp_out/syntax/transfer.hpp"

namespace {
using namespace mta;
using namespace mta::smtp_out;

void require(bool fine) {
    if (!fine) std::abort();
}

void check_lines(const std::string& out) {
    require(out.empty() || out.ends_with("\r\n"));
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (out[i] == '\n') require(i > 0 && out[i - 1] == '\r');
        if (out[i] == '\r') require(i + 1 < out.size() && out[i + 1] == '\n');
        require(out[i] != '\0');
    }
}

/// All that is said to this server, and what became of the recipients.
std::string converse(std::string_view server, std::uint8_t choice, std::size_t cut) {
    base::SeededRandom random(1);
    OpeningSettings settings;
    settings.helo = "client.test";
    settings.tls_on = (choice & 1U) != 0;
    settings.tls = (choice & 2U) != 0 ? OpeningSettings::Tls::must : OpeningSettings::Tls::if_offered;
    if ((choice & 4U) != 0) {
        auto credentials = std::make_shared<Credentials>();
        credentials->user = "user";
        credentials->password = base::Secret("pencil");
        settings.credentials = credentials;
        settings.clear_passwords = true;
    }
    Opening opening(settings, random);
    auto envelope = std::make_shared<Envelope>();
    envelope->sender = "s@client.test";
    std::vector<Recipient> recipients(5);
    std::vector<const Recipient*> pointers;
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        recipients[i].address = "r" + std::to_string(i) + "@example.test";
        pointers.push_back(&recipients[i]);
    }
    std::unique_ptr<Transfer> transfer;
    Extensions extensions;
    ReplyParser parser;
    std::string said, held;
    bool body = false;
    const auto advance = [&] {
        std::string out;
        if (!transfer && opening.step() == Opening::Step::start_tls)
            opening.tls_started({.exporter = "x"}, out);
        if (!transfer && opening.step() == Opening::Step::ready) {
            extensions = opening.extensions();
            TransferSettings how;
            how.chunks = (choice & 8U) != 0;
            transfer = std::make_unique<Transfer>(extensions, envelope, pointers, how);
            transfer->start(out);
        }
        if (transfer && transfer->step() == Transfer::Step::body) {
            body = body || !transfer->only_dot();
            transfer->body_sent();
        }
        check_lines(out);
        if (transfer && transfer->step() == Transfer::Step::chunk) {
            transfer->chunk(out, "abc", false);
            transfer->chunk(out, "def", true);
            body = true;
        }
        said += out;
    };
    for (std::size_t at = 0; at < server.size(); at += cut) {
        held += server.substr(at, cut);
        for (;;) {
            if (transfer && transfer->step() == Transfer::Step::done) break;  // what follows is nobody's
            const ReplyParser::Step step = parser.next(held);
            require(step.consumed <= held.size());
            held.erase(0, step.consumed);
            if (step.outcome == ReplyParser::Outcome::broken) return said + "broken";
            if (step.outcome == ReplyParser::Outcome::need_more) break;
            const std::string words = parser.reply().words();
            require(words.size() <= ReplyLimits::words_kept &&
                    words.find_first_of("\r\n\x1b") == std::string::npos);
            std::string out;
            if (!transfer) {
                if (opening.step() == Opening::Step::failed) return said + opening.failure().words;
                opening.take(parser.reply(), out);
            } else {
                transfer->take(parser.reply(), out);
            }
            check_lines(out);
            said += out;
            advance();
        }
    }
    if (!transfer) return said;
    for (const auto& outcome : transfer->outcomes()) {
        said += outcome ? outcome->status.text() : "-";
        if (!outcome) continue;
        require(outcome->status.klass == (outcome->fate == Fate::relayed  ? 2
                                          : outcome->fate == Fate::failed ? 5
                                                                          : 4));
        if (outcome->fate == Fate::relayed) require(body);
    }
    return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view server(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = converse(server, data[0], size);
    require(whole == converse(server, data[0], 1));
    require(whole == converse(server, data[0], 7));
    return 0;
}

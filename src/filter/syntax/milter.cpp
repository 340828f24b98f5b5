#include "filter/syntax/milter.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace filter::milter {
namespace {

constexpr std::uint32_t version = 6;
// SMFIF_*: what we let a filter do. Everything.
constexpr std::uint32_t actions_all = 0x1FF;
// SMFIP_*: what a filter may leave out.
constexpr std::uint32_t no_connect = 0x1, no_helo = 0x2, no_mail = 0x4, no_rcpt = 0x8, no_body = 0x10,
                        no_fields = 0x20, no_eoh = 0x40, quiet_fields = 0x80, no_data = 0x200,
                        quiet_connect = 0x1000, quiet_helo = 0x2000, quiet_mail = 0x4000, quiet_rcpt = 0x8000,
                        quiet_data = 0x10000, quiet_eoh = 0x40000, quiet_body = 0x80000,
                        leading_space = 0x100000;
// Not RCPT_REJ: every recipient that we tell of is one that was taken. Not the larger pieces of a body: all
// filters know those of 64 KiB.
constexpr std::uint32_t protocol_all = 0x1FFFFF & ~0x800U;

std::uint32_t number_at(std::string_view data, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = at; i < at + 4; ++i) out = (out << 8U) | static_cast<unsigned char>(data[i]);
    return out;
}

void append_number(std::string& out, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((number >> shift) & 0xFFU);
}

/// Without NUL, which ends it on the wire.
void append_text(std::string& out, std::string_view text) {
    std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != '\0'; });
    out += '\0';
}

/// Up to its NUL, which goes too. False: there is none.
bool take_text(std::string_view& data, std::string_view& out) {
    const std::size_t end = data.find('\0');
    if (end == std::string_view::npos) return false;
    out = data.substr(0, end);
    data.remove_prefix(end + 1);
    return true;
}

std::string_view without_angles(std::string_view address) {
    if (address.starts_with('<') && address.ends_with('>')) return address.substr(1, address.size() - 2);
    return address;
}

/// An address as a filter may write one: one line, no controls, bounded. RFC 5321 section 4.5.3.1.3
bool is_address(std::string_view address) {
    return address.size() <= 320 && std::ranges::none_of(address, [](char c) {
               return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '<' || c == '>';
           });
}

}  // namespace

void append_packet(std::string& out, char command, std::string_view data) {
    append_number(out, static_cast<std::uint32_t>(data.size() + 1));
    out += command;
    out += data;
}

MilterDialogue::MilterDialogue(Facts facts, Limits limits) : facts_(std::move(facts)), limits_(limits) {}

void MilterDialogue::start(std::string& out) {
    std::string data;
    append_number(data, version);
    append_number(data, actions_all);
    append_number(data, protocol_all);
    append_packet(out, 'O', data);
}

void MilterDialogue::fail(std::string why) {
    if (step_ == Step::done) return;
    step_ = Step::done;
    result_ = Result();
    result_.why = std::move(why);
    new_body_.clear();
}

void MilterDialogue::take(std::string_view input, std::string& out) {
    consumed_ = 0;
    while (step_ == Step::reading && input.size() - consumed_ >= 4) {
        const std::string_view rest = input.substr(consumed_);
        const std::uint32_t length = number_at(rest, 0);
        if (length == 0 || length > limits_.packet_bytes_max) return fail("a packet of no good length");
        if (rest.size() - 4 < length) return;
        consumed_ += 4 + std::size_t{length};
        packet(rest[4], rest.substr(5, length - 1), out);
    }
}

void MilterDialogue::packet(char command, std::string_view data, std::string& out) {
    if (stage_ == Stage::options) {
        if (command != 'O') return fail("an answer before the negotiation");
        return options(data, out);
    }
    switch (command) {
        case 'p':  // SMFIR_PROGRESS
            progressed_ = true;
            if (++progress_ > limits_.progress_max) fail("busy without end");
            return;
        case 'h':
        case 'i':
        case 'm':
        case 'b':
        case 'e':
        case '+':
        case '2':
        case '-':
        case 'q':
            if (stage_ != Stage::end) return fail("a change before the end of the message");
            return modify(command, data);
        default:
            return answer(command, data, out);
    }
}

/// Version, actions and protocol, then macros that it wants by stage: number and "j {name} …".
void MilterDialogue::options(std::string_view data, std::string& out) {
    if (data.size() < 12) return fail("a negotiation cut off");
    const std::uint32_t its_version = number_at(data, 0);
    protocol_ = number_at(data, 8);
    if (its_version < 2 || its_version > version) return fail("an unknown version of the protocol");
    if ((number_at(data, 4) & ~actions_all) != 0) return fail("asks for actions that were not offered");
    if ((protocol_ & ~protocol_all) != 0) return fail("asks for steps that were not offered");
    data.remove_prefix(12);
    while (data.size() > 4 && wanted_macros_.size() < 16) {
        const std::uint32_t list = number_at(data, 0);
        data.remove_prefix(4);
        std::string_view names;
        if (!take_text(data, names)) return fail("a list of macros cut off");
        std::vector<std::string>& wanted = wanted_macros_[list];
        while (!names.empty()) {
            const std::size_t end = std::min(names.find_first_of(" ,"), names.size());
            if (end != 0) wanted.emplace_back(names.substr(0, end));
            names.remove_prefix(std::min(end + 1, names.size()));
        }
    }
    stage_ = Stage::connect;
    advance(out);
}

void MilterDialogue::answer(char command, std::string_view data, std::string& out) {
    Reply reply;
    switch (command) {
        case 'c':  // SMFIR_CONTINUE
            if (stage_ == Stage::end) return finish(Result::Decision::accept, out);
            if (stage_ == Stage::body) {
                step_ = Step::body;
                return;
            }
            if (stage_ == Stage::recipient || stage_ == Stage::field)
                ++place_;
            else
                stage_ = static_cast<Stage>(static_cast<std::uint8_t>(stage_) + 1);
            return advance(out);
        case 'a':  // SMFIR_ACCEPT: the message, at whatever stage
            return finish(Result::Decision::accept, out);
        case 'd':  // SMFIR_DISCARD
            return finish(Result::Decision::discard, out);
        case 's':  // SMFIR_SKIP: no more of the body
            if (stage_ != Stage::body) return fail("nothing to skip here");
            stage_ = Stage::end;
            return advance(out);
        case 'f':  // SMFIR_CONN_FAIL
        case 't':
            reply = make_reply(451, "4.7.1", "Try again later");
            break;
        case 'r':
            reply = make_reply(550, "5.7.1", "Refused by a filter");
            break;
        case '4':  // SMFIR_SHUTDOWN
            reply = make_reply(451, "4.3.2", "Try again later");
            break;
        case 'y': {  // SMFIR_REPLYCODE
            std::string_view text;
            if (!take_text(data, text)) return fail("a reply cut off");
            reply = parse_reply(text);
            if (!reply) return fail("a reply that is none");
            break;
        }
        default:
            return fail("an unknown answer");
    }
    if (stage_ == Stage::recipient && command != 'f' && command != '4')
        return refuse_recipient(std::move(reply), out);
    finish(reply.temporary() ? Result::Decision::tempfail : Result::Decision::reject, out, std::move(reply));
}

void MilterDialogue::refuse_recipient(Reply reply, std::string& out) {
    auto& refused = result_.recipients_refused;
    refused.emplace_back(facts_.recipients[place_], std::move(reply));
    ++place_;
    if (refused.size() != facts_.recipients.size()) return advance(out);
    // One answer for all: of one who may be tried again, if there is one.
    const auto put_off =
        std::ranges::find_if(refused, [](const auto& one) { return one.second.temporary(); });
    if (put_off != refused.end()) return finish(Result::Decision::tempfail, out, put_off->second);
    finish(Result::Decision::reject, out, refused.back().second);
}

void MilterDialogue::finish(Result::Decision decision, std::string& out, Reply reply) {
    step_ = Step::done;
    result_.decision = decision;
    result_.reply = std::move(reply);
    append_packet(out, 'Q', {});
    if (decision == Result::Decision::accept) return;
    result_.edits.clear();  // of a message that goes nowhere
    new_body_.clear();
}

void MilterDialogue::edit(HeaderEdit::Kind kind, std::string_view name, std::string_view value,
                          std::uint32_t index) {
    edit_bytes_ += name.size() + value.size();
    if (result_.edits.size() >= limits_.edits_max || edit_bytes_ > limits_.edit_bytes_max)
        return fail("too many changes");
    if (!is_field_name(name)) return fail("a header field without a good name");
    HeaderEdit one;
    one.kind = kind;
    one.name = name;
    one.index = index;
    if (kind != HeaderEdit::Kind::remove) {
        // With HDR_LEADSPC the filter says itself what stands behind the colon; field_value() wants one
        // blank.
        one.value = field_value(value);
    }
    result_.edits.push_back(std::move(one));
}

/// During the end of the message alone.
void MilterDialogue::modify(char command, std::string_view data) {
    std::string_view name, value;
    std::uint32_t index = 0;
    switch (command) {
        case 'b':  // SMFIR_REPLBODY: all such pieces together are the new body
            body_bytes_ += data.size();
            if (body_bytes_ > limits_.body_bytes_max) return fail("a new body that is too large");
            result_.body_replaced = true;
            new_body_ += data;
            return;
        case 'q':
            if (!take_text(data, value)) return fail("a change cut off");
            result_.quarantine = true;
            result_.reason = make_reply(0, {}, value).text;
            return;
        case 'i':
        case 'm':
            if (data.size() < 4) return fail("a change cut off");
            index = number_at(data, 0);
            data.remove_prefix(4);
            [[fallthrough]];
        case 'h':
            if (!take_text(data, name) || !take_text(data, value)) return fail("a change cut off");
            if (command == 'h') return edit(HeaderEdit::Kind::append, name, value, 0);
            if (command == 'i') return edit(HeaderEdit::Kind::insert, name, value, index);
            return edit(value.empty() ? HeaderEdit::Kind::remove : HeaderEdit::Kind::change, name, value,
                        std::max<std::uint32_t>(index, 1));
        default:
            break;
    }
    if (!take_text(data, value)) return fail("a change cut off");
    const std::string_view address = without_angles(value);
    if (!is_address(address) || (address.empty() && command != 'e')) return fail("an address that is none");
    if (command == 'e') {
        result_.sender_changed = true;
        result_.sender = address;
    } else if (command == '-') {
        if (result_.recipients_removed.size() < facts_.recipients.size())
            result_.recipients_removed.emplace_back(address);
    } else {
        if (result_.recipients_added.size() >= limits_.recipients_max) return fail("too many recipients");
        result_.recipients_added.emplace_back(address);
    }
}

void MilterDialogue::body(std::string_view piece, std::string& out) {
    if (step_ != Step::body) return;
    if (piece.empty()) {
        stage_ = Stage::end;
        return advance(out);
    }
    append_packet(out, 'B', piece);
    if (!leaves_out(quiet_body)) step_ = Step::reading;
}

void MilterDialogue::advance(std::string& out) {
    while (step_ != Step::done) {
        if (stage_ == Stage::body) {
            step_ = Step::body;
            if (!leaves_out(no_body)) return;
            stage_ = Stage::end;
            continue;
        }
        step_ = Step::reading;
        const bool due = say(out);
        if (due) return;
        const bool listed = stage_ == Stage::recipient ? ++place_ < facts_.recipients.size()
                            : stage_ == Stage::field   ? ++place_ < facts_.fields.size()
                                                       : false;
        if (!listed) {
            stage_ = static_cast<Stage>(static_cast<std::uint8_t>(stage_) + 1);
            place_ = 0;
        }
    }
}

bool MilterDialogue::say(std::string& out) {
    std::string data;
    switch (stage_) {
        case Stage::connect:
            if (leaves_out(no_connect)) return false;
            macros(
                out, 'C', 0,
                {{"j", facts_.host_name},
                 {"{daemon_name}", facts_.daemon},
                 {"v", facts_.daemon},
                 {"_", facts_.client_name.empty() ? "[" + facts_.client_address + "]"
                                                  : facts_.client_name + " [" + facts_.client_address + "]"},
                 {"{client_addr}", facts_.client_address},
                 {"{client_port}", std::to_string(facts_.client_port)}});
            append_packet(out, 'C', connection());
            return !leaves_out(quiet_connect);
        case Stage::helo:
            if (leaves_out(no_helo) || facts_.helo.empty()) return false;
            macros(out, 'H', 1, {{"{tls_version}", facts_.tls_version}, {"{cipher}", facts_.tls_cipher}});
            append_text(data, facts_.helo);
            append_packet(out, 'H', data);
            return !leaves_out(quiet_helo);
        case Stage::sender:
            if (leaves_out(no_mail)) return false;
            macros(out, 'M', 2,
                   {{"i", facts_.queue_id},
                    {"{mail_addr}", facts_.sender},
                    {"{auth_authen}", facts_.account},
                    {"{auth_type}", facts_.account.empty() ? std::string() : facts_.auth_method}});
            append_text(data, "<" + facts_.sender + ">");
            for (const std::string& parameter : facts_.sender_parameters) append_text(data, parameter);
            append_packet(out, 'M', data);
            return !leaves_out(quiet_mail);
        case Stage::recipient:
            if (leaves_out(no_rcpt) || place_ >= facts_.recipients.size()) return false;
            macros(out, 'R', 3, {{"i", facts_.queue_id}, {"{rcpt_addr}", facts_.recipients[place_]}});
            append_text(data, "<" + facts_.recipients[place_] + ">");
            append_packet(out, 'R', data);
            return !leaves_out(quiet_rcpt);
        case Stage::data:
            if (leaves_out(no_data)) return false;
            macros(out, 'T', 4, {{"i", facts_.queue_id}});
            append_packet(out, 'T', {});
            return !leaves_out(quiet_data);
        case Stage::field:
            return say_field(out);
        case Stage::end_of_header:
            if (leaves_out(no_eoh)) return false;
            macros(out, 'N', 6, {{"i", facts_.queue_id}});
            append_packet(out, 'N', {});
            return !leaves_out(quiet_eoh);
        case Stage::end:
            macros(out, 'E', 5, {{"i", facts_.queue_id}});
            append_packet(out, 'E', {});
            return true;
        case Stage::options:
        case Stage::body:
            break;
    }
    return false;
}

/// A value as filters know it: LF between its lines, and without the blank behind the colon unless they
/// asked.
bool MilterDialogue::say_field(std::string& out) {
    if (leaves_out(no_fields) || place_ >= facts_.fields.size()) return false;
    const auto& [name, value] = facts_.fields[place_];
    std::string text = value;
    std::erase(text, '\r');
    if (!leaves_out(leading_space) && text.starts_with(' ')) text.erase(0, 1);
    std::string data;
    append_text(data, name);
    append_text(data, text);
    append_packet(out, 'L', data);
    return !leaves_out(quiet_fields);
}

/// What is known of these, those alone that the filter asked for if it did.
void MilterDialogue::macros(std::string& out, char command, std::size_t list,
                            const std::vector<std::pair<std::string_view, std::string>>& all) const {
    const auto chosen = wanted_macros_.find(static_cast<std::uint32_t>(list));
    std::string data(1, command);
    for (const auto& [name, value] : all) {
        if (value.empty()) continue;
        const std::string_view bare =
            name.starts_with('{') ? name.substr(1, name.size() - 2) : std::string_view(name);
        const auto is_it = [&](const std::string& wanted) { return wanted == name || wanted == bare; };
        if (chosen != wanted_macros_.end() && std::ranges::none_of(chosen->second, is_it)) continue;
        append_text(data, name);
        append_text(data, value);
    }
    append_packet(out, 'D', data);
}

/// Name, family, port and address.
std::string MilterDialogue::connection() const {
    std::string out;
    const std::string& address = facts_.client_address;
    append_text(out, !facts_.client_name.empty() ? facts_.client_name
                     : address.empty()           ? "localhost"
                                                 : "[" + address + "]");
    if (address.empty()) {
        out += 'U';
        return out;
    }
    const bool local = address.starts_with("unix:");
    const bool v6 = !local && address.find(':') != std::string::npos;
    out += local ? 'L' : v6 ? '6' : '4';
    out += static_cast<char>(facts_.client_port >> 8U);
    out += static_cast<char>(facts_.client_port & 0xFFU);
    append_text(out, v6 ? "IPv6:" + address : address);
    return out;
}

}  // namespace filter::milter

#include "filter/syntax/rspamd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace filter::rspamd {
namespace {
using Json = nlohmann::json;

constexpr std::array<std::pair<std::string_view, Action>, 9> actions{{
    {"no action", Action::none},
    {"greylist", Action::greylist},
    {"soft reject", Action::soft_reject},
    {"add header", Action::add_header},
    {"rewrite subject", Action::rewrite_subject},
    {"quarantine", Action::quarantine},
    {"discard", Action::discard},
    {"reject", Action::reject},
    {"accept", Action::none},
}};

/// Brackets outside of texts: the parser keeps a stack, the values a tree of that depth.
bool too_deep(std::string_view json, int most) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > most) return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

std::string escaped(std::string_view text, std::size_t most) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (out.size() + 3 > most) break;
        const auto octet = static_cast<unsigned char>(c);
        if (octet > 0x20 && octet < 0x7F) {
            out += c;
        } else {
            out += '%';
            out += digits[octet >> 4U];
            out += digits[octet & 15U];
        }
    }
    return out;
}

const Json* member(const Json& object, const char* name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text_in(const Json& object, const char* name, std::size_t most) {
    const Json* value = member(object, name);
    if (value == nullptr || !value->is_string()) return {};
    return value->get_ref<const std::string&>().substr(0, most);
}

double number_in(const Json& object, const char* name) {
    const Json* value = member(object, name);
    const double number = value != nullptr && value->is_number() ? value->get<double>() : 0;
    return std::isfinite(number) ? std::clamp(number, -1e6, 1e6) : 0;
}

class Reader {
public:
    Reader(const Json& root, const Limits& limits) : root_(root), limits_(limits) {}

    bool read(std::string& why) {
        const Json* action = member(root_, "action");
        if (action == nullptr || !action->is_string()) {
            why = "no action in the answer";
            return false;
        }
        const auto& name = action->get_ref<const std::string&>();
        const auto known =
            std::ranges::find(actions, std::string_view(name), [](const auto& pair) { return pair.first; });
        if (known == actions.end()) {
            why = "an unknown action: " + name.substr(0, 60);
            return false;
        }
        out.action = known->second;
        const Json* skipped = member(root_, "is_skipped");
        out.skipped = skipped != nullptr && skipped->is_boolean() && skipped->get<bool>();
        out.score = number_in(root_, "score");
        out.required = number_in(root_, "required_score");
        out.subject = text_in(root_, "subject", 998);
        if (const Json* messages = member(root_, "messages"))
            out.smtp_message = text_in(*messages, "smtp_message", reply_text_max);
        symbols();
        edits();
        return true;
    }
    Answer out;

private:
    void symbols() {
        const Json* all = member(root_, "symbols");
        if (all == nullptr || !all->is_object()) return;
        for (const auto& [name, value] : all->items()) {
            Symbol one;
            one.name = name.substr(0, 100);
            one.score = number_in(value, "score");
            out.symbols.push_back(std::move(one));
        }
        std::ranges::sort(out.symbols, [](const Symbol& a, const Symbol& b) {
            const double x = std::abs(a.score), y = std::abs(b.score);
            return x != y ? x > y : a.name < b.name;
        });
        if (out.symbols.size() > limits_.symbols_max) out.symbols.resize(limits_.symbols_max);
    }

    void edit(HeaderEdit::Kind kind, const std::string& name, std::string_view value, std::uint32_t index) {
        if (!is_field_name(name) || out.edits.size() >= limits_.edits_max) return;
        HeaderEdit one;
        one.kind = kind;
        one.name = name;
        if (kind == HeaderEdit::Kind::insert)
            one.value = field_value(value.substr(0, limits_.value_bytes_max));
        one.index = index;
        out.edits.push_back(std::move(one));
    }

    /// "v", {"value": "v", "order": 1}, or a list of these.
    void add(const std::string& name, const Json& value) {
        if (value.is_string()) {
            edit(HeaderEdit::Kind::insert, name, value.get_ref<const std::string&>(), 0);
        } else if (value.is_object()) {
            const Json* text = member(value, "value");
            if (text != nullptr && text->is_string()) add(name, *text);
        } else if (value.is_array()) {
            for (const Json& one : value)
                if (!one.is_array()) add(name, one);  // NOLINT(misc-no-recursion): one level
        }
    }

    void edits() {
        const Json* milter = member(root_, "milter");
        if (milter != nullptr) {
            // First what goes, so that nothing goes that came.
            if (const Json* gone = member(*milter, "remove_headers"); gone != nullptr && gone->is_object()) {
                for (const auto& [name, which] : gone->items()) {
                    const std::int64_t n = which.is_number_integer() ? which.get<std::int64_t>() : 0;
                    const bool one = n > 0 && n < 100'000;
                    edit(one ? HeaderEdit::Kind::remove : HeaderEdit::Kind::remove_all, name, {},
                         one ? static_cast<std::uint32_t>(n) : 0);
                }
            }
            if (const Json* added = member(*milter, "add_headers"); added != nullptr && added->is_object()) {
                for (const auto& [name, value] : added->items()) add(name, value);
            }
        }
        if (const Json* signature = member(root_, "dkim-signature")) add("DKIM-Signature", *signature);
    }

    const Json& root_;
    const Limits& limits_;
};

}  // namespace

std::string_view name_of(Action action) {
    return std::ranges::find(actions, action, [](const auto& pair) { return pair.second; })->first;
}

Fields request_fields(const Facts& facts, const Limits& limits) {
    Fields out;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) out.emplace_back(name, escaped(value, limits.field_bytes_max));
    };
    add("IP", facts.ip);
    add("Helo", facts.helo);
    add("Hostname", facts.host_name);
    // An empty From is the null sender; without the field rspamd would take the message's own.
    out.emplace_back("From", "<" + escaped(facts.sender, limits.field_bytes_max) + ">");
    std::size_t told = 0;
    for (const std::string& recipient : facts.recipients) {
        if (++told > limits.recipients_max) break;
        out.emplace_back("Rcpt", "<" + escaped(recipient, limits.field_bytes_max) + ">");
    }
    add("User", facts.user);
    add("Queue-Id", facts.queue_id);
    add("MTA-Name", facts.mta_name);
    add("TLS-Version", facts.tls_version);
    add("TLS-Cipher", facts.tls_cipher);
    return out;
}

std::optional<Answer> parse(std::string_view json, std::string& why, const Limits& limits) {
    if (json.size() > limits.answer_bytes_max || too_deep(json, limits.nesting_max)) {
        why = "the answer is too large";
        return std::nullopt;
    }
    const Json root = Json::parse(json, nullptr, false);
    if (root.is_discarded() || !root.is_object()) {
        why = "the answer is no JSON object";
        return std::nullopt;
    }
    Reader reader(root, limits);
    if (!reader.read(why)) return std::nullopt;
    return std::move(reader.out);
}

}  // namespace filter::rspamd

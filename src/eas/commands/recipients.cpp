// ResolveRecipients and ValidateCert: MS-ASCMD sections 2.2.2.14 and 2.2.2.21.
#include <algorithm>

#include "base/base64.hpp"
#include "eas/mail/certificate.hpp"
#include "eas/session.hpp"
#include "eas/syntax/elements.hpp"
#include "pim/date_time.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

constexpr std::size_t names_max = 100;  // of one request
constexpr std::size_t name_bytes_max = 256;
constexpr std::size_t suggestions_max = 19;  // of one ambiguous name
constexpr std::size_t certificates_max = 20;
constexpr std::size_t certificate_bytes_max = 64U << 10;

namespace resolve_status {
constexpr int ok = 1, ambiguous = 2, partial = 3, unknown = 4, protocol_error = 5, server_error = 6;
constexpr int no_certificate = 7, no_picture = 173;
}  // namespace resolve_status

constexpr std::int64_t span_seconds_min = 1'800;
constexpr std::int64_t span_seconds_max = 42 * pim::day_seconds;
constexpr std::int64_t span_seconds_default = 7 * pim::day_seconds;

/// Nothing: the times are not as MS-ASCMD sections 2.2.3.58.1 and 2.2.3.166.1 want them.
std::optional<FreeBusyRequest> read_availability(wbxml::Element availability, const Limits& limits) {
    namespace tags = wbxml::resolverecipients;
    const auto start = parse_date(availability.child(tags::start_time).text());
    const wbxml::Element end_time = availability.child(tags::end_time);
    const auto end = parse_date(end_time.text());
    if (!start || (end_time && !end)) return std::nullopt;
    FreeBusyRequest out;
    out.span = {*start, end_time ? *end : *start + span_seconds_default};
    const std::int64_t seconds = out.span.until - out.span.from;
    if (seconds < span_seconds_min || seconds > span_seconds_max) return std::nullopt;
    out.deadline = std::chrono::steady_clock::now() + limits.answer_time;
    out.people_max = limits.availability_people_max;
    return out;
}

/// MS-ASCMD sections 2.2.3.22, 2.2.3.94 and 2.2.3.95; and so with pictures, 2.2.3.98 and 2.2.3.99.
bool are_sound_options(wbxml::Element options) {
    namespace tags = wbxml::resolverecipients;
    const wbxml::Element picture = options.child(tags::picture);
    return is_absent_or_in(options.child(tags::certificate_retrieval), 1, 3) &&
           is_absent_or_in(options.child(tags::max_certificates), 0, 9'999) &&
           is_absent_or_in(options.child(tags::max_ambiguous_recipients), 0, UINT32_MAX) &&
           is_absent_or_in(picture.child(tags::max_size), 0, UINT32_MAX) &&
           is_absent_or_in(picture.child(tags::max_pictures), 0, UINT32_MAX);
}

/// None: there are none, too many, or some are too long.
std::vector<std::string> read_names(wbxml::Element request) {
    std::vector<std::string> out;
    for (const wbxml::Element one : request) {
        if (one.tag() != wbxml::resolverecipients::to) continue;
        if (one.text().size() > name_bytes_max || out.size() == names_max) return {};
        out.emplace_back(one.text());
    }
    return out;
}

/// `times`: null where none are asked for.
void write_recipient(wbxml::Encoder& to, const Person& person, wbxml::Element options,
                     const FreeBusyAnswer* times) {
    namespace tags = wbxml::resolverecipients;
    to.open(tags::recipient);
    to.number(tags::type, 1);  // of the address list
    to.text(tags::display_name, person.name);
    to.text(tags::email_address, person.address);
    const auto status_in = [&to](wbxml::Tag tag, int status) {
        to.open(tag);
        to.number(tags::status, status);
        to.close();
    };
    if (times != nullptr) {
        to.open(tags::availability);
        to.number(tags::status, times->status);
        if (!times->digits.empty()) to.text(tags::merged_free_busy, times->digits);
        to.close();
    }
    // No certificates or pictures are kept: it is said so.
    const auto wants = options.child(tags::certificate_retrieval).number();
    if (wants && *wants > 1) status_in(tags::certificates, resolve_status::no_certificate);
    if (options.child(tags::picture)) status_in(tags::picture, resolve_status::no_picture);
    to.close();
}

}  // namespace

/// Whom names mean, each of them. An address is one person; else it is how a name or an address begins.
/// \errors as find_people()
awaitable<store::Result<std::vector<std::vector<Person>>>> Session::resolve(std::vector<std::string> names,
                                                                            std::size_t most) {
    std::vector<std::vector<Person>> out(names.size());
    Colleagues others = co_await colleagues();
    std::vector<std::string> prefixes;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].find('@') != std::string::npos) {
            if (const auto person = co_await others.person(names[i]))
                out[i].push_back({person->mailbox.name, person->mailbox.addresses.front()});
            else if (const auto group = co_await others.group(names[i]))
                out[i].push_back({group->address.substr(0, group->address.find('@')), group->address});
        }
        if (names[i].empty() || !out[i].empty()) continue;
        prefixes.push_back(names[i]);
        places.push_back(i);
    }
    // An address that somebody has was found by itself: the walk completes what is typed of one, and without
    // it the others are told nevertheless.
    const bool all_addresses = std::ranges::all_of(
        prefixes, [](const std::string& text) { return text.find('@') != std::string::npos; });
    auto found = co_await find_people(std::move(prefixes), most);
    if (!found && all_addresses) co_return std::move(out);
    if (!found) co_return found.error();
    for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = std::move((*found)[i]);
    co_return out;
}

awaitable<Answer> Session::resolve_recipients() {
    namespace tags = wbxml::resolverecipients;
    const wbxml::Element options = root().child(tags::options);
    const std::vector<std::string> names = read_names(root());
    if (names.empty() || !are_sound_options(options))
        co_return wbxml(write_status(Command::resolve_recipients, resolve_status::protocol_error));
    std::optional<FreeBusyRequest> availability;
    if (const wbxml::Element asked = options.child(tags::availability); asked && version_ >= 140) {
        availability = read_availability(asked, limits());
        if (!availability)
            co_return wbxml(write_status(Command::resolve_recipients, resolve_status::protocol_error));
    }
    // Section 2.2.3.94: of an ambiguous name so many; the one person that a name means is no suggestion.
    std::size_t shown_max = suggestions_max;
    if (const auto most = options.child(tags::max_ambiguous_recipients).number(); most && *most >= 0)
        shown_max = static_cast<std::size_t>(std::min<std::int64_t>(*most, suggestions_max));
    auto people = co_await resolve(names, suggestions_max + 1);
    if (!people) co_return wbxml(write_status(Command::resolve_recipients, resolve_status::server_error));
    Colleagues others = co_await colleagues();
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::resolve_recipients);
    to.number(tags::status, resolve_status::ok);
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::vector<Person> found = std::move((*people)[i]);
        const bool more = found.size() > 1 && found.size() > shown_max;
        to.open(tags::response);
        to.text(tags::to, names[i]);
        to.number(tags::status, found.empty()       ? resolve_status::unknown
                                : found.size() == 1 ? resolve_status::ok
                                : more              ? resolve_status::partial
                                                    : resolve_status::ambiguous);
        const bool one = found.size() == 1;
        if (more) found.resize(shown_max);
        to.number(tags::recipient_count, static_cast<std::int64_t>(found.size()));
        // Section 2.2.3.173: of a name that may be several people nobody's times are told.
        FreeBusyAnswer times;
        const bool with_times = availability && one;
        if (with_times) times = co_await others.free_busy(found.front().address, &*availability);
        for (const Person& person : found)
            write_recipient(to, person, options, with_times ? &times : nullptr);
        to.close();
    }
    to.close();
    co_return wbxml(std::move(body));
}

awaitable<Answer> Session::validate_cert() {
    namespace tags = wbxml::validatecert;
    const auto read = [](wbxml::Element list, std::vector<std::string>& out) {
        for (const wbxml::Element one : list) {
            if (one.tag() != tags::certificate || out.size() == certificates_max) return false;
            auto der =
                one.is_opaque() ? std::optional(std::string(one.text())) : base::base64_decode(one.text());
            if (der && der->size() > certificate_bytes_max) return false;
            out.push_back(der ? std::move(*der) : std::string());
        }
        return true;
    };
    std::vector<std::string> certificates, chain;
    const bool fine = read(root().child(tags::certificates), certificates) &&
                      read(root().child(tags::certificate_chain), chain);
    if (!fine || certificates.empty())
        co_return wbxml(write_status(Command::validate_cert, certificate_status::malformed));
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::validate_cert);
    to.number(tags::status, certificate_status::ok);
    for (const int status : validate_certificates(certificates, chain, services_->clock.now())) {
        to.open(tags::certificate);
        to.number(tags::status, status);
        to.close();
    }
    to.close();
    co_return wbxml(std::move(body));
}

}  // namespace eas

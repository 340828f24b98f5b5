// Any octets as a query, and as the body of every command: values or a fault, in bounded time.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "eas/mail/draft.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/syntax/compose_request.hpp"
#include "eas/syntax/folder_request.hpp"
#include "eas/syntax/ids.hpp"
#include "eas/syntax/mail_item.hpp"
#include "eas/syntax/ping_request.hpp"
#include "eas/syntax/provision_request.hpp"
#include "eas/syntax/query.hpp"
#include "eas/syntax/search_request.hpp"
#include "eas/syntax/settings_request.hpp"
#include "eas/syntax/sync_request.hpp"

namespace {

void read_ids(std::string_view text) {
    if (const auto id = eas::parse_item_id(text); id && eas::parse_item_id(eas::write_item_id(*id)) != *id)
        std::abort();
    if (const auto id = eas::parse_part_id(text); id && eas::parse_part_id(eas::write_part_id(*id)) != *id)
        std::abort();
    if (const auto id = eas::parse_attachment_id(text);
        id && eas::parse_attachment_id(eas::write_attachment_id(*id)) != *id)
        std::abort();
    if (const auto key = eas::parse_sync_key(text);
        key && eas::parse_sync_key(eas::write_sync_key(*key)) != *key)
        std::abort();
    if (const auto date = eas::parse_date(text); date && eas::parse_date(eas::write_date(*date)) != *date)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets(reinterpret_cast<const char*>(data), size);
    const eas::ParsedQuery parsed = eas::parse_query(octets);
    if (parsed.fault == eas::QueryFault::none &&
        (parsed.query.device_id.empty() || parsed.query.device_id.size() > 32))
        std::abort();
    read_ids(octets);
    wbxml::DecodeLimits limits;
    limits.octets_max = 1U << 20;
    const wbxml::Document document(octets, limits);
    for (const std::uint16_t version : {121, 161}) {
        const eas::SyncRequest request = eas::parse_sync(document.root(), version);
        if (request.collections.size() > eas::SyncLimits().collections_max) std::abort();
    }
    for (const eas::Command command : {eas::Command::folder_sync, eas::Command::folder_create,
                                       eas::Command::folder_update, eas::Command::folder_delete})
        (void)eas::parse_folder_request(document.root(), command).malformed;
    (void)eas::parse_ping(document.root()).malformed;
    (void)eas::parse_provision(document.root()).malformed;
    (void)eas::parse_search(document.root()).status;
    (void)eas::parse_find(document.root()).status;
    (void)eas::parse_oof(document.root()).has_value();
    eas::Draft draft;
    eas::apply(eas::parse_draft(document.root()), draft);
    base::SeededRandom random(1);
    (void)eas::write_draft(draft, random).size();
    const eas::ComposeRequest compose = eas::parse_compose(document.root(), eas::Command::smart_forward, 161);
    eas::Original original;
    original.plain = "original";
    original.message_id = "<id@example.test>";
    (void)eas::with_original(compose.message.empty() ? octets.substr(0, 4'096) : compose.message, original,
                             random)
        .size();
    (void)eas::read_outgoing(octets.substr(0, 65'536), 100).too_many;
    return 0;
}

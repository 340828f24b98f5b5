#include "eas/syntax/sync_request.hpp"

#include <algorithm>
#include <utility>

#include "eas/syntax/elements.hpp"
#include "eas/syntax/status.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::airsync;

constexpr std::size_t id_bytes_max = 64;  // MS-ASCMD section 2.2.3.28, .30

bool is_id(std::string_view text) { return !text.empty() && text.size() <= id_bytes_max; }

/// 1 to window_max; 0: no number. MS-ASCMD section 2.2.3.199: 0 and what is too large are the maximum.
std::uint32_t window_of(wbxml::Element element, const SyncLimits& limits) {
    const auto number = element.number();
    if (!number || *number < 0) return 0;
    if (*number == 0 || *number > limits.window_max) return limits.window_max;
    return static_cast<std::uint32_t>(*number);
}

std::optional<SyncCommand> parse_command(wbxml::Element element) {
    SyncCommand out;
    if (element.tag() == tags::add) {
        out.kind = SyncCommand::Kind::add;
    } else if (element.tag() == tags::change) {
        out.kind = SyncCommand::Kind::change;
    } else if (element.tag() == tags::delete_) {
        out.kind = SyncCommand::Kind::remove;
    } else if (element.tag() == tags::fetch) {
        out.kind = SyncCommand::Kind::fetch;
    } else {
        return std::nullopt;
    }
    out.client_id = element.child(tags::client_id).text();
    out.server_id = element.child(tags::server_id).text();
    out.data = element.child(tags::application_data);
    out.instance = element.child(wbxml::airsyncbase::instance_id).text();
    if (out.instance.empty()) out.instance = out.data.child(wbxml::airsyncbase::instance_id).text();
    out.send = static_cast<bool>(element.child(wbxml::email2::send)) ||
               static_cast<bool>(out.data.child(wbxml::email2::send));
    const bool add = out.kind == SyncCommand::Kind::add;
    if (!is_id(add ? out.client_id : out.server_id) || has_twins(element)) return std::nullopt;
    const bool needs_data = add || out.kind == SyncCommand::Kind::change;
    if (needs_data && !out.data && !out.send) return std::nullopt;
    return out;
}

/// 1: absent or in order. MS-ASCMD section 2.2.3.29: the order of a collection's elements is fixed.
unsigned place_of(wbxml::Tag tag) {
    if (tag == tags::class_) return 1;
    if (tag == tags::sync_key) return 2;
    if (tag == tags::collection_id) return 3;
    if (tag == tags::supported) return 4;
    if (tag == tags::deletes_as_moves) return 5;
    if (tag == tags::get_changes) return 6;
    if (tag == tags::window_size) return 7;
    if (tag == tags::conversation_mode) return 8;
    if (tag == tags::options) return 9;
    if (tag == tags::commands) return 10;
    return 0;
}

/// False: neither absent, empty (which is true), 0 nor 1.
bool take_flag(wbxml::Element element, bool& out) {
    out = element.text() != "0";
    return element.text().empty() || element.text() == "0" || element.text() == "1";
}

bool take_options(wbxml::Element child, SyncCollection& out, std::uint16_t version) {
    // A second one (for SMS) has a Class that is not served: it does not change what mail gets.
    const std::string_view of = child.child(tags::class_).text();
    if (of == "SMS") return true;
    ItemOptions options;
    if (!parse_options(child, options)) return false;
    if (version < 141) options.part.reset();
    if (!options.part_is_served()) out.status = status::part_type_not_supported;
    out.options = std::move(options);
    return true;
}

/// MS-ASCMD section 2.2.3.179: an empty one means that the device manages nothing that can be ghosted.
void take_supported(wbxml::Element child, SyncCollection& out) {
    constexpr std::size_t tags_max = 256;  // of all classes there are fewer
    out.supported.emplace();
    for (const wbxml::Element one : child)
        if (out.supported->size() < tags_max) out.supported->push_back(one.tag().value());
}

bool take_commands(wbxml::Element child, SyncCollection& out, const SyncLimits& limits) {
    for (const wbxml::Element one : child) {
        auto command = parse_command(one);
        if (!command || out.commands.size() == limits.commands_max) return false;
        out.commands.push_back(*command);
    }
    return true;
}

/// False: not as the specification has it.
bool take(wbxml::Element child, SyncCollection& out, std::uint16_t version, const SyncLimits& limits) {
    const wbxml::Tag tag = child.tag();
    if (tag == tags::sync_key) {
        out.key = child.text();
        return is_id(out.key);
    }
    if (tag == tags::collection_id) {
        out.id = child.text();
        return is_id(out.id);
    }
    if (tag == tags::deletes_as_moves) return take_flag(child, out.deletes_as_moves);
    if (tag == tags::get_changes) {
        bool yes = true;
        const bool fine = take_flag(child, yes);
        out.get_changes = yes;
        return fine;
    }
    if (tag == tags::window_size) {
        out.window = window_of(child, limits);
        return out.window != 0;
    }
    if (tag == tags::options) return take_options(child, out, version);
    if (tag == tags::commands) return take_commands(child, out, limits);
    if (tag == tags::conversation_mode) {
        bool yes = false;
        const bool fine = take_flag(child, yes) && version >= 140;
        out.conversations = yes;
        return fine;
    }
    if (tag == tags::supported) take_supported(child, out);
    return tag == tags::class_ || tag == tags::supported;
}

SyncCollection parse_collection(wbxml::Element element, std::uint16_t version, const SyncLimits& limits) {
    SyncCollection out;
    unsigned before = 0, seen = 0;
    for (const wbxml::Element child : element) {
        const unsigned place = place_of(child.tag());
        // Class stands elsewhere in 12.1, and may be anywhere there.
        const bool in_order = place >= before || (version <= 121 && place <= 3);
        const bool again = (seen >> place & 1U) != 0 && child.tag() != tags::options;
        if (!in_order || again || !take(child, out, version, limits))
            out.status = sync_status::protocol_error;
        before = std::max(before, place);
        seen |= 1U << place;
    }
    if (!have_classes_that_go_together(element)) out.status = sync_status::protocol_error;
    if (out.window == 0) out.window = limits.window_default;
    if (out.key.empty() || out.id.empty()) out.status = sync_status::protocol_error;
    // MS-ASCMD section 2.2.3.84: nothing can have changed for who has nothing.
    if (out.key == "0" && (out.get_changes.value_or(false) || !out.commands.empty()))
        out.status = sync_status::protocol_error;
    return out;
}

/// MS-ASCMD sections 2.2.3.90 and 2.2.3.198.
void take_wait(wbxml::Element element, SyncRequest& out, std::int64_t least, std::int64_t most,
               std::uint32_t unit) {
    const auto number = element.number();
    if (out.wait_seconds || !number) {
        out.status = sync_status::protocol_error;  // both, or none that is a number
        return;
    }
    out.wait_seconds = 0;
    if (*number >= least && *number <= most) {
        out.wait_seconds = static_cast<std::uint32_t>(*number) * unit;
        return;
    }
    out.status = sync_status::bad_wait;
    out.limit = static_cast<std::uint32_t>(*number < least ? least : most);
}

/// One collection twice: which of its keys would the answer be about?
bool names_one_twice(const std::vector<SyncCollection>& collections) {
    std::vector<base::FolderId> ids;
    for (const SyncCollection& one : collections)
        if (const auto id = parse_folder_id(one.id)) ids.push_back(*id);
    std::ranges::sort(ids);
    return std::ranges::adjacent_find(ids) != ids.end();
}

}  // namespace

SyncRequest parse_sync(wbxml::Element root, std::uint16_t version, const SyncLimits& limits) {
    SyncRequest out;
    std::size_t commands = 0;
    bool again = false;
    for (const wbxml::Element child : root) {
        if (child.tag() == tags::collections) {
            if (std::exchange(again, true)) out.status = sync_status::protocol_error;
            for (const wbxml::Element one : child) {
                if (one.tag() != tags::collection) {
                    out.status = sync_status::protocol_error;
                } else if (out.collections.size() == limits.collections_max) {
                    out.status = sync_status::too_many;
                    out.limit = static_cast<std::uint32_t>(limits.collections_max);
                    return out;
                } else {
                    out.collections.push_back(parse_collection(one, version, limits));
                    commands += out.collections.back().commands.size();
                }
            }
        } else if (child.tag() == tags::wait) {
            take_wait(child, out, 1, 59, 60);
        } else if (child.tag() == tags::heartbeat_interval) {
            take_wait(child, out, 60, 3'540, 1);
        } else if (child.tag() == tags::window_size) {
            out.window = window_of(child, limits);
            if (out.window == 0) out.status = sync_status::protocol_error;
        } else if (child.tag() == tags::partial) {
            out.partial = true;
        } else {
            out.status = sync_status::protocol_error;
        }
    }
    if (commands > limits.commands_max || names_one_twice(out.collections))
        out.status = sync_status::protocol_error;
    if (out.collections.empty() && !out.partial && out.status == sync_status::ok && !out.wait_seconds &&
        out.window == 0)
        out.status = sync_status::protocol_error;
    return out;
}

}  // namespace eas

#include "eas/state/records.hpp"

#include "eas/state/record_parts.hpp"

namespace eas {
namespace {

using store::WireReader;
using store::WireWriter;

void write_ids(WireWriter& out, const std::vector<base::FolderId>& ids) {
    out.varint(ids.size());
    for (const base::FolderId id : ids) out.u64(id.value);
}
std::vector<base::FolderId> read_ids(WireReader& in) {
    std::vector<base::FolderId> out;
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) out.emplace_back(in.u64());
    return out;
}

void write_known(WireWriter& out, const std::vector<KnownFolder>& folders) {
    out.varint(folders.size());
    for (const KnownFolder& folder : folders) {
        out.u64(folder.id.value);
        out.u64(folder.hash);
    }
}
std::vector<KnownFolder> read_known(WireReader& in) {
    std::vector<KnownFolder> out;
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        KnownFolder folder;
        folder.id = base::FolderId(in.u64());
        folder.hash = in.u64();
        out.push_back(folder);
    }
    return out;
}

void write_reply(WireWriter& out, const OutOfOffice::Reply& reply) {
    out.u8(reply.enabled ? 1 : 0);
    out.text(reply.text);
    out.text(reply.type);
}
OutOfOffice::Reply read_reply(WireReader& in) {
    OutOfOffice::Reply reply;
    reply.enabled = in.u8() != 0;
    reply.text = read_text(in);
    reply.type = read_text(in);
    return reply;
}

}  // namespace

std::string encode(const Device& device) {
    WireWriter out(format_device, 256);
    out.text(device.id);
    out.text(device.type);
    out.text(device.user_agent);
    out.varint(device.version);
    out.zigzag(device.first_seen);
    out.zigzag(device.last_seen);
    out.u8(static_cast<std::uint8_t>(device.access));
    for (const std::uint32_t key : {device.policy_key, device.temporary_key, device.previous_key})
        out.u32(key);
    const DeviceInformation& about = device.information;
    for (const std::string* text :
         {&about.model, &about.imei, &about.friendly_name, &about.os, &about.os_language, &about.phone_number,
          &about.mobile_operator, &about.user_agent})
        out.text(*text);
    out.varint(device.ping_seconds);
    write_ids(out, device.ping_folders);
    out.u8(device.sync_cached ? 1 : 0);
    write_ids(out, device.sync_folders);
    out.varint(device.sync_wait_seconds);
    out.varint(device.sync_window);
    out.varint(device.sent.size());
    for (const std::uint64_t hash : device.sent) out.u64(hash);
    // Rows of devices that nothing is demanded of end here.
    if (device.policy == 0 && device.offered_policy == 0) return std::move(out).seal();
    out.u64(device.policy);
    out.u64(device.offered_policy);
    return std::move(out).seal();
}

std::optional<Device> decode_device(std::string_view row) {
    WireReader in(row, format_device);
    Device device;
    device.id = read_text(in);
    device.type = read_text(in);
    device.user_agent = read_text(in);
    device.version = static_cast<std::uint16_t>(in.varint());
    device.first_seen = in.zigzag();
    device.last_seen = in.zigzag();
    const std::uint8_t access = in.u8();
    if (access > static_cast<std::uint8_t>(Device::Access::wiped)) in.fail();
    device.access = static_cast<Device::Access>(access);
    for (std::uint32_t* key : {&device.policy_key, &device.temporary_key, &device.previous_key})
        *key = in.u32();
    DeviceInformation& about = device.information;
    for (std::string* text : {&about.model, &about.imei, &about.friendly_name, &about.os, &about.os_language,
                              &about.phone_number, &about.mobile_operator, &about.user_agent})
        *text = read_text(in);
    device.ping_seconds = in.varint32();
    device.ping_folders = read_ids(in);
    device.sync_cached = in.u8() != 0;
    device.sync_folders = read_ids(in);
    device.sync_wait_seconds = in.varint32();
    device.sync_window = in.varint32();
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) device.sent.push_back(in.u64());
    if (in.left() != 0) {
        device.policy = in.u64();
        device.offered_policy = in.u64();
    }
    if (!in.done()) return std::nullopt;
    return device;
}

std::string encode(const Hierarchy& hierarchy) {
    WireWriter out(format_hierarchy, 16 + 16 * (hierarchy.before.size() + hierarchy.now.size()));
    write_key(out, hierarchy.key);
    // Most syncs find nothing new: then the generations are one.
    out.u8(hierarchy.before == hierarchy.now ? 1 : 0);
    write_known(out, hierarchy.now);
    if (hierarchy.before != hierarchy.now) write_known(out, hierarchy.before);
    return std::move(out).seal();
}

std::optional<Hierarchy> decode_hierarchy(std::string_view row) {
    WireReader in(row, format_hierarchy);
    Hierarchy hierarchy;
    hierarchy.key = read_key(in);
    const bool same = in.u8() != 0;
    hierarchy.now = read_known(in);
    hierarchy.before = same ? hierarchy.now : read_known(in);
    if (!in.done()) return std::nullopt;
    return hierarchy;
}

std::string encode(const OutOfOffice& oof) {
    WireWriter out(format_oof, 128);
    out.u8(oof.state);
    out.text(oof.start);
    out.text(oof.end);
    for (const OutOfOffice::Reply* reply : {&oof.internal, &oof.external_known, &oof.external_unknown})
        write_reply(out, *reply);
    return std::move(out).seal();
}

std::optional<OutOfOffice> decode_oof(std::string_view row) {
    WireReader in(row, format_oof);
    OutOfOffice oof;
    oof.state = in.u8();
    oof.start = read_text(in);
    oof.end = read_text(in);
    for (OutOfOffice::Reply* reply : {&oof.internal, &oof.external_known, &oof.external_unknown})
        *reply = read_reply(in);
    if (!in.done()) return std::nullopt;
    return oof;
}

std::string encode(const std::vector<MovedConversation>& moved) {
    WireWriter out(format_moved, 128);
    out.varint(moved.size());
    for (const MovedConversation& one : moved) {
        out.u64(one.conversation.value);
        out.u64(one.folder.value);
        out.zigzag(one.last_seen);
    }
    return std::move(out).seal();
}

std::optional<std::vector<MovedConversation>> decode_moved(std::string_view row) {
    WireReader in(row, format_moved);
    std::vector<MovedConversation> out;
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
        MovedConversation& one = out.emplace_back();
        one.conversation = base::ThreadId(in.u64());
        one.folder = base::FolderId(in.u64());
        one.last_seen = in.zigzag();
    }
    if (!in.done()) return std::nullopt;
    return out;
}

std::string encode(const AnsweredSender& answered) {
    WireWriter out(format_answered, 32);
    out.zigzag(answered.when);
    out.u64(answered.answer);
    return std::move(out).seal();
}

std::optional<AnsweredSender> decode_answered(std::string_view row) {
    WireReader in(row, format_answered);
    AnsweredSender out;
    out.when = in.zigzag();
    out.answer = in.u64();
    if (!in.done()) return std::nullopt;
    return out;
}

}  // namespace eas

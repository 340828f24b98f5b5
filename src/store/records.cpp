#include "store/records.hpp"

#include "store/wire_ranges.hpp"

namespace store {
namespace {

// One octet each, never used twice: a row of one kind is never taken for another.
constexpr std::uint8_t format_folder_header = 0x11, format_log = 0x13, format_garbage = 0x14,
                       format_move = 0x15;
constexpr std::uint8_t format_sharer = 0x26, format_item_subscription = 0x29;
constexpr std::uint8_t format_owner_alone = 0x28;  // of item subscriptions, before; owner 0: not wanted
constexpr std::uint8_t format_account_header = 0x21, format_folder_row = 0x22, format_tombstone = 0x23,
                       format_subscription = 0x24;

void write(WireWriter& out, FlagSet flags) {
    out.varint(flags.low());
    out.varint(flags.high());
}

FlagSet read_flags(WireReader& in) {
    const std::uint64_t low = in.varint();
    const std::uint64_t high = in.varint();
    return {low, high};
}

void write(WireWriter& out, const std::vector<MessageRef>& messages) {
    out.varint(messages.size());
    std::uint32_t uid = 0;
    std::uint64_t id = 0;
    for (const MessageRef& message : messages) {
        out.varint(message.uid.value - uid);
        out.zigzag(static_cast<std::int64_t>(message.id.value - id));
        uid = message.uid.value;
        id = message.id.value;
    }
}

std::vector<MessageRef> read_messages(WireReader& in) {
    std::vector<MessageRef> messages;
    const std::uint64_t count = in.varint();
    if (count > in.left()) in.fail();
    if (!in.ok()) return messages;
    messages.reserve(count);
    std::uint64_t uid = 0, id = 0;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        const std::uint32_t step = in.varint32();
        uid += step;
        id += static_cast<std::uint64_t>(in.zigzag());
        if (step == 0 || uid > 0xFFFFFFFFU) in.fail();
        messages.push_back(MessageRef{Uid(static_cast<std::uint32_t>(uid)), base::MessageId(id)});
    }
    return messages;
}

template <class Record>
std::optional<Record> finished(const WireReader& in, Record&& record) {
    if (!in.done()) return std::nullopt;
    return std::forward<Record>(record);
}

}  // namespace

std::string encode(const FolderHeader& header) {
    WireWriter out(format_folder_header, 128 + header.keywords.size() * 16);
    const FolderTotals& totals = header.totals;
    out.u32(header.account.value);
    out.u32(totals.uid_validity);
    out.u32(totals.uid_next.value);
    out.u64(totals.highest_modseq.value);
    out.u32(totals.exists);
    out.u32(totals.unseen);
    out.u32(totals.deleted);
    out.u64(totals.bytes);
    out.u64(totals.deleted_bytes);
    out.u64(header.log_floor.value);
    out.u32(header.recent_floor.value);
    out.u64(header.entries_xor);
    out.varint(header.keywords.size());
    for (unsigned i = 0; i < header.keywords.size(); ++i) out.text(header.keywords.name(i));
    return std::move(out).seal();
}

std::optional<FolderHeader> decode_folder_header(std::string_view value) {
    WireReader in(value, format_folder_header);
    FolderHeader header;
    FolderTotals& totals = header.totals;
    header.account = base::AccountId(in.u32());
    totals.uid_validity = in.u32();
    totals.uid_next = Uid(in.u32());
    totals.highest_modseq = ModSeq(in.u64());
    totals.exists = in.u32();
    totals.unseen = in.u32();
    totals.deleted = in.u32();
    totals.bytes = in.u64();
    totals.deleted_bytes = in.u64();
    header.log_floor = ModSeq(in.u64());
    header.recent_floor = Uid(in.u32());
    header.entries_xor = in.u64();
    const std::uint64_t names = in.varint();
    if (names > FlagSet::keywords_max) in.fail();
    for (std::uint64_t i = 0; i < names && in.ok(); ++i) {
        const std::string_view name = in.text();
        if (!valid_keyword(name) || header.keywords.find(name)) in.fail();
        if (in.ok() && header.keywords.add(name) != i) in.fail();
    }
    return finished(in, std::move(header));
}

std::string encode(const LogRow& row) {
    WireWriter out(format_log, 48 + row.uids.size() * 4);
    out.u8(static_cast<std::uint8_t>(row.op));
    out.u64(row.opid);
    out.zigzag(row.time);
    write(out, row.uids);
    if (row.op == LogOp::flags) {
        write(out, row.added);
        write(out, row.removed);
    }
    return std::move(out).seal();
}

std::optional<LogRow> decode_log(std::string_view value) {
    WireReader in(value, format_log);
    LogRow row;
    const std::uint8_t op = in.u8();
    if (op < 1 || op > 3) in.fail();
    row.op = static_cast<LogOp>(op);
    row.opid = in.u64();
    row.time = in.zigzag();
    row.uids = read_ranges(in);
    if (row.op == LogOp::flags) {
        row.added = read_flags(in);
        row.removed = read_flags(in);
    }
    return finished(in, std::move(row));
}

std::string encode(const Garbage& row) {
    WireWriter out(format_garbage, 32 + row.messages.size() * 8);
    out.zigzag(row.time);
    write(out, row.messages);
    return std::move(out).seal();
}

std::optional<Garbage> decode_garbage(std::string_view value) {
    WireReader in(value, format_garbage);
    Garbage row;
    row.time = in.zigzag();
    row.messages = read_messages(in);
    return finished(in, std::move(row));
}

std::string encode(const MoveIntent& row) {
    WireWriter out(format_move, 32 + row.messages.size() * 8);
    out.u64(row.source.value);
    out.u32(row.account.value);
    write(out, row.messages);
    return std::move(out).seal();
}

std::optional<MoveIntent> decode_move_intent(std::string_view value) {
    WireReader in(value, format_move);
    MoveIntent row;
    row.source = base::FolderId(in.u64());
    row.account = base::AccountId(in.u32());
    row.messages = read_messages(in);
    return finished(in, std::move(row));
}

std::string encode(const AccountHeader& header) {
    WireWriter out(format_account_header);
    out.u64(header.bytes_max);
    out.u64(header.messages_max);
    out.u32(header.uid_validity);
    out.zigzag(header.created);
    out.u8(header.removed ? 1 : 0);
    out.u64(header.opid);
    return std::move(out).seal();
}

std::optional<AccountHeader> decode_account_header(std::string_view value) {
    WireReader in(value, format_account_header);
    AccountHeader header;
    header.bytes_max = in.u64();
    header.messages_max = in.u64();
    header.uid_validity = in.u32();
    header.created = in.zigzag();
    const std::uint8_t removed = in.u8();
    if (removed > 1) in.fail();
    header.removed = removed == 1;
    header.opid = in.u64();
    return finished(in, std::move(header));
}

std::string encode(const FolderRow& row) {
    WireWriter out(format_folder_row);
    out.u64(row.parent.value);
    out.text(row.leaf);
    out.u8(static_cast<std::uint8_t>(row.use));
    out.u8(row.selectable ? 1 : 0);
    out.u32(row.uid_validity);
    if (row.kind != FolderKind::mail) {
        out.u8(static_cast<std::uint8_t>(row.kind));
        out.u8(row.first ? 1 : 0);
    }
    return std::move(out).seal();
}

std::optional<FolderRow> decode_folder_row(std::string_view value) {
    WireReader in(value, format_folder_row);
    FolderRow row;
    row.parent = base::FolderId(in.u64());
    row.leaf = in.text();
    const std::uint8_t use = in.u8();
    const std::uint8_t selectable = in.u8();
    row.uid_validity = in.u32();
    if (use > static_cast<std::uint8_t>(SpecialUse::snoozed) || selectable > 1) in.fail();
    row.use = static_cast<SpecialUse>(use);
    row.selectable = selectable == 1;
    if (in.left() != 0) {  // folders of mail end before it
        const std::uint8_t kind = in.u8();
        const std::uint8_t first = in.u8();
        if (kind == 0 || kind > static_cast<std::uint8_t>(FolderKind::notes) || first > 1) in.fail();
        row.kind = static_cast<FolderKind>(kind);
        row.first = first == 1;
    }
    return finished(in, std::move(row));
}

std::string encode_tombstone(std::int64_t time) {
    WireWriter out(format_tombstone);
    out.zigzag(time);
    return std::move(out).seal();
}

std::optional<std::int64_t> decode_tombstone(std::string_view value) {
    WireReader in(value, format_tombstone);
    std::int64_t time = in.zigzag();
    return finished(in, std::move(time));
}

std::string encode_sharer(base::AccountId owner) {
    WireWriter out(format_sharer);
    out.u32(owner.value);
    return std::move(out).seal();
}

std::optional<base::AccountId> decode_sharer(std::string_view value) {
    WireReader in(value, format_sharer);
    base::AccountId owner(in.u32());
    return finished(in, std::move(owner));
}

std::string encode(const ItemSubscription& row) {
    WireWriter out(format_item_subscription);
    out.u32(row.owner.value);
    out.u8(row.wanted ? 1 : 0);
    return std::move(out).seal();
}

std::optional<ItemSubscription> decode_item_subscription(std::string_view value) {
    ItemSubscription row;
    if (WireReader before(value, format_owner_alone); before.ok()) {
        row.owner = base::AccountId(before.u32());
        row.wanted = row.owner.value != 0;
        return finished(before, std::move(row));
    }
    WireReader in(value, format_item_subscription);
    row.owner = base::AccountId(in.u32());
    const std::uint8_t wanted = in.u8();
    if (wanted > 1) in.fail();
    row.wanted = wanted == 1;
    return finished(in, std::move(row));
}

std::string encode_subscription(std::string_view name) {
    WireWriter out(format_subscription);
    out.text(name);
    return std::move(out).seal();
}

std::optional<std::string> decode_subscription(std::string_view value) {
    WireReader in(value, format_subscription);
    std::string name(in.text());
    return finished(in, std::move(name));
}

}  // namespace store

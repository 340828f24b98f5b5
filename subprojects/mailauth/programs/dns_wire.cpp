#include "dns_wire.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "mailauth/domain.hpp"

namespace mailauth {

namespace {

constexpr std::size_t header_octets = 12;
constexpr unsigned type_cname = 5;
constexpr unsigned type_opt = 41;
constexpr unsigned cnames_max = 16;
constexpr unsigned jumps_max = 64;  // compression pointers in one name

/// Reads a DNS message from the front; a fault is kept, all reads behind it give zero.
class Reader {
public:
    explicit Reader(std::string_view octets, std::size_t at = 0) : octets_(octets), at_(at) {}
    bool good() const { return good_; }
    std::size_t at() const { return at_; }
    unsigned u8() { return at_ < octets_.size() ? static_cast<unsigned char>(octets_[at_++]) : miss(); }
    unsigned u16() {
        const unsigned high = u8();
        return high << 8U | u8();
    }
    void skip(std::size_t count) {
        if (octets_.size() - at_ < count)
            miss();
        else
            at_ += count;
    }
    std::string_view take(std::size_t count) {
        if (octets_.size() - at_ < count) {
            miss();
            return {};
        }
        at_ += count;
        return octets_.substr(at_ - count, count);
    }
    /// Lower case, no final dot; a label that holds a dot makes no good name.
    std::string name() {
        std::string out;
        std::optional<std::size_t> back;
        for (unsigned jumps = 0; good_;) {
            const unsigned length = u8();
            if (length == 0) break;
            if (length >= 0xc0) {
                const std::size_t target = (length & 0x3fU) << 8U | u8();
                if (!back) back = at_;
                if (++jumps > jumps_max || target >= octets_.size()) miss();
                at_ = target;
                continue;
            }
            const std::string_view label = take(length);
            if (length > 63 || label.find('.') != std::string_view::npos || out.size() + length > 254) miss();
            if (!out.empty()) out += '.';
            out += lower(label);
        }
        if (back) at_ = *back;
        return good_ ? out : std::string();
    }

private:
    unsigned miss() {
        good_ = false;
        at_ = octets_.size();
        return 0;
    }
    std::string_view octets_;
    std::size_t at_;
    bool good_ = true;
};

struct Record {
    std::string owner;
    unsigned type = 0;
    std::size_t at = 0;  // of its data
    std::size_t length = 0;
};

void append_u16(std::string& out, unsigned value) {
    out += static_cast<char>(value >> 8U & 0xffU);
    out += static_cast<char>(value & 0xffU);
}

bool read_data(std::string_view octets, const Record& record, Answer& answer) {
    Reader in(octets, record.at);
    const std::string_view data = octets.substr(record.at, record.length);
    switch (static_cast<DnsType>(record.type)) {
        case DnsType::a:
            if (data.size() != 4) return false;
            [[fallthrough]];
        case DnsType::aaaa: {
            std::array<std::uint8_t, 16> raw{};
            if (data.size() != 4 && data.size() != 16) return false;
            std::copy(data.begin(), data.end(), raw.begin());
            answer.addresses.push_back(data.size() == 16 ? IpAddress::v6(raw)
                                                         : IpAddress::v4({raw[0], raw[1], raw[2], raw[3]}));
            return true;
        }
        case DnsType::mx: {
            MxHost host;
            host.preference = static_cast<std::uint16_t>(in.u16());
            host.name = in.name();
            if (in.good()) answer.mx.push_back(std::move(host));
            return in.good();
        }
        case DnsType::ptr:
            answer.names.push_back(in.name());
            return in.good();
        case DnsType::txt: {
            std::string text;
            for (std::size_t at = 0; at < data.size();) {
                const std::size_t length = static_cast<unsigned char>(data[at]);
                if (at + 1 + length > data.size()) return false;
                text += data.substr(at + 1, length);
                at += 1 + length;
            }
            answer.texts.push_back(std::move(text));
            return true;
        }
    }
    return false;
}

/// Follows the aliases from the question's name and takes what stands at their end.
bool collect(std::string_view octets, const std::vector<Record>& records, const Query& query,
             Answer& answer) {
    std::string owner = query.name;
    for (unsigned hops = 0; hops <= cnames_max; ++hops) {
        const Record* alias = nullptr;
        bool any = false;
        for (const Record& record : records) {
            if (record.owner != owner) continue;
            if (record.type == type_cname) alias = &record;
            if (record.type != static_cast<unsigned>(query.type)) continue;
            if (!read_data(octets, record, answer)) return false;
            any = true;
        }
        if (any || alias == nullptr) return true;
        Reader in(octets, alias->at);
        owner = in.name();
        if (!in.good()) return false;
    }
    return false;  // a loop
}

}  // namespace

std::string encode_query(std::uint16_t id, const Query& query) {
    std::string out;
    append_u16(out, id);
    append_u16(out, 0x0120);  // recursion desired; AD: the resolver may say that it has validated (RFC 6840)
    append_u16(out, 1);
    append_u16(out, 0);
    append_u16(out, 0);
    append_u16(out, 1);
    for (std::size_t begin = 0; begin < query.name.size();) {
        const std::size_t end = std::min(query.name.find('.', begin), query.name.size());
        if (end == begin || end - begin > 63) return {};
        out += static_cast<char>(end - begin);
        out += query.name.substr(begin, end - begin);
        begin = end + 1;
    }
    if (out.size() > header_octets + 254) return {};
    out += '\0';
    append_u16(out, static_cast<unsigned>(query.type));
    append_u16(out, 1);
    out += '\0';  // OPT: the root, 1232 octets of UDP, no flags
    append_u16(out, type_opt);
    append_u16(out, 1232);
    out.append(6, '\0');
    return out;
}

Reply decode_reply(std::string_view octets, std::uint16_t id, const Query& query, Answer& answer) {
    answer = Answer();
    Reader in(octets);
    const bool ours = in.u16() == id;
    const unsigned flags = in.u16();
    const unsigned questions = in.u16();
    const unsigned count = in.u16();
    in.skip(4);
    if (!ours || (flags & 0x8000U) == 0 || questions != 1) return Reply::foreign;
    const std::string name = in.name();
    const unsigned type = in.u16();
    in.skip(2);
    if (!in.good() || name != query.name || type != static_cast<unsigned>(query.type)) return Reply::foreign;
    if ((flags & 0x0200U) != 0) return Reply::truncated;
    const unsigned code = flags & 15U;
    if (code != 0 && code != 3) return Reply::answered;  // temperror
    std::vector<Record> records;
    for (unsigned i = 0; i < count && in.good(); ++i) {
        Record record;
        record.owner = in.name();
        record.type = in.u16();
        const bool internet = in.u16() == 1;
        in.skip(4);
        record.length = in.u16();
        record.at = in.at();
        in.skip(record.length);
        if (in.good() && internet) records.push_back(std::move(record));
    }
    Answer collected;
    if (!in.good() || !collect(octets, records, query, collected)) return Reply::answered;
    const bool any = !collected.texts.empty() || !collected.addresses.empty() || !collected.mx.empty() ||
                     !collected.names.empty();
    answer = std::move(collected);
    answer.secure = (flags & 0x0020U) != 0;
    answer.status = any ? DnsStatus::found : code == 3 ? DnsStatus::nxdomain : DnsStatus::nodata;
    return Reply::answered;
}

}  // namespace mailauth

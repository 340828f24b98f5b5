// A libFuzzer target in one line, and answers of DNS made of its octets.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mailauth/dns.hpp"

void fuzz(std::string_view octets);

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    fuzz({reinterpret_cast<const char*>(data), size});
    return 0;
}

/// A property that must hold.
inline void must(bool holds) {
    if (!holds) std::abort();
}

/// Lines of the input, one after the other; what they mean depends on the question.
class Script : public mailauth::Resolver {
public:
    explicit Script(std::string_view lines) : lines_(lines) {}
    unsigned asked = 0;

    mailauth::Answer resolve(const mailauth::Query& query) override {
        ++asked;
        mailauth::Answer answer;
        const std::string_view line = next();
        if (line.empty()) {
            answer.status = mailauth::DnsStatus::nxdomain;
            return answer;
        }
        answer.status = mailauth::DnsStatus::found;
        const auto ip = mailauth::IpAddress::parse(line);
        switch (query.type) {
            case mailauth::DnsType::txt:
                answer.texts.emplace_back(line);
                break;
            case mailauth::DnsType::ptr:
                answer.names.emplace_back(line);
                break;
            case mailauth::DnsType::mx:
                for (char i = 0; i < line.front() % 13; ++i) answer.mx.push_back({1, std::string(line)});
                break;
            default:
                if (ip)
                    answer.addresses.push_back(*ip);
                else
                    answer.status = mailauth::DnsStatus::temperror;
        }
        return answer;
    }
    std::string_view next() {
        const std::size_t end = std::min(lines_.find('\n'), lines_.size());
        const std::string_view line = lines_.substr(0, end);
        lines_.remove_prefix(std::min(end + 1, lines_.size()));
        return line;
    }
    std::string_view rest() const { return lines_; }

private:
    std::string_view lines_;
};

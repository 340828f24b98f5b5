#include "smtp/syntax/reply.hpp"

#include "smtp/syntax/chars.hpp"

namespace smtp {
namespace {

void append_safe(std::string& out, std::string_view text) {
    for (const char c : text) out += is_control(c) ? '?' : c;
}

void append_code(std::string& out, std::uint16_t code, char separator) {
    out += char('0' + code / 100 % 10);
    out += char('0' + code / 10 % 10);
    out += char('0' + code % 10);
    out += separator;
}

}  // namespace

void write_reply(std::string& out, std::uint16_t code, std::string_view status, std::string_view text) {
    append_code(out, code, ' ');
    out += status;
    if (!status.empty()) out += ' ';
    append_safe(out, text);
    out += "\r\n";
}

void write_line(std::string& out, std::uint16_t code, bool last, std::string_view text) {
    append_code(out, code, last ? ' ' : '-');
    append_safe(out, text);
    out += "\r\n";
}

}  // namespace smtp

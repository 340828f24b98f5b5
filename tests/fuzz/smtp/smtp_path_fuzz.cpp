// Paths and parameters: what is read and written reads the same, and holds no octet that could break a line.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "smtp/syntax/parameters.hpp"
#include "smtp/syntax/path.hpp"
#include "smtp/syntax/xtext.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    smtp::Cursor in(input);
    const auto path = smtp::parse_forward_path(in);
    if (path) {
        const std::string address = path->address();
        for (const char c : address)
            if (smtp::is_control(c)) std::abort();
        const std::string again = "<" + address + ">";
        if (again.size() <= smtp::PathLimits::path_max) {  // quotes that are needed may make it longer
            smtp::Cursor second(again);
            const auto twice = smtp::parse_forward_path(second);
            if (!twice || !(*twice == *path) || !second.done()) std::abort();
        }
    }
    smtp::Cursor reverse(input);
    const auto from = smtp::parse_reverse_path(reverse);
    if (path && !path->domain.empty() && !from) std::abort();  // what may receive may send
    smtp::Cursor mail(input), rcpt(input);
    const auto mail_parameters = smtp::parse_mail_parameters(mail);
    const auto rcpt_parameters = smtp::parse_rcpt_parameters(rcpt);
    if (!mail_parameters && mail_parameters.error().code() < 500) std::abort();
    if (!rcpt_parameters && rcpt_parameters.error().code() < 500) std::abort();
    if (const auto text = smtp::decode_xtext(input)) {
        if (text->size() > input.size()) std::abort();
    }
    return 0;
}

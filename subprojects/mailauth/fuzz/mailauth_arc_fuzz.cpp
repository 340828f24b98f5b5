#include "mailauth/arc.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    Script script(octets);
    const std::string message = mailauth::with_crlf(octets);
    (void)mailauth::verify_arc(message, script, {});
    must(script.asked <= 100);
}

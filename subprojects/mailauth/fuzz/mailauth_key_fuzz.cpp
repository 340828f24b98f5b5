#include "crypto.hpp"
#include "mailauth/dkim_key.hpp"
#include "target.hpp"

void fuzz(std::string_view octets) {
    const mailauth::DkimKeyRecord record = mailauth::parse_dkim_key_record(octets);
    if (record.fault.empty()) {
        (void)mailauth::read_rsa_key(record.key);
        (void)mailauth::read_ed25519_key(record.key);
    }
    (void)mailauth::read_rsa_key(octets);
    std::string fault;
    (void)mailauth::DkimKey::from_pem(octets, fault);
}

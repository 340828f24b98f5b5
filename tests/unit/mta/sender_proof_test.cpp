// What our own Authentication-Results say of the sender of an envelope.
#include "mta/sender_proof.hpp"

#include <gtest/gtest.h>

#include "mailauth/auth_results.hpp"

namespace mta {
namespace {

SenderProof proof(const std::string& results, const std::string& sender = "anna@example.org") {
    return sender_proof("Received: from x\r\nAuthentication-Results: mx.ours.test; " + results + "\r\n",
                        "mx.ours.test", sender);
}

TEST(SenderProof, OfItsDomainAlone) {
    for (const char* results :
         {"spf=pass smtp.mailfrom=anna@example.org", "spf=pass smtp.mailfrom=Example.ORG",
          "spf=fail smtp.mailfrom=anna@example.org; dkim=pass header.d=example.org",
          "dkim=fail header.d=example.org;\r\n dkim=pass header.d=example.org header.s=s",
          "spf=softfail smtp.mailfrom=example.org; dmarc=pass header.from=example.org"})
        EXPECT_EQ(proof(results), SenderProof::proven) << results;
    for (const char* results :
         {"none", "spf=none smtp.mailfrom=anna@example.org", "spf=temperror smtp.mailfrom=anna@example.org",
          "spf=pass smtp.helo=example.org", "spf=pass smtp.mailfrom=anna@other.test",
          "spf=fail smtp.mailfrom=anna@other.test", "dkim=pass header.d=notexample.org",
          "dkim=pass header.d=mail.example.org", "dkim=fail header.d=example.org",
          "dmarc=pass header.from=other.test", "dmarc=fail header.from=other.test",
          "arc=pass header.d=example.org"})
        EXPECT_EQ(proof(results), SenderProof::unproven) << results;
    for (const char* results :
         {"spf=fail smtp.mailfrom=anna@example.org", "spf=softfail smtp.mailfrom=example.org; dkim=none",
          "spf=none smtp.mailfrom=example.org; dmarc=fail header.from=example.org",
          "spf=fail smtp.mailfrom=example.org; dkim=pass header.d=other.test"})
        EXPECT_EQ(proof(results), SenderProof::disproven) << results;
    EXPECT_EQ(proof("dkim=pass header.d=example.org", "anna@mail.example.org"), SenderProof::proven);
    EXPECT_EQ(proof("dkim=pass header.d=", "anna@example.org"), SenderProof::unproven);
    EXPECT_EQ(proof("spf=pass smtp.mailfrom=", ""), SenderProof::unproven);
    for (const char* sender : {"", "anna"}) {  // SPF looked at the name in HELO
        EXPECT_EQ(proof("spf=pass smtp.helo=example.org", sender), SenderProof::unproven);
        EXPECT_EQ(proof("spf=fail smtp.helo=example.org", sender), SenderProof::unproven);
    }
    EXPECT_EQ(proof("spf=pass smtp.mailfrom"), SenderProof::unproven) << "ours, and not to be read";
}

TEST(SenderProof, ByOurOwnWordAlone) {
    EXPECT_EQ(sender_proof("Received: from x\r\n", "mx.ours.test", "anna@example.org"),
              SenderProof::unchecked);
    EXPECT_EQ(sender_proof("Authentication-Results: other.test; spf=pass smtp.mailfrom=example.org\r\n",
                           "mx.ours.test", "anna@example.org"),
              SenderProof::unchecked);
    EXPECT_EQ(sender_proof("Authentication-Results: ;;\r\n", "mx.ours.test", "anna@example.org"),
              SenderProof::unchecked);
    // The first of them is ours.
    EXPECT_EQ(sender_proof("Authentication-Results: MX.ours.test; spf=none smtp.mailfrom=example.org\r\n"
                           "Authentication-Results: mx.ours.test; spf=pass smtp.mailfrom=example.org\r\n",
                           "mx.ours.test", "anna@example.org"),
              SenderProof::unproven);
}

/// As it is written by us, whatever stands in the address.
TEST(SenderProof, ReadsWhatIsWritten) {
    mailauth::SpfRequest request;
    request.helo = "x.test";
    mailauth::SpfResult spf;
    spf.status = mailauth::SpfStatus::pass;
    for (const char* sender : {"anna@example.org", "\"a;b = (c\"@example.org", "a=b/c+d@example.org"}) {
        request.mail_from = sender;
        mailauth::AuthResults results;
        results.authserv_id = "mx.ours.test";
        results.methods.push_back(mailauth::auth_method(request, spf));
        EXPECT_EQ(sender_proof(mailauth::write_auth_results(results), "mx.ours.test", sender),
                  SenderProof::proven)
            << sender;
    }
}

}  // namespace
}  // namespace mta

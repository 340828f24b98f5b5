// Settings of who a message is from: what strangers must prove, and how our own mail proves itself.
#include <array>

#include "config/key_tables.hpp"

namespace config {
namespace {

const std::array table{
    Key{"mta.check_senders",
        Type::boolean,
        "true",
        {},
        "Whether SPF, DKIM, DMARC and ARC of strangers' mail on port 25 are looked at; the result stands in "
        "its "
        "Authentication-Results.",
        [](Config& c, const Value& v) { c.mta.check_senders = v.yes; }},
    Key{"mta.check_loopback",
        Type::boolean,
        "false",
        {},
        "Whether that is done with mail of this machine's programs too.",
        [](Config& c, const Value& v) { c.mta.check_loopback = v.yes; }},
    Key{"mta.trusted_networks",
        Type::list,
        "",
        {},
        "Networks whose mail is not checked: other servers of ours that have done it (\"192.0.2.0/24\").",
        [](Config& c, const Value& v) { c.mta.trusted_networks = v.list; }},
    Key{"mta.dmarc",
        Type::choice,
        "apply",
        {0, 0, "apply junk note"},
        "What is done with mail that fails DMARC, where its domain wants something done. apply: \"reject\" "
        "is "
        "refused, \"quarantine\" goes to Junk. junk: both go to Junk. note: the header says it, no more.",
        [](Config& c, const Value& v) { c.mta.dmarc = v.text; }},
    Key{"mta.refuse_spf_fail",
        Type::boolean,
        "false",
        {},
        "Whether mail is refused that SPF says \"fail\" of and DMARC does not speak for. Forwarded mail does "
        "that.",
        [](Config& c, const Value& v) { c.mta.refuse_spf_fail = v.yes; }},
    Key{"mta.own_senders_need_proof",
        Type::boolean,
        "true",
        {},
        "Whether strangers' mail from an address of our own domains is refused unless SPF or DMARC passes.",
        [](Config& c, const Value& v) { c.mta.own_senders_need_proof = v.yes; }},
    Key{"mta.answer_unproven",
        Type::boolean,
        "true",
        {},
        "Whether out-of-office answers go to senders of whom neither SPF nor a signature nor DMARC says that "
        "they are who they say, once a week. Never to those whose domain denies the mail.",
        [](Config& c, const Value& v) { c.mta.answer_unproven = v.yes; }},
    Key{"mta.arc_trusted",
        Type::list,
        "",
        {},
        "Domains whose ARC seal is believed: what they passed on is not refused for what broke on its way.",
        [](Config& c, const Value& v) { c.mta.arc_trusted = v.list; }},
    Key{"mta.sts_policy",
        Type::choice,
        "testing",
        {0, 0, "none testing enforce"},
        "What our HTTPS listeners tell other servers that ask at mta-sts.DOMAIN how mail to our domains is "
        "to be "
        "brought (RFC 8461): enforce: only by TLS with a certificate for hostname that they trust.",
        [](Config& c, const Value& v) { c.mta.sts_policy = v.text; }},
    Key{"mta.meetings",
        Type::choice,
        "add",
        {0, 0, "add change ignore"},
        "What becomes of mail about meetings (text/calendar) in the calendars of our mailboxes as it is "
        "delivered: "
        "add: a request is a tentative event there, answers and cancellations are noted; change: only events "
        "that are there already are changed; ignore: only what users do themselves counts.",
        [](Config& c, const Value& v) { c.mta.meetings = v.text; }},
    Key{"mta.sign",
        Type::boolean,
        "true",
        {},
        "Whether mail of our users, and our own reports, are signed with the active keys of their domain "
        "(`barid "
        "dkim`).",
        [](Config& c, const Value& v) { c.mta.sign = v.yes; }},
    Key{"mta.srs",
        Type::boolean,
        "true",
        {},
        "Whether strangers' mail that a mailbox or group here sends on to other hosts gets a return address "
        "of "
        "ours (SRS), so that SPF holds there and bounces find back.",
        [](Config& c, const Value& v) { c.mta.srs = v.yes; }},
    Key{"mta.srs_domain",
        Type::text,
        "",
        {},
        "The domain of such return addresses; its MX must lead here. Empty: hostname.",
        [](Config& c, const Value& v) { c.mta.srs_domain = v.text; }},
    Key{"mta.arc_seal",
        Type::boolean,
        "true",
        {},
        "Whether strangers' mail that is sent on gets an ARC seal (RFC 8617) by an active DKIM key of the "
        "domain that sends it on: the next host sees what we found out about its sender. `barid domain set "
        "--arc-seal` says so for one domain.",
        [](Config& c, const Value& v) { c.mta.arc_seal = v.yes; }},
    Key{"mta.dmarc_reports",
        Type::boolean,
        "true",
        {},
        "Whether domains that ask for it by DNS are told each day how mail from them fared here (RFC 9990).",
        [](Config& c, const Value& v) { c.mta.dmarc_reports = v.yes; }},
    Key{"mta.report_organization",
        Type::text,
        "",
        {},
        "Who such reports, and those about TLS, say that they are from; empty: hostname.",
        [](Config& c, const Value& v) { c.mta.report_organization = v.text; }},
    Key{"mta.report_contact",
        Type::text,
        "",
        {},
        "The address that they come from; of a domain with DKIM keys, so that they are believed. Empty: "
        "postmaster@hostname.",
        [](Config& c, const Value& v) { c.mta.report_contact = v.text; }},
    Key{"mta.report_addresses",
        Type::list,
        "",
        {},
        "Addresses of our domains that others send reports to (rua= in DNS): DMARC and TLS reports that come "
        "for them are read for `barid dmarc report` and `barid tls report`. They need no mailbox; one that "
        "is "
        "there has the mail too.",
        [](Config& c, const Value& v) { c.mta.report_addresses = v.list; }},
};

}  // namespace

std::span<const Key> sender_keys() { return table; }

}  // namespace config

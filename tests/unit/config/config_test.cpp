#include "config/config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace config {
namespace {

/// All problems, errors first to last, each as an operator sees it; warnings of a good configuration too.
std::vector<std::string> problems(std::string_view text) {
    const auto parsed = parse(text, "b.toml");
    std::vector<std::string> out;
    for (const Problem& one : parsed ? parsed->warnings : parsed.error()) {
        if (one.line != 0) out.push_back(to_string(one));
    }
    return out;
}

using Lines = std::vector<std::string>;

struct Fault {
    std::string text, expected;
};

TEST(Config, EveryFaultHasItsPlace) {
    const std::string host = "hostname = \"mail.example.test\"\n";
    const Fault faults[] = {
        {"", "b.toml:1:1: error: 'hostname' is not set: the name of this server"},
        {"hostname = \"-bad-\"", "b.toml:1:1: error: 'hostname' is not a host name: \"-bad-\""},
        {"hostname = 5", "b.toml:1:12: error: 'hostname' must be a text, not a number"},
        {host + "hostnam = \"x\"", "b.toml:2:1: error: unknown key 'hostnam'; the nearest is 'hostname'"},
        {host + "[store]\npth = \"/x\"",
         "b.toml:3:1: error: unknown key 'store.pth'; the nearest is 'store.path'"},
        {host + "[stor]\npath = \"/x\"", "b.toml:2:2: error: unknown table 'stor'; the nearest is 'store'"},
        {host + "zzzzzzzzzzzz = 1", "b.toml:2:1: error: unknown key 'zzzzzzzzzzzz'"},
        {host + "store = 1", "b.toml:2:1: error: 'store' must be a table, not a whole number"},
        {host + "store.path = [\"/x\"]",
         "b.toml:2:14: error: 'store.path' must be a path (relative ones start at the file's folder), not a "
         "list"},
        {host + "store.cache = \"12 parsecs\"",
         "b.toml:2:15: error: 'store.cache' must be a size with a unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, "
         "TB)"},
        {host + "store.cache = 1", "b.toml:2:15: error: 'store.cache' must be at least 1MiB"},
        {host + "store.cache = 1.5",
         "b.toml:2:15: error: 'store.cache' must be a size (\"64MiB\", or a number of octets), not a number "
         "with a "
         "fraction"},
        {host + "auth.scram = \"true\"",
         "b.toml:2:14: error: 'auth.scram' must be true or false, not a text"},
        {host + "auth.penalty_max = true",
         "b.toml:2:20: error: 'auth.penalty_max' must be a time (\"30m\", or a number of seconds), not true "
         "or false"},
        {host + "auth.hashing_threads = 0", "b.toml:2:24: error: 'auth.hashing_threads' must be at least 1"},
        {host + "auth.hashing_threads = 99999",
         "b.toml:2:24: error: 'auth.hashing_threads' must be at most 256"},
        {host + "[oauth]\nkeys_url = \"http://issuer.example/keys\"\nissuer = \"i\"\naudience = \"a\"",
         "b.toml:3:1: error: 'oauth.keys_url' must be an https URL (http on this machine only), not "
         "\"http://issuer.example/keys\""},
        {host + "[oauth]\nkeys_url = \"https://issuer.example/keys\"\naudience = \"a\"",
         "b.toml:3:1: error: 'oauth.issuer' is not set: a token of any issuer with these keys would do"},
        {host + "[oauth]\nkeys_url = \"http://localhost:8080/keys\"\nissuer = \"i\"",
         "b.toml:3:1: error: 'oauth.audience' is not set: tokens for other services would do"},
        {host + "[oauth]\nintrospection_url = \"http://127.0.0.1.example/\"",
         "b.toml:3:1: error: 'oauth.introspection_url' must be an https URL (http on this machine only), not "
         "\"http://127.0.0.1.example/\""},
        {host + "[oauth]\nintrospection_url = \"https://x/\"\nscope = \"a b\"",
         "b.toml:4:1: error: 'oauth.scope' is one scope, without blanks"},
        {host + "[oauth]\nintrospection_url = \"https://x/\"\nintrospection_client = \"b\"",
         "b.toml:4:1: error: 'oauth.introspection_client' and 'oauth.introspection_secret_file' go together"},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"lmtp\"\naddress = \"*:24\"\ntls = "
                "\"none\"\nallow = [\"192.0.2\"]",
         "b.toml:7:1: error: 'listener.allow' has no address, network or name: \"192.0.2\""},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"lmtp\"\naddress = \"*:24\"\ntls = "
                "\"none\"\ndeny = [\"192.0.2.0/24\", \"2001:db8::/32\", \".example\", \"a b\"]",
         "b.toml:7:1: error: 'listener.deny' has no address, network or name: \"a b\""},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"imap\"\naddress = \"*:143\"\ntls = "
                "\"none\"\nallow_users = [\"@acme.test\", \"\"]",
         "b.toml:7:1: error: 'listener.allow_users' has no user: \"\""},
        {host + "smtp.recipients_max = 1979-05-27",
         "b.toml:2:23: error: 'smtp.recipients_max' must be a whole number, not a date or time"},
        {host + "log.level = \"loud\"",
         "b.toml:2:13: error: 'log.level' must be one of trace, debug, info, warn, error, off"},
        {host + "log.modules = { imap = \"loud\" }",
         "b.toml:2:15: error: 'log.modules' the level of 'imap' must be one of trace, debug, info, warn, "
         "error, off"},
        {host + "log.modules = \"debug\"",
         "b.toml:2:15: error: 'log.modules' must be a table of modules and levels, not a text"},
        {host + "include = [1]",
         "b.toml:2:11: error: 'include' must be a list of texts, not of a whole number"},
        {host + "include = \"none.toml\"", "b.toml:2:1: error: cannot read 'none.toml': no such file"},
        {host + "tls.certificate = \"/dev/null\"\ntls.key = 1",
         "b.toml:3:11: error: 'tls.key' must be a path (relative ones start at the file's folder), not a "
         "number"},
        {host + "listener = 5", "b.toml:2:1: error: listeners are written as [[listener]]"},
        {host + "[listener]\nname = \"x\"", "b.toml:2:2: error: listeners are written as [[listener]]"},
        {host + "[[listener]]\nnam = \"x\"\nname = \"a\"\nprotocol = \"imap\"\naddress = \"*:1\"",
         "b.toml:3:1: error: unknown key 'listener.nam'; the nearest is 'listener.name'"},
        {host + "[[listener]]\nprotocol = \"imap\"\naddress = \"*:1\"",
         "b.toml:2:1: error: 'listener.name' is not set"},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"gopher\"\naddress = \"*:1\"",
         "b.toml:4:12: error: 'listener.protocol' must be one of imap, pop3, smtp, submission, lmtp, http"},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"imap\"",
         "b.toml:2:1: error: 'listener.address' is not set"},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"imap\"\naddress = []",
         "b.toml:5:1: error: 'listener.address' is not set"},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"lmtp\"\naddress = \"*:24\"\ntls = \"implicit\"",
         "b.toml:6:1: error: LMTP has no implicit TLS"},
    };
    for (const Fault& fault : faults) {
        const Lines found = problems(fault.text);
        ASSERT_FALSE(found.empty()) << fault.text;
        EXPECT_NE(std::ranges::find(found, fault.expected), found.end())
            << fault.text << "\nexpected " << fault.expected << "\nfound    " << found.front();
        EXPECT_FALSE(parse(fault.text, "b.toml")) << fault.text;
    }
}

TEST(Config, AllFaultsAreToldNotOnlyTheFirst) {
    EXPECT_EQ(problems("hostnam = 1\nlog.level = \"x\"\nauth.scram = 3\n").size(), 4U);
}

TEST(Config, BrokenToml) {
    for (const char* text : {"hostname = ", "hostname = \"a", "[store", "a = 1\na = 2", "\xFF", "x = [1,"}) {
        const auto parsed = parse(text, "b.toml");
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().front().file, "b.toml");
        EXPECT_GE(parsed.error().front().line, 1U);
    }
}

TEST(Config, AddressesOfListeners) {
    const auto one = [](std::string_view first, std::string_view second) {
        std::string text = "hostname = \"m.test\"\n";
        int number = 0;
        for (const std::string_view address : {first, second}) {
            text += "[[listener]]\nname = \"l" + std::to_string(number++) +
                    "\"\nprotocol = \"imap\"\ntls = \"none\"\naddress = \"" + std::string(address) + "\"\n";
        }
        const Lines found = problems(text);
        return found.empty() ? std::string() : found.front();
    };
    for (const auto& [a, b] : {std::pair("*:143", "*:993"), std::pair("127.0.0.1:143", "127.0.0.2:143"),
                               std::pair("[::1]:143", "127.0.0.1:143"), std::pair("unix:/a", "unix:/b"),
                               std::pair("127.0.0.1:0", "*:0"), std::pair("localhost:143", "*:65535")}) {
        EXPECT_EQ(one(a, b), "") << a << ' ' << b;
    }
    EXPECT_EQ(one("*:143", "*:143"), "b.toml:11:1: error: *:143 is listener 'l0' already");
    EXPECT_EQ(one("*:143", "127.0.0.1:143"),
              "b.toml:11:1: error: 127.0.0.1:143 and *:143 cannot both be listened on");
    for (const char* bad : {"143", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:143",
                            "[127.0.0.1]:1", ":143", "unix:", "a b:1", "*:-1"}) {
        EXPECT_EQ(one("*:1", bad),
                  std::string("b.toml:11:1: error: not an address with a port: \"") + bad + "\"")
            << bad;
    }
}

TEST(Config, WarningsHaveTheirPlaceToo) {
    const std::string host = "hostname = \"mail.example.test\"\n";
    const Fault odd[] = {
        {host + "[oauth]\nissuer = \"i\"",
         "b.toml:3:1: warning: none of 'oauth.keys_url', 'oauth.keys_file' and 'oauth.introspection_url' is "
         "set: no tokens are taken"},
        {host + "auth.ntlm_v1 = true",
         "b.toml:2:6: warning: 'auth.ntlm_v1' says nothing without 'auth.ntlm'"},
        {host + "auth.ntlm = true\nauth.ntlm_v1 = true",
         "b.toml:3:6: warning: NTLMv1 is broken: who records one login has the NT hash, and with it the "
         "mailbox, within hours. Switch 'auth.ntlm_v1' off as soon as the last client can do better"},
        {host + "[[listener]]\nname = \"a\"\nprotocol = \"imap\"\naddress = \"*:143\"\ntls = "
                "\"none\"\nidle_max = \"5m\"",
         "b.toml:7:1: warning: 'listener.idle_max' is less than the 30 minutes that the RFC of imap asks "
         "for"},
    };
    for (const Fault& one : odd) EXPECT_EQ(problems(one.text), Lines{one.expected}) << one.text;
}

TEST(Config, ListenerNamesAreUnique) {
    const Lines found = problems(
        "hostname = \"m.test\"\n[[listener]]\nname = \"a\"\nprotocol = \"imap\"\naddress = \"*:1\"\n"
        "[[listener]]\nname = \"a\"\nprotocol = \"pop3\"\naddress = \"*:2\"\n");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front(), "b.toml:7:1: error: there is a listener 'a' already");
}

TEST(Config, ValuesArrive) {
    const auto parsed = parse(R"(
hostname = "mail.example.test"
[store]
path = "data"
cache = "1GiB"
[log]
level = "debug"
format = "json"
modules = { imap = "trace" }
[limits]
message_size = 1_000_000
[auth]
plain_text_without_tls = true
penalty_first = "500ms"
verified_cache = 60
[[listener]]
name = "imaps"
protocol = "imap"
address = ["127.0.0.1:1993", "[::1]:1993"]
tls = "implicit"
certificate = "../../dev/null"
key = "/dev/null"
proxy_trusted = ["192.0.2.0/24"]
connections_max = 5
)",
                              "/etc/barid/b.toml");
    ASSERT_TRUE(parsed) << to_string(parsed.error().front());
    EXPECT_EQ(parsed->hostname, "mail.example.test");
    EXPECT_EQ(parsed->store.path, "/etc/barid/data");
    EXPECT_EQ(parsed->store.cache_bytes, 1U << 30U);
    EXPECT_EQ(parsed->log.level, "debug");
    EXPECT_EQ(parsed->log.format, "json");
    ASSERT_EQ(parsed->log.modules.size(), 1U);
    EXPECT_EQ(parsed->log.modules[0].second, "trace");
    EXPECT_EQ(parsed->limits.message_bytes, 1'000'000U);
    EXPECT_TRUE(parsed->auth.plain_text_without_tls);
    EXPECT_EQ(parsed->auth.penalty_first, std::chrono::milliseconds(500));
    EXPECT_EQ(parsed->auth.verified_cache, std::chrono::seconds(60));
    EXPECT_EQ(parsed->auth.penalty_max, std::chrono::seconds(15));
    ASSERT_EQ(parsed->listeners.size(), 1U);
    const Listener& one = parsed->listeners[0];
    EXPECT_EQ(one.addresses.size(), 2U);
    EXPECT_EQ(one.tls, "implicit");
    EXPECT_EQ(one.certificate, "/dev/null");
    EXPECT_EQ(one.proxy_trusted, Lines{"192.0.2.0/24"});
    EXPECT_EQ(one.connections_max, 5U);
    EXPECT_EQ(one.connections_per_ip_max, 100U);
    EXPECT_EQ(one.output_stall_max, std::chrono::minutes(5));
    EXPECT_TRUE(parsed->warnings.empty());
}

TEST(Config, NodesArrive) {
    const auto parsed = parse(R"(
hostname = "mail.example.test"
[relay]
secret_file = "/dev/null"
[[node]]
name = "b1"
host = "b1.example.test"
client_address = "proxy"
[[node]]
name = "old"
host = "192.0.2.9"
imap_port = 143
tls = "starttls"
pins = "abc"
login = "master"
master_user = "frontend"
secret_file = "../../dev/null"
)",
                              "/etc/barid/b.toml");
    ASSERT_TRUE(parsed) << to_string(parsed.error().front());
    EXPECT_EQ(parsed->relay.secret_file, "/dev/null");
    ASSERT_EQ(parsed->nodes.size(), 2U);
    const Node& first = parsed->nodes[0];
    EXPECT_EQ(first.name, "b1");
    EXPECT_EQ(first.host, "b1.example.test");
    EXPECT_EQ(first.imap_port, 993);
    EXPECT_EQ(first.pop3_port, 995);
    EXPECT_EQ(first.submission_port, 465);
    EXPECT_EQ(first.tls, "implicit");
    EXPECT_EQ(first.login, "shared");
    EXPECT_EQ(first.client_address, "proxy");
    const Node& second = parsed->nodes[1];
    EXPECT_EQ(second.imap_port, 143);
    EXPECT_EQ(second.tls, "starttls");
    EXPECT_EQ(second.pins, Lines{"abc"});
    EXPECT_EQ(second.master_user, "frontend");
    EXPECT_EQ(second.secret_file, "/dev/null");
    const auto shown = std::ranges::find(parsed->settings, "node[1].tls", &Setting::key);
    ASSERT_NE(shown, parsed->settings.end());
    EXPECT_EQ(shown->origin, "/etc/barid/b.toml:13");
    const Problem problem = problem_of(*parsed, "node[1].tls", "odd");
    EXPECT_EQ(to_string(problem), "/etc/barid/b.toml:13:1: error: odd");
    EXPECT_EQ(problem_of(*parsed, "node[0].tls", "odd").line, 0U);
}

TEST(Config, FiltersArrive) {
    const auto parsed = parse(R"(
hostname = "mail.example.test"
[clamd]
address = "unix:/run/clamd.ctl"
on_virus = "quarantine"
[pickup]
program = ["/bin/look", "-x"]
[[milter]]
name = "dkim"
address = "127.0.0.1:8891"
when_down = "accept"
[[dnsbl]]
zone = "good.example"
weight = -3
codes = ["127.0.0.2"]
[[blacklist]]
senders = ["spam.example"]
domains = ["acme.test"]
[[rule]]
name = "one"
match = "any"
if = ["size over 1MiB", "header X-A exists"]
do = ["junk"]
[[rule]]
name = "two"
do = "stop"
)",
                              "b.toml");
    ASSERT_TRUE(parsed) << to_string(parsed.error().front());
    EXPECT_EQ(parsed->clamd.address, "unix:/run/clamd.ctl");
    EXPECT_EQ(parsed->clamd.on_virus, "quarantine");
    EXPECT_EQ(parsed->clamd.when_down, "tempfail");
    EXPECT_EQ(parsed->rspamd.when_down, "accept");
    EXPECT_FALSE(parsed->greylist.enabled);
    EXPECT_EQ(parsed->pickup.program, (Lines{"/bin/look", "-x"}));
    ASSERT_EQ(parsed->milters.size(), 1U);
    EXPECT_EQ(parsed->milters[0].address, "127.0.0.1:8891");
    EXPECT_EQ(parsed->milters[0].when_down, "accept");
    EXPECT_EQ(parsed->milters[0].answer_max, std::chrono::minutes(1));
    ASSERT_EQ(parsed->dnsbls.size(), 1U);
    EXPECT_EQ(parsed->dnsbls[0].weight, -3);
    EXPECT_EQ(parsed->dnsbls[0].codes, Lines{"127.0.0.2"});
    ASSERT_EQ(parsed->blacklists.size(), 1U);
    EXPECT_EQ(parsed->blacklists[0].domains, Lines{"acme.test"});
    ASSERT_EQ(parsed->rules.size(), 2U);
    EXPECT_TRUE(parsed->rules[0].any);
    EXPECT_EQ(parsed->rules[0].conditions, (Lines{"size over 1MiB", "header X-A exists"}));
    EXPECT_EQ(parsed->rules[1].actions, Lines{"stop"});
    EXPECT_EQ(to_string(problem_of(*parsed, "rule[0].if", "odd")), "b.toml:22:1: error: odd");
    const auto wrong = parse("hostname = \"a.test\"\n[[rule]]\nname = \"x\"\n[rspamd]\nurl = 5", "b.toml");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(to_string(wrong.error()[0]), "b.toml:2:1: error: 'rule.do' is not set");
}

TEST(Config, OnlyTheHostnameIsNeeded) {
    const auto parsed = parse("hostname = \"mail.example.test\"", "b.toml");
    ASSERT_TRUE(parsed);
    Lines seen;
    for (const Listener& one : parsed->listeners)
        seen.push_back(one.name + ' ' + one.addresses[0] + ' ' + one.tls);
    EXPECT_EQ(seen, (Lines{"imap *:143 starttls", "imaps *:993 implicit", "pop3 *:110 starttls",
                           "pop3s *:995 implicit", "smtp *:25 starttls", "submission *:587 starttls",
                           "submissions *:465 implicit", "lmtp 127.0.0.1:24 none"}));
    ASSERT_EQ(parsed->warnings.size(), 1U);
    EXPECT_EQ(to_string(parsed->warnings[0]),
              "b.toml: warning: there is no certificate (tls.certificate, tls.key) for imap, imaps, pop3, "
              "pop3s, smtp, submission, submissions: the server makes its own, which clients do not trust by "
              "themselves");
    EXPECT_EQ(defaults("x.test").hostname, "x.test");
    EXPECT_EQ(defaults("not a host").hostname, "localhost");
}

class Files : public testing::Test {
protected:
    Files() : folder_(std::filesystem::path(testing::TempDir()) / "config_files") {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_ / "conf.d");
    }
    ~Files() override { std::filesystem::remove_all(folder_); }
    std::string write(const std::string& name, std::string_view text) {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }
    std::filesystem::path folder_;
};

TEST_F(Files, Includes) {
    const std::string main = write("b.toml", "hostname = \"m.test\"\ninclude = [\"conf.d/*.toml\"]\n");
    write("conf.d/20.toml", "[[listener]]\nname = \"b\"\nprotocol = \"imap\"\naddress = \"*:2\"\n");
    write("conf.d/10.toml",
          "[[listener]]\nname = \"a\"\nprotocol = \"imap\"\naddress = \"*:1\"\n[store]\npath = \"x\"\n");
    auto loaded = load(main);
    ASSERT_TRUE(loaded) << to_string(loaded.error().front());
    ASSERT_EQ(loaded->listeners.size(), 2U);
    EXPECT_EQ(loaded->listeners[0].name, "a");
    EXPECT_EQ(loaded->store.path, (folder_ / "conf.d/x").string());  // of the file that has it
    write("conf.d/30.toml", "[store]\npath = \"y\"\n");
    loaded = load(main);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(to_string(loaded.error().front()), (folder_ / "conf.d/30.toml").string() +
                                                     ":2:1: error: 'store.path' is set already, at " +
                                                     (folder_ / "conf.d/10.toml").string() + ":6");
    write("conf.d/30.toml", "include = \"40.toml\"\n");
    loaded = load(main);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().front().text, "an included file cannot include others");
}

TEST_F(Files, ThatCannotBeRead) {
    const auto loaded = load((folder_ / "none.toml").string());
    ASSERT_FALSE(loaded);
    ASSERT_EQ(loaded.error().size(), 1U);
    EXPECT_EQ(loaded.error()[0].text,
              "cannot read '" + (folder_ / "none.toml").string() + "': No such file or directory");
    EXPECT_FALSE(load(folder_.string()));
    EXPECT_FALSE(load(write("large.toml", std::string(5U << 20U, '#'))));
}

TEST_F(Files, CertificatePairs) {
    const std::string pem = write("c.pem", "x");
    const auto found = [&](const std::string& rest) {
        const auto parsed = parse("hostname = \"m.test\"\n" + rest, (folder_ / "b.toml").string());
        return parsed ? std::string() : parsed.error().front().text;
    };
    EXPECT_EQ(found("tls = { certificate = \"c.pem\", key = \"c.pem\" }"), "");
    EXPECT_EQ(found("tls = { certificate = \"c.pem\" }"), "'tls.certificate' and 'tls.key' go together");
    EXPECT_EQ(found("tls = { key = \"c.pem\" }"), "'tls.certificate' and 'tls.key' go together");
    // The server would not start with it, so the file is wrong.
    EXPECT_EQ(found("tls = { certificate = \"none.pem\", key = \"c.pem\" }"),
              "cannot read '" + (folder_ / "none.pem").string() + "': No such file or directory");
    EXPECT_EQ(found("[[listener]]\nname = \"a\"\nprotocol = \"imap\"\naddress = \"*:1\"\ntls = \"implicit\"\n"
                    "certificate = \"c.pem\"\nkey = \"none.key\""),
              "cannot read '" + (folder_ / "none.key").string() + "': No such file or directory");
}

TEST(Config, Discovery) {
    const auto parsed = parse(R"(hostname = "mail.example.test"
[[discovery]]
domains = ["a.test", "b.test"]
host = "mail.a.test"
imaps_port = 9993
hide = ["pop3"]
[[discovery]]
domains = ["*"]
)",
                              "barid.toml");
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->discovery.size(), 2U);
    EXPECT_EQ(parsed->discovery[0].host, "mail.a.test");
    EXPECT_EQ(parsed->discovery[0].imaps_port, 9993);
    EXPECT_EQ(parsed->discovery[0].hide, std::vector<std::string>{"pop3"});
    EXPECT_EQ(parsed->discovery[1].imaps_port, 0);
    const auto wrong = parse(R"(hostname = "mail.example.test"
[[discovery]]
domains = ["a.test"]
hide = ["gopher"]
[[discovery]]
domains = ["A.test"]
)",
                             "barid.toml");
    ASSERT_FALSE(wrong);
    std::string all;
    for (const Problem& problem : wrong.error()) all += to_string(problem) + "\n";
    EXPECT_NE(all.find("'gopher', which is no service"), std::string::npos) << all;
    EXPECT_NE(all.find("'A.test' has two tables"), std::string::npos) << all;
}

}  // namespace
}  // namespace config

// Requests as values: Sync with its rules of order, options, windows of time.
#include <gtest/gtest.h>

#include "eas/syntax/mail_item.hpp"
#include "eas/syntax/meeting_answer.hpp"
#include "eas/syntax/ping_request.hpp"
#include "eas/syntax/provision_request.hpp"
#include "eas/syntax/status.hpp"
#include "eas/syntax/sync_request.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::airsync;

/// One collection with the elements that `fill` writes.
template <class Fill>
SyncRequest sync_of(Fill fill, std::uint16_t version = 161) {
    static std::string octets;
    static std::optional<wbxml::Document> document;
    octets.clear();
    wbxml::Encoder out(octets);
    out.open(tags::sync);
    out.open(tags::collections);
    out.open(tags::collection);
    fill(out);
    out.close();
    out.close();
    out.close();
    document.emplace(octets);
    return parse_sync(document->root(), version);
}

void begin(wbxml::Encoder& out, std::string_view key = "1.1") {
    out.text(tags::sync_key, key);
    out.text(tags::collection_id, "5");
}

TEST(SyncRequest, Collection) {
    const SyncRequest request = sync_of([](wbxml::Encoder& out) {
        begin(out);
        out.number(tags::deletes_as_moves, 0);
        out.empty(tags::get_changes);
        out.number(tags::window_size, 0);
        out.open(tags::options);
        out.number(tags::filter_type, 5);
        out.number(tags::mime_truncation, 2);
        out.open(wbxml::airsyncbase::body_preference);
        out.number(wbxml::airsyncbase::type, 2);
        out.number(wbxml::airsyncbase::truncation_size, 500);
        out.close();
        out.close();
    });
    ASSERT_EQ(request.status, sync_status::ok);
    ASSERT_EQ(request.collections.size(), 1U);
    const SyncCollection& one = request.collections.front();
    EXPECT_EQ(one.status, sync_status::ok);
    EXPECT_FALSE(one.deletes_as_moves);
    EXPECT_EQ(one.get_changes, true);
    EXPECT_EQ(one.window, 512U);
    ASSERT_TRUE(one.options);
    EXPECT_EQ(one.options->filter, 5);
    EXPECT_EQ(one.options->mime_truncation, 5'120U);
    EXPECT_EQ(one.options->bodies.front().truncation, 500U);
}

TEST(SyncRequest, Faults) {
    const auto status = [](auto fill) { return sync_of(fill).collections.at(0).status; };
    EXPECT_EQ(status([](wbxml::Encoder& out) { begin(out); }), 1);
    EXPECT_EQ(status([](wbxml::Encoder& out) { out.text(tags::sync_key, "0"); }), 4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  out.text(tags::collection_id, "5");
                  out.text(tags::sync_key, "0");
              }),
              4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  begin(out, "0");
                  out.empty(tags::get_changes);
              }),
              4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  begin(out);
                  out.text(tags::window_size, "many");
              }),
              4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  begin(out);
                  out.open(tags::options);
                  out.number(tags::filter_type, 9);
                  out.close();
              }),
              4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  begin(out);
                  out.open(tags::commands);
                  out.open(tags::change);
                  out.text(tags::server_id, "5:1");
                  out.close();
                  out.close();
              }),
              4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  begin(out);
                  out.open(tags::commands);
                  for (int i = 0; i < 201; ++i) {
                      out.open(tags::delete_);
                      out.text(tags::server_id, "5:1");
                      out.close();
                  }
                  out.close();
              }),
              4);
}

TEST(SyncRequest, EachElementOnce) {
    const auto status = [](auto fill, std::uint16_t version = 161) {
        return sync_of(fill, version).collections.at(0).status;
    };
    const auto options = [](wbxml::Encoder& out, std::string_view of) {
        out.open(tags::options);
        if (!of.empty()) out.text(tags::class_, of);
        out.number(tags::filter_type, 1);
        out.close();
    };
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  out.text(tags::sync_key, "0");
                  begin(out);
              }),
              4);
    EXPECT_EQ(status([](wbxml::Encoder& out) {
                  begin(out);
                  out.number(tags::window_size, 1);
                  out.number(tags::window_size, 2);
              }),
              4);
    EXPECT_EQ(status(
                  [](wbxml::Encoder& out) {
                      out.text(tags::class_, "Email");
                      begin(out);
                      out.text(tags::class_, "Email");
                  },
                  121),
              4);
    // MS-ASCMD section 2.2.3.27.5: of several classes mail and SMS alone.
    const std::vector<std::vector<std::string_view>> together{
        {"Email"}, {"Calendar"}, {"Email", "SMS"}, {"", "SMS"}};
    for (const auto& classes : together)
        EXPECT_EQ(status([&](wbxml::Encoder& out) {
                      begin(out);
                      for (const std::string_view of : classes) options(out, of);
                  }),
                  1);
    const std::vector<std::vector<std::string_view>> not_together{
        {"Email", "Calendar"}, {"Contacts", "Tasks"}, {"SMS", "SMS"}, {"", ""}, {"Email", "SMS", ""}};
    for (const auto& classes : not_together)
        EXPECT_EQ(status([&](wbxml::Encoder& out) {
                      begin(out);
                      for (const std::string_view of : classes) options(out, of);
                  }),
                  4);
}

/// The whole request.
TEST(SyncRequest, OneCollectionOnce) {
    const auto status = [](auto fill) {
        std::string octets;
        wbxml::Encoder out(octets);
        out.open(tags::sync);
        fill(out);
        out.close();
        const wbxml::Document document(octets);
        return parse_sync(document.root(), 161).status;
    };
    const auto collections = [](wbxml::Encoder& out, std::initializer_list<const char*> ids) {
        out.open(tags::collections);
        for (const char* id : ids) {
            out.open(tags::collection);
            out.text(tags::sync_key, "1.1");
            out.text(tags::collection_id, id);
            out.close();
        }
        out.close();
    };
    EXPECT_EQ(status([&](wbxml::Encoder& out) { collections(out, {"5", "6"}); }), 1);
    EXPECT_EQ(status([&](wbxml::Encoder& out) { collections(out, {"5", "6", "5"}); }), 4);
    EXPECT_EQ(status([&](wbxml::Encoder& out) {
                  collections(out, {"5"});
                  collections(out, {"6"});
              }),
              4);
    for (const char* window : {"-1", "many", "1.5"})
        EXPECT_EQ(status([&](wbxml::Encoder& out) {
                      collections(out, {"5"});
                      out.text(tags::window_size, window);
                  }),
                  4);
}

TEST(PingRequest, EachElementOnce) {
    namespace p = wbxml::ping;
    const auto malformed = [](std::vector<std::string_view> intervals,
                              std::vector<std::string_view> classes) {
        std::string octets;
        wbxml::Encoder out(octets);
        out.open(p::ping);
        for (const std::string_view one : intervals) out.text(p::heartbeat_interval, one);
        for (const std::string_view one : classes) {
            out.open(p::folders);
            out.open(p::folder);
            out.text(p::id, "5");
            if (!one.empty()) out.text(p::class_, one);
            out.close();
            out.close();
        }
        out.close();
        const wbxml::Document document(octets);
        return parse_ping(document.root(), {}).malformed;
    };
    for (const char* name : {"Email", "Calendar", "Contacts", "Tasks", "Notes", "SMS"})
        EXPECT_FALSE(malformed({"60"}, {name})) << name;
    EXPECT_FALSE(malformed({}, {}));
    EXPECT_TRUE(malformed({"60"}, {""}));
    EXPECT_TRUE(malformed({"60"}, {"Mail"}));
    EXPECT_TRUE(malformed({"60", "60"}, {"Email"}));
    EXPECT_TRUE(malformed({"60"}, {"Email", "Email"}));
}

TEST(Options, WindowsMoveOnceADay) {
    const std::int64_t now = 1'800'000'000;
    EXPECT_FALSE(window_start(0, now));
    EXPECT_FALSE(window_start(8, now));
    EXPECT_EQ(*window_start(1, now) % 86'400, 0);
    EXPECT_EQ(window_start(1, now), window_start(1, now + 3'600));
    EXPECT_LE(*window_start(1, now), now - 86'400);
    EXPECT_GT(*window_start(1, now), now - 2 * 86'400 - 1);
    EXPECT_LT(*window_start(5, now), *window_start(4, now));
}

TEST(Options, Ranges) {
    EXPECT_EQ(parse_range("0-99")->last, 99U);
    for (const char* text : {"", "-", "5", "5-", "-5", "5-4", "a-b", "0-99 ", "1-4294967296"})
        EXPECT_FALSE(parse_range(text)) << text;
}

TEST(MailItem, Dates) {
    EXPECT_EQ(write_date(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(parse_date("2026-11-22T12:30:15.000Z"), parse_date("20261122T123015Z"));
    EXPECT_EQ(write_date(*parse_date("2026-11-22T12:30:15.000Z")), "2026-11-22T12:30:15.000Z");
    for (const char* text :
         {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "20261122T250000Z", "soon"})
        EXPECT_FALSE(parse_date(text)) << text;
}

TEST(MailItem, CutsBetweenCharacters) {
    EXPECT_EQ(cut_utf8("aä", 2), "a");
    EXPECT_EQ(cut_utf8("aä", 3), "aä");
    EXPECT_EQ(cut_utf8("😀", 3), "");
    EXPECT_EQ(first_characters("ä😀b", 2), "ä😀");
    EXPECT_EQ(first_characters("ab", 9), "ab");
}

TEST(Provision, Phases) {
    std::string octets;
    wbxml::Encoder out(octets);
    namespace p = wbxml::provision;
    out.open(p::provision);
    out.open(p::policies);
    out.open(p::policy);
    out.text(p::policy_type, "MS-EAS-Provisioning-WBXML");
    out.text(p::policy_key, "5");
    out.text(p::status, "1");
    out.close();
    out.close();
    out.close();
    const wbxml::Document document(octets);
    const ProvisionRequest request = parse_provision(document.root());
    EXPECT_FALSE(request.malformed);
    EXPECT_FALSE(request.asks_policy);
    EXPECT_TRUE(request.known_type);
    EXPECT_EQ(request.acknowledged, 1);
    EXPECT_EQ(request.policy_key, "5");
}

/// The answers that `fill` writes into one Request, with what it needs but UserResponse.
template <class Fill>
std::vector<MeetingAnswer> answers_of(Fill fill, std::uint16_t version = 161) {
    namespace in = wbxml::meetingresponse;
    std::string octets;
    wbxml::Encoder out(octets);
    out.open(in::meeting_response);
    out.open(in::request);
    out.text(in::request_id, "5:1");
    out.text(in::collection_id, "5");
    fill(out);
    out.close();
    out.close();
    const wbxml::Document document(octets);
    std::vector<MeetingAnswer> made;
    EXPECT_TRUE(parse_meeting_answers(document.root(), version, 100, made));
    EXPECT_EQ(made.size(), 1U);
    return made;
}

// What is said twice is said by nobody: whichever of them counted, it could be the wrong one.
TEST(MeetingAnswers, EachElementOnce) {
    namespace in = wbxml::meetingresponse;
    namespace airsyncbase = wbxml::airsyncbase;
    const auto response = [](auto fill, std::uint16_t version = 161) {
        return answers_of(fill, version).front().response;
    };
    const auto answer = [](wbxml::Encoder& out) { out.number(in::user_response, 1); };
    EXPECT_EQ(response(answer), 1);
    const std::pair<wbxml::Tag, const char*> again[] = {{in::user_response, "1"},
                                                        {in::user_response, "3"},
                                                        {in::request_id, "5:1"},
                                                        {in::collection_id, "5"}};
    for (const auto& [tag, text] : again) {
        const auto twice = [&, name = tag, value = text](wbxml::Encoder& out) {
            answer(out);
            out.text(name, value);
        };
        EXPECT_EQ(response(twice), 0) << text;
        EXPECT_EQ(response(twice, 141), 0) << text;
    }
    EXPECT_EQ(response([&](wbxml::Encoder& out) {
                  answer(out);
                  for (int i = 0; i < 2; ++i) out.text(in::instance_id, "20300104T090000Z");
              }),
              0);
    // Of the reply to the organizer, which devices of before 16.0 have not.
    const auto reply = [&](int bodies, int texts, int starts) {
        return [=](wbxml::Encoder& out) {
            answer(out);
            out.open(in::send_response);
            for (int i = 0; i < bodies; ++i) {
                out.open(airsyncbase::body);
                out.number(airsyncbase::type, 1);
                for (int j = 0; j < texts; ++j) out.text(airsyncbase::data, "Yes");
                out.close();
            }
            for (int i = 0; i < starts; ++i) out.text(in::proposed_start_time, "20300104T100000Z");
            out.close();
        };
    };
    EXPECT_EQ(response(reply(1, 1, 1)), 1);
    EXPECT_EQ(response(reply(2, 1, 1)), 0);
    EXPECT_EQ(response(reply(1, 2, 1)), 0);
    EXPECT_EQ(response(reply(1, 1, 2)), 0);
    EXPECT_EQ(response(reply(1, 2, 2), 141), 1);
}

}  // namespace
}  // namespace eas

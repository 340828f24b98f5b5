// What tests of items share: what a device sends and is told.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "eas/items/items.hpp"
#include "eas/items/time_zone_blob.hpp"
#include "wbxml/tags.hpp"
#include "wbxml/xml.hpp"

namespace eas {

/// ApplicationData as a device sends it.
class Data {
public:
    Data() : to_(octets_) { to_.open(wbxml::airsync::application_data); }
    Data& text(wbxml::Tag tag, std::string_view value) {
        to_.text(tag, value);
        return *this;
    }
    Data& open(wbxml::Tag tag) {
        to_.open(tag);
        return *this;
    }
    Data& close() {
        to_.close();
        return *this;
    }
    wbxml::Element root() {
        if (!document_) {
            to_.close();
            document_.emplace(octets_);
            EXPECT_EQ(document_->fault(), wbxml::Fault::none);
        }
        return document_->root();
    }

private:
    std::string octets_;
    wbxml::Encoder to_;
    std::optional<wbxml::Document> document_;
};

inline ItemContext context(std::uint16_t version = 161, bool is_new = false) {
    ItemContext out;
    out.version = version;
    out.user = "u1@example.test";
    out.now = 1'790'000'000;  // 2026-09-21
    out.fresh_uid = "fresh";
    out.is_new = is_new;
    out.ghosts.all = version >= 160;
    return out;
}

/// What a device is told.
inline std::string octets_told(store::FolderKind kind, const pim::Component& item, std::uint16_t version) {
    std::string octets;
    wbxml::Encoder to(octets);
    to.open(wbxml::airsync::application_data);
    ItemView view;
    view.version = version;
    view.user = "u1@example.test";
    write_item(to, kind, item, view);
    to.close();
    return octets;
}

/// The same as XML.
inline std::string shown(store::FolderKind kind, const pim::Component& item, std::uint16_t version = 161) {
    std::string xml = wbxml::to_xml(wbxml::Document(octets_told(kind, item, version)));
    for (std::size_t at = xml.find(" xmlns="); at != std::string::npos; at = xml.find(" xmlns="))
        xml.erase(at, xml.find('"', at + 8) + 1 - at);
    return xml;
}

inline bool has(const std::string& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

inline std::string berlin() {
    pim::TimeZone zone;
    zone.bias = -60;
    zone.daylight_bias = -60;
    zone.standard = {10, 5, 0, 3, 0};
    zone.daylight = {3, 5, 0, 2, 0};
    zone.standard_name = "W. Europe Standard Time";
    return base::base64_encode(write_time_zone_blob(zone));
}

}  // namespace eas

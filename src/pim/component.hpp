// Component: the text of a vCard or of iCalendar as a tree of properties, and back. Both have one grammar of
// lines (RFC 6350 section 3.3, RFC 5545 section 3.1). Pure. What nobody understands here is kept as it
// stands, so that changing one property loses no other.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pim {

struct ComponentLimits {
    std::size_t text_bytes_max = 8U << 20;  ///< a contact with a picture of several MB, as phones send them
    std::size_t properties_max = 20'000;    ///< of all components: a series with a thousand exceptions
    std::size_t components_max = 2'100;     ///< those, and each with its alarm
    unsigned depth_max = 4;                 ///< VCALENDAR, VEVENT, VALARM
    std::size_t parameters_max = 64;        ///< of one property
};

struct Parameter {
    std::string name;                 ///< in capitals
    std::vector<std::string> values;  ///< without quotes, RFC 6868 undone
    bool operator==(const Parameter&) const = default;
};

struct Property {
    std::string group;  ///< of a vCard: "item1"
    std::string name;   ///< in capitals
    std::vector<Parameter> parameters;
    std::string value;  ///< as it stands: escaped

    Property() = default;
    Property(std::string_view the_name, std::string_view the_value) : name(the_name), value(the_value) {}
    /// The first value; empty: there is no such parameter.
    std::string_view parameter(std::string_view parameter_name) const;
    /// Whether one of the values is this, in any case; also of "TYPE=a,b".
    bool has_parameter(std::string_view parameter_name, std::string_view parameter_value) const;
    /// An empty value takes the parameter away.
    void set_parameter(std::string_view parameter_name, std::string_view parameter_value);
    bool operator==(const Property&) const = default;
};

struct Component {
    std::string name;  ///< in capitals: VCARD, VEVENT
    std::vector<Property> properties;
    std::vector<Component> components;

    Component() = default;
    explicit Component(std::string_view the_name) : name(the_name) {}

    const Property* find(std::string_view property_name) const;
    Property* find(std::string_view property_name);
    /// The value as text, unescaped; empty: there is none.
    std::string text(std::string_view property_name) const;
    /// The value as it stands.
    std::string_view raw(std::string_view property_name) const;
    /// In the place of the first of that name, whose parameters stay; empty text takes all of them away.
    void set_text(std::string_view property_name, std::string_view text);
    Property& set_raw(std::string_view property_name, std::string_view value);
    void remove(std::string_view property_name);
    const Component* find_component(std::string_view component_name) const;
    Component* find_component(std::string_view component_name);
    bool operator==(const Component&) const = default;
};

/// The first component of the text. Nothing: it is none, is not closed, or exceeds a limit.
std::optional<Component> parse(std::string_view text, const ComponentLimits& limits = {});
/// Of its texts, those of its parts too: about what it takes to write or to hold it.
std::size_t octets_of(const Component& component);
/// Lines of at most 75 octets, folded between characters, ending in CRLF.
std::string write(const Component& component);

/// "\n", "\,", "\;" and "\\". RFC 5545 section 3.3.11, RFC 6350 section 3.4.
std::string escape(std::string_view text);
std::string unescape(std::string_view value);
/// The pieces between bare separators, unescaped; an empty value has none.
std::vector<std::string> split(std::string_view value, char separator);
std::string join(const std::vector<std::string>& pieces, char separator);

}  // namespace pim

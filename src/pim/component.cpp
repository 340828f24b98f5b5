#include "pim/component.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace pim {
namespace {

constexpr std::size_t line_octets = 75;  // RFC 5545 section 3.1

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

/// RFC 6868: "^n", "^^" and "^'" in the value of a parameter.
std::string undo_carets(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char next = i + 1 < value.size() ? value[i + 1] : '\0';
        if (value[i] == '^' && (next == 'n' || next == '^' || next == '\'')) {
            out.push_back(next == 'n' ? '\n' : next == '^' ? '^' : '"');
            ++i;
        } else {
            out.push_back(value[i]);
        }
    }
    return out;
}

std::string with_carets(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\n') {
            out += "^n";
        } else if (c == '^') {
            out += "^^";
        } else if (c == '"') {
            out += "^'";
        } else if (c != '\r') {
            out.push_back(c);
        }
    }
    return out;
}

/// One unfolded line. Nothing: it is none of the grammar.
class LineReader {
public:
    LineReader(std::string_view line, const ComponentLimits& limits) : line_(line), limits_(limits) {}

    std::optional<Property> read() {
        Property out;
        std::string_view first = token();
        if (at_ < line_.size() && line_[at_] == '.') {
            out.group = first;
            ++at_;
            first = token();
        }
        if (first.empty()) return std::nullopt;
        out.name = upper(first);
        while (at_ < line_.size() && line_[at_] == ';') {
            ++at_;
            if (out.parameters.size() == limits_.parameters_max || !parameter(out)) return std::nullopt;
        }
        if (at_ >= line_.size() || line_[at_] != ':') return std::nullopt;
        out.value = line_.substr(at_ + 1);
        return out;
    }

private:
    std::string_view token() {
        const std::size_t begin = at_;
        while (at_ < line_.size() && is_name_char(line_[at_])) ++at_;
        return line_.substr(begin, at_ - begin);
    }

    bool parameter(Property& out) {
        Parameter one;
        one.name = upper(token());
        if (one.name.empty()) return false;
        if (at_ >= line_.size() || line_[at_] != '=') {
            // vCard 2.1 writes "TEL;HOME:": a type without its name.
            Parameter type;
            type.name = "TYPE";
            type.values.push_back(std::move(one.name));
            out.parameters.push_back(std::move(type));
            return true;
        }
        do {
            ++at_;
            std::string_view value;
            if (at_ < line_.size() && line_[at_] == '"') {
                const std::size_t end = line_.find('"', at_ + 1);
                if (end == std::string_view::npos) return false;
                value = line_.substr(at_ + 1, end - at_ - 1);
                at_ = end + 1;
            } else {
                const std::size_t end = std::min(line_.find_first_of(",;:", at_), line_.size());
                value = line_.substr(at_, end - at_);
                at_ = end;
            }
            if (one.values.size() == limits_.parameters_max) return false;
            one.values.push_back(undo_carets(value));
        } while (at_ < line_.size() && line_[at_] == ',');
        out.parameters.push_back(std::move(one));
        return true;
    }

    std::string_view line_;
    const ComponentLimits& limits_;
    std::size_t at_ = 0;
};

class Parser {
public:
    Parser(std::string_view text, const ComponentLimits& limits) : text_(text), limits_(limits) {}

    std::optional<Component> run() {
        if (text_.size() > limits_.text_bytes_max) return std::nullopt;
        std::string line;
        std::vector<Component> open;  // from the outermost in
        while (next_line(line)) {
            if (line.empty()) continue;
            auto property = LineReader(line, limits_).read();
            if (!property) {
                if (open.empty()) return std::nullopt;
                continue;  // a line that is none: what is around it counts
            }
            if (property->name == "BEGIN") {
                if (open.size() == limits_.depth_max || ++components_ > limits_.components_max)
                    return std::nullopt;
                open.emplace_back(upper(property->value));
                continue;
            }
            if (open.empty()) return std::nullopt;
            if (property->name == "END") {
                if (upper(property->value) != open.back().name) return std::nullopt;
                Component done = std::move(open.back());
                open.pop_back();
                if (open.empty()) return done;
                open.back().components.push_back(std::move(done));
                continue;
            }
            if (++properties_ > limits_.properties_max) return std::nullopt;
            open.back().properties.push_back(std::move(*property));
        }
        return std::nullopt;  // not closed
    }

private:
    /// False: there is none. Lines end in CRLF or LF; what begins with a blank goes on with the line before.
    bool next_line(std::string& line) {
        line.clear();
        if (at_ >= text_.size()) return false;
        for (bool first = true;; first = false) {
            if (!first) ++at_;  // the blank
            const std::size_t end = std::min(text_.find('\n', at_), text_.size());
            std::string_view piece = text_.substr(at_, end - at_);
            if (piece.ends_with('\r')) piece.remove_suffix(1);
            line += piece;
            at_ = end + 1;
            if (at_ >= text_.size() || (text_[at_] != ' ' && text_[at_] != '\t')) return true;
        }
    }

    std::string_view text_;
    const ComponentLimits& limits_;
    std::size_t at_ = 0, properties_ = 0, components_ = 0;
};

void write_line(std::string& out, std::string_view line) {
    std::size_t room = line_octets;
    while (line.size() > room) {
        std::size_t end = room;
        while (end > 1 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
        out += line.substr(0, end);
        out += "\r\n ";
        line.remove_prefix(end);
        room = line_octets - 1;
    }
    out += line;
    out += "\r\n";
}

void write_property(std::string& out, const Property& property) {
    std::string line;
    if (!property.group.empty()) line = property.group + ".";
    line += property.name;
    for (const Parameter& parameter : property.parameters) {
        line += ";" + parameter.name + "=";
        for (std::size_t i = 0; i < parameter.values.size(); ++i) {
            if (i != 0) line.push_back(',');
            const std::string value = with_carets(parameter.values[i]);
            const bool quoted = value.find_first_of(",;:") != std::string::npos;
            line += quoted ? "\"" + value + "\"" : value;
        }
    }
    line.push_back(':');
    // A value is one line, whoever made it.
    for (const char c : property.value)
        if (c != '\r' && c != '\n' && c != '\0') line.push_back(c);
    write_line(out, line);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as what parse() took or this server built
void write_component(std::string& out, const Component& component) {
    write_line(out, "BEGIN:" + component.name);
    for (const Property& property : component.properties) write_property(out, property);
    for (const Component& inner : component.components) write_component(out, inner);
    write_line(out, "END:" + component.name);
}

}  // namespace

std::string_view Property::parameter(std::string_view parameter_name) const {
    for (const Parameter& one : parameters)
        if (one.name == parameter_name && !one.values.empty()) return one.values.front();
    return {};
}

bool Property::has_parameter(std::string_view parameter_name, std::string_view parameter_value) const {
    for (const Parameter& one : parameters) {
        if (one.name != parameter_name) continue;
        for (const std::string& given : one.values) {
            std::string_view rest = given;  // TYPE="home,voice": RFC 6350 section 5.6
            while (!rest.empty()) {
                const std::size_t end = std::min(rest.find(','), rest.size());
                if (base::equals_nocase(rest.substr(0, end), parameter_value)) return true;
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
        }
    }
    return false;
}

void Property::set_parameter(std::string_view parameter_name, std::string_view parameter_value) {
    std::erase_if(parameters, [parameter_name](const Parameter& one) { return one.name == parameter_name; });
    if (parameter_value.empty()) return;
    Parameter one;
    one.name = parameter_name;
    one.values.emplace_back(parameter_value);
    parameters.push_back(std::move(one));
}

const Property* Component::find(std::string_view property_name) const {
    const auto at = std::ranges::find(properties, property_name, &Property::name);
    return at == properties.end() ? nullptr : &*at;
}
Property* Component::find(std::string_view property_name) {
    const auto at = std::ranges::find(properties, property_name, &Property::name);
    return at == properties.end() ? nullptr : &*at;
}

std::string Component::text(std::string_view property_name) const {
    const Property* property = find(property_name);
    return property == nullptr ? std::string() : unescape(property->value);
}

std::string_view Component::raw(std::string_view property_name) const {
    const Property* property = find(property_name);
    return property == nullptr ? std::string_view() : std::string_view(property->value);
}

Property& Component::set_raw(std::string_view property_name, std::string_view value) {
    if (Property* known = find(property_name)) {
        known->value = value;
        return *known;
    }
    return properties.emplace_back(property_name, value);
}

void Component::set_text(std::string_view property_name, std::string_view text) {
    if (text.empty()) return remove(property_name);
    set_raw(property_name, escape(text));
}

void Component::remove(std::string_view property_name) {
    std::erase_if(properties, [property_name](const Property& one) { return one.name == property_name; });
}

const Component* Component::find_component(std::string_view component_name) const {
    const auto at = std::ranges::find(components, component_name, &Component::name);
    return at == components.end() ? nullptr : &*at;
}
Component* Component::find_component(std::string_view component_name) {
    const auto at = std::ranges::find(components, component_name, &Component::name);
    return at == components.end() ? nullptr : &*at;
}

std::optional<Component> parse(std::string_view text, const ComponentLimits& limits) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    return Parser(text, limits).run();
}

std::string write(const Component& component) {
    std::string out;
    write_component(out, component);
    return out;
}

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\\' || c == ',' || c == ';') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c != '\r' && c != '\0') {
            out.push_back(c);
        }
    }
    return out;
}

std::string unescape(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\' || i + 1 == value.size()) {
            out.push_back(value[i]);
            continue;
        }
        const char c = value[++i];
        out.push_back(c == 'n' || c == 'N' ? '\n' : c);
    }
    return out;
}

std::vector<std::string> split(std::string_view value, char separator) {
    std::vector<std::string> out;
    if (value.empty()) return out;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\') {
            ++i;  // and what it escapes
        } else if (value[i] == separator) {
            out.push_back(unescape(value.substr(begin, i - begin)));
            begin = i + 1;
        }
    }
    out.push_back(unescape(value.substr(begin)));
    return out;
}

std::string join(const std::vector<std::string>& pieces, char separator) {
    std::string out;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i != 0) out.push_back(separator);
        out += escape(pieces[i]);
    }
    return out;
}

std::size_t octets_of(const Component& component) {
    std::size_t out = component.name.size();
    for (const Property& property : component.properties) {
        out += property.group.size() + property.name.size() + property.value.size();
        for (const Parameter& parameter : property.parameters) {
            out += parameter.name.size();
            for (const std::string& value : parameter.values) out += value.size();
        }
    }
    for (const Component& part : component.components) out += octets_of(part);
    return out;
}

}  // namespace pim

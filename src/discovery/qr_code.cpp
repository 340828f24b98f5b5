#include "discovery/qr_code.hpp"

#include <memory>
#include <qrencode.h>

#include <fmt/format.h>

#include "base/release.hpp"

namespace discovery {
namespace {

/// ISO/IEC 18004 section 6.3.8: four modules of white around.
constexpr int margin = 4;

/// The modules of a code, with its margin: true is black.
class Modules {
public:
    explicit Modules(std::string_view text)
        : code_(QRcode_encodeData(static_cast<int>(text.size()),
                                  reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M)) {}
    bool good() const { return code_ != nullptr; }
    int width() const { return code_->width + 2 * margin; }
    bool black(int x, int y) const {
        x -= margin;
        y -= margin;
        const int inner = code_->width;
        if (x < 0 || y < 0 || x >= inner || y >= inner) return false;
        return (code_->data[y * inner + x] & 1) != 0;
    }

private:
    std::unique_ptr<QRcode, base::Release<QRcode_free>> code_;
};

}  // namespace

std::string qr_svg(std::string_view text) {
    const Modules modules(text);
    if (!modules.good()) return {};
    const int width = modules.width();
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"240\" height=\"240\" viewBox=\"0 0 {0} {0}\" "
        "shape-rendering=\"crispEdges\"><rect width=\"{0}\" height=\"{0}\" fill=\"#fff\"/><path d=\"",
        width);
    for (int y = 0; y < width; ++y) {
        for (int x = 0; x < width; ++x) {
            int end = x;  // of a run
            while (modules.black(end, y)) ++end;
            if (end == x) continue;
            fmt::format_to(std::back_inserter(out), "M{} {}h{}v1H{}z", x, y, end - x, x);
            x = end;
        }
    }
    return out += "\"/></svg>";
}

std::string qr_lines(std::string_view text) {
    const Modules modules(text);
    if (!modules.good()) return {};
    std::string out;
    for (int y = 0; y < modules.width(); y += 2) {
        for (int x = 0; x < modules.width(); ++x) {
            const bool upper = modules.black(x, y), lower = modules.black(x, y + 1);
            out += upper ? (lower ? " " : "\u2584") : (lower ? "\u2580" : "\u2588");
        }
        out += '\n';
    }
    return out;
}

}  // namespace discovery
